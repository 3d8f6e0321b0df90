-- labels: who left in a month. The newest month has none yet.
--
-- goldserve:
--   format: csv
--   partitionBy: [month]
--   file: month_{month}/labels.csv
SELECT a.folder AS month, a.user_id, CASE WHEN a.churned THEN '1' ELSE '0' END AS churn_label
FROM generate.activity a
WHERE a.month < param_months() - 1 OR param_months() = 1
ORDER BY month, a.user_id
