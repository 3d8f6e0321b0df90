-- Orders with a number and a time: the newest row of each, over all files. Negative quantities and prices are 0; a total that is missing or negative
-- is quantity times price, null where one of them is missing.
--
-- goldserve:
--   format: csv
--   file: orders_clean_{slice}.csv
--   quarantine: {source: orders, reasons: [missing_id, bad_timestamp, duplicate_id]}
WITH read AS (
  SELECT o._slice, o._file, o._line, o.order_id, o.customer_id, squeeze(o.product) AS product,
    CASE WHEN o.quantity < 0 THEN 0 ELSE o.quantity END AS quantity,
    CASE WHEN o.unit_price < 0 THEN CAST(0 AS DECIMAL(18, 4)) ELSE o.unit_price END AS unit_price,
    CASE WHEN o.total_amount >= 0 THEN o.total_amount END AS total_amount,
    coalesce(o.order_ts, day_first(o._order_ts)) AS order_ts, lower(squeeze(o.channel)) AS channel
  FROM bronze.orders o
),
judged AS (
  SELECT *, CASE WHEN order_id IS NULL THEN 'missing_id' WHEN order_ts IS NULL THEN 'bad_timestamp' END AS fault FROM read
),
ranked AS (
  SELECT *, row_number() OVER (PARTITION BY fault, order_id ORDER BY order_ts DESC NULLS LAST, _slice DESC NULLS LAST, _file DESC, _line DESC) AS nth FROM judged
)
SELECT
  _slice, order_id, customer_id, coalesce(product, 'NA') AS product, quantity, unit_price,
  coalesce(total_amount, try_cast(quantity * unit_price AS DECIMAL(18, 4))) AS total_amount,
  order_ts, CAST(order_ts AS DATE) AS order_date, coalesce(channel, 'NA') AS channel,
  _file, _line, coalesce(fault, CASE WHEN nth > 1 THEN 'duplicate_id' END) AS reason
FROM ranked
ORDER BY _slice NULLS FIRST, order_id NULLS FIRST, _file, _line
