-- Sales of each day, in UTC.
--
-- goldserve:
--   format: csv
--   file: sales_by_day/sales_by_day_{ts}.csv
SELECT o.order_date, count(*) AS orders, count(o.total_amount) AS orders_with_total, coalesce(sum(o.total_amount), 0) AS revenue
FROM silver.orders_clean o
GROUP BY o.order_date
ORDER BY o.order_date
