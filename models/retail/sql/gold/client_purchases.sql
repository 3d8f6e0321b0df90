-- Each buyer's purchases, of all time and in the window.
--
-- goldserve:
--   materialized: temporary
WITH totals AS (
  SELECT
    a.id_client,
    count(*) AS orders, sum(a.montant) AS spend,
    min(a.date_achat) AS first_purchase, max(a.date_achat) AS last_purchase,
    count(CASE WHEN a.date_achat >= r.window_start THEN 1 END) AS orders_12m,
    sum(CASE WHEN a.date_achat >= r.window_start THEN a.montant ELSE 0 END) AS spend_12m
  FROM silver.achats a
  CROSS JOIN gold.reference r
  GROUP BY a.id_client
),
-- A product was bought in the window if its last purchase lies in it.
bought AS (
  SELECT a.id_client, a.produit, max(a.date_achat) AS last_purchase
  FROM silver.achats a
  GROUP BY a.id_client, a.produit
),
products AS (
  SELECT b.id_client, count(*) AS products, count(CASE WHEN b.last_purchase >= r.window_start THEN 1 END) AS products_12m
  FROM bought b
  CROSS JOIN gold.reference r
  GROUP BY b.id_client
)
SELECT t.id_client, t.orders, t.spend, p.products, t.first_purchase, t.last_purchase, t.orders_12m, t.spend_12m, p.products_12m
FROM totals t
JOIN products p ON p.id_client = t.id_client
