-- usage_agg_30d: of everybody who is still there at a month's end.
--
-- Dirt, per 10,000 rows times param_dirt(): no hours 150, numbers with blanks 200, a word for a number 20.
--
-- goldserve:
--   format: csv
--   partitionBy: [month]
--   file: month_{month}/usage_agg_30d.csv
SELECT
  a.folder AS month,
  a.user_id,
  CASE WHEN a.dirt < 150 THEN NULL WHEN a.dirt < 350 THEN concat(' ', CAST(CAST((a.a % 900) / 10.0 AS DECIMAL(18, 1)) AS STRING), ' ') ELSE CAST(CAST((a.a % 900) / 10.0 AS DECIMAL(18, 1)) AS STRING) END AS watch_hours_30d,
  CAST(CAST(5 + (a.b % 1100) / 10.0 AS DECIMAL(18, 1)) AS STRING) AS avg_session_mins_7d,
  CASE WHEN a.dirt >= 350 AND a.dirt < 370 THEN 'many' ELSE CAST(1 + a.b % 5 AS STRING) END AS unique_devices_30d,
  CAST(a.c % 30 AS STRING) AS skips_7d,
  CAST(a.stalls AS STRING) AS rebuffer_events_7d
FROM generate.activity a
ORDER BY month, a.user_id
