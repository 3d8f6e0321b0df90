-- subscriptions: of who came in a month, and of one in six others, whose plan or way to pay changed.
--
-- Dirt, per 10,000 rows times param_dirt(): months with a fraction of zeros 300, blanks within words 200, no fee 50.
--
-- goldserve:
--   format: csv
--   partitionBy: [month]
--   file: month_{month}/subscriptions.csv
SELECT
  a.folder AS month,
  a.user_id,
  concat(CAST(greatest(0, floor((unix_date(param_first_month()) + 30 * a.month - s.signup_day) / 30.0e0)) AS BIGINT), CASE WHEN a.dirt < 300 THEN '.0' ELSE '' END) AS months_stay,
  CASE a.contract WHEN 1 THEN 'Month-to-month' WHEN 2 THEN CASE WHEN a.dirt >= 300 AND a.dirt < 500 THEN ' One  year' ELSE 'One year' END ELSE 'Two year' END AS contract_type,
  CASE WHEN a.dirt >= 500 AND a.dirt < 550 THEN NULL ELSE CAST(CAST(9 + CASE WHEN a.a % 3 = 0 THEN 5 ELSE 0 END + CASE WHEN a.a % 5 = 0 THEN 4 ELSE 0 END + CASE a.contract WHEN 1 THEN 3 WHEN 2 THEN 1 ELSE 0 END + 0.99 AS DECIMAL(18, 2)) AS STRING) END AS monthly_fee,
  CASE WHEN s.c % 100 < 59 THEN 'Yes' ELSE 'No' END AS paperless_billing,
  split_part('Credit card;Bank transfer;Electronic check;Mailed check', ';', CAST(1 + (s.d + a.a % 2) % 4 AS INTEGER)) AS payment_method,
  CASE WHEN a.a % 3 = 0 THEN 'True' ELSE 'False' END AS plan_hd,
  CASE WHEN a.a % 5 = 0 THEN 'True' ELSE 'False' END AS plan_family,
  CASE WHEN a.a % 7 = 0 THEN 'True' ELSE 'False' END AS extra_downloads
FROM generate.activity a
JOIN generate.subscribers s ON s.number = a.number
WHERE a.month = a.joined OR a.b % 6 = 0
ORDER BY month, a.user_id
