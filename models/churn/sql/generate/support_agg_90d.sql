-- support_agg_90d: of who came in a month, and of whoever wrote to the support since.
--
-- goldserve:
--   format: csv
--   partitionBy: [month]
--   file: month_{month}/support_agg_90d.csv
WITH counted AS (
  SELECT a.folder AS month, a.user_id, a.month = a.joined AS new, a.c AS c, CASE WHEN a.b % 100 < 72 THEN 0 ELSE 1 + a.b % 4 END AS tickets
  FROM generate.activity a
)
SELECT c.month, c.user_id, CAST(c.tickets AS STRING) AS support_tickets_90d,
  CASE WHEN c.tickets > 0 THEN CAST(CAST(1 + (c.c % 720) / 10.0 AS DECIMAL(18, 1)) AS STRING) END AS ticket_avg_resolution_hrs_90d
FROM counted c
WHERE c.new OR c.tickets > 0
ORDER BY month, c.user_id
