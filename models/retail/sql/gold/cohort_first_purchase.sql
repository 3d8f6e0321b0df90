-- Buyers by the month of their first purchase: their number, and their revenue of all time.
SELECT
  month_text(p.first_purchase) AS first_purchase_month,
  count(*) AS clients,
  CAST(sum(p.spend) AS double) AS ca
FROM gold.client_purchases p
GROUP BY 1
ORDER BY first_purchase_month
