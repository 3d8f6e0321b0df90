-- The average order: revenue by the orders that have a total.
--
-- goldserve:
--   format: csv
--   file: aov/aov_{ts}.csv
SELECT count(*) AS orders, count(o.total_amount) AS orders_with_total, coalesce(sum(o.total_amount), 0) AS revenue,
  CAST(sum(o.total_amount) AS double) / nullif(count(o.total_amount), 0) AS aov
FROM silver.orders_clean o
