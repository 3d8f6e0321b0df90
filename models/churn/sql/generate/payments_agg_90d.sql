-- payments_agg_90d: of everybody who is still there at a month's end.
--
-- goldserve:
--   format: csv
--   partitionBy: [month]
--   file: month_{month}/payments_agg_90d.csv
SELECT a.folder AS month, a.user_id, CAST(CASE WHEN a.d % 100 < 88 THEN 0 WHEN a.d % 100 < 96 THEN 1 ELSE 2 + a.d % 3 END AS STRING) AS failed_payments_90d
FROM generate.activity a
ORDER BY month, a.user_id
