-- What each client bought of each product, ever and in the window.
--
-- goldserve:
--   materialized: temporary
SELECT
  a.id_client, a.produit,
  count(*) AS orders, sum(a.montant) AS spend, min(a.date_achat) AS first_purchase, max(a.date_achat) AS last_purchase,
  count(CASE WHEN a.date_achat >= r.window_start THEN 1 END) AS orders_12m,
  sum(CASE WHEN a.date_achat >= r.window_start THEN a.montant ELSE 0 END) AS spend_12m
FROM silver.achats a
CROSS JOIN gold.reference r
GROUP BY a.id_client, a.produit
