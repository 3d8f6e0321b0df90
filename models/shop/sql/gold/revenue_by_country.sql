-- Revenue of each customer's country; orders of unknown customers are under NA, so that the sum is that of all orders.
--
-- goldserve:
--   format: csv
--   file: revenue_by_country/revenue_by_country_{ts}.csv
WITH placed AS (
  SELECT coalesce(c.country, 'NA') AS country, o.total_amount
  FROM silver.orders_clean o
  LEFT JOIN silver.customers_clean c ON c.customer_id = o.customer_id
)
SELECT p.country, count(*) AS orders, coalesce(sum(p.total_amount), 0) AS revenue
FROM placed p
GROUP BY p.country
ORDER BY p.country
