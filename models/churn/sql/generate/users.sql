-- users: the profiles of who came in a month, and of one in ten others, whose partner or dependents changed.
--
-- Dirt, per 10,000 rows times param_dirt(): a date that is none 20, truths in other words 400, blanks around words 200, no gender 100.
--
-- goldserve:
--   format: csv
--   partitionBy: [month]
--   file: month_{month}/users.csv
SELECT
  a.folder AS month,
  a.user_id,
  CASE WHEN a.dirt < 20 THEN '32/13/2025' ELSE CAST(date_from_unix_date(CAST(s.signup_day AS INTEGER)) AS STRING) END AS signup_date,
  CASE WHEN a.dirt >= 20 AND a.dirt < 120 THEN NULL WHEN a.dirt >= 120 AND a.dirt < 320 THEN concat(' ', CASE WHEN s.a % 2 = 0 THEN 'Female' ELSE 'Male' END, '  ')
    WHEN s.a % 2 = 0 THEN 'Female' ELSE 'Male' END AS gender,
  CASE WHEN s.b % 100 < 16 THEN CASE WHEN a.dirt >= 320 AND a.dirt < 720 THEN '1' ELSE 'Yes' END ELSE CASE WHEN a.dirt >= 320 AND a.dirt < 720 THEN 'FALSE' ELSE 'No' END END AS senior,
  CASE WHEN (s.c + CAST(floor(a.month / 6.0e0) AS BIGINT)) % 100 < 48 THEN 'Yes' ELSE 'No' END AS partner,
  CASE WHEN (s.d + CAST(floor(a.month / 6.0e0) AS BIGINT)) % 100 < 30 THEN 'Yes' ELSE 'No' END AS dependents
FROM generate.activity a
JOIN generate.subscribers s ON s.number = a.number
WHERE a.month = a.joined OR a.b % 10 = 0
ORDER BY month, a.user_id
