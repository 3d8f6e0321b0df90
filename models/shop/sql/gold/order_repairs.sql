-- How many rows of raw orders were repaired, or kept though they look wrong. Their contract warns of each kind.
--
-- goldserve:
--   format: csv
--   file: order_repairs/order_repairs_{ts}.csv
WITH judged AS (
  SELECT
    CASE WHEN o.quantity < 0 THEN 1 ELSE 0 END AS negative_quantity,
    CASE WHEN o.unit_price < 0 THEN 1 ELSE 0 END AS negative_price,
    CASE WHEN o.total_amount < 0 THEN 1 ELSE 0 END AS negative_total,
    CASE WHEN o.total_amount IS NULL THEN 1 ELSE 0 END AS missing_total,
    CASE WHEN o.total_amount >= 0 AND o.quantity >= 0 AND o.unit_price >= 0 AND o.total_amount <> o.quantity * o.unit_price THEN 1 ELSE 0 END AS other_total,
    CASE WHEN lower(squeeze(o.channel)) NOT IN ('web', 'mobile', 'store') THEN 1 ELSE 0 END AS other_channel
  FROM bronze.orders o
),
counted AS (
  SELECT sum(negative_quantity) AS negative_quantity, sum(negative_price) AS negative_price, sum(negative_total) AS negative_total,
    sum(missing_total) AS missing_total, sum(other_total) AS other_total, sum(other_channel) AS other_channel
  FROM judged
)
SELECT 'missing_total' AS repair, CAST(c.missing_total AS BIGINT) AS orders FROM counted c
UNION ALL SELECT 'negative_price', CAST(c.negative_price AS BIGINT) FROM counted c
UNION ALL SELECT 'negative_quantity', CAST(c.negative_quantity AS BIGINT) FROM counted c
UNION ALL SELECT 'negative_total', CAST(c.negative_total AS BIGINT) FROM counted c
UNION ALL SELECT 'other_channel', CAST(c.other_channel AS BIGINT) FROM counted c
UNION ALL SELECT 'other_total', CAST(c.other_total AS BIGINT) FROM counted c
ORDER BY repair
