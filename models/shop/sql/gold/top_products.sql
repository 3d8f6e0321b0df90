-- The ten products with the greatest revenue.
--
-- goldserve:
--   format: csv
--   file: top_products/top_products_{ts}.csv
WITH sold AS (
  SELECT o.product, count(*) AS orders, coalesce(sum(o.quantity), 0) AS quantity, coalesce(sum(o.total_amount), 0) AS revenue
  FROM silver.orders_clean o
  GROUP BY o.product
),
ranked AS (
  SELECT row_number() OVER (ORDER BY revenue DESC, product) AS position, product, orders, quantity, revenue FROM sold
)
SELECT CAST(position AS BIGINT) AS position, product, orders, CAST(quantity AS BIGINT) AS quantity, revenue FROM ranked WHERE position <= 10 ORDER BY position
