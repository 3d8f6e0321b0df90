-- What each buyer bought, ever and in the window.
--
-- goldserve:
--   materialized: temporary
SELECT
  p.id_client,
  CAST(sum(p.orders) AS bigint) AS orders, sum(p.spend) AS spend, count(*) AS products,
  min(p.first_purchase) AS first_purchase, max(p.last_purchase) AS last_purchase,
  CAST(sum(p.orders_12m) AS bigint) AS orders_12m, sum(p.spend_12m) AS spend_12m,
  count(CASE WHEN p.orders_12m > 0 THEN 1 END) AS products_12m
FROM gold.client_products p
GROUP BY p.id_client
