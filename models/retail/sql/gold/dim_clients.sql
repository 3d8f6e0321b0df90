-- Each client with a summary of their purchases. For a client without purchases, recency is param_horizon_days(), the average is 0, and dates and
-- totals are null. tenure_days counts from date_inscription, and is negative if that is later than the last purchase by any client.
SELECT
  c.id_client, c.nom, c.email, c.pays, c.date_inscription, p.first_purchase, p.last_purchase,
  coalesce(days_between(p.last_purchase, r.reference), param_horizon_days()) AS recency_days,
  days_between(c.date_inscription, r.reference) AS tenure_days,
  p.orders AS total_orders,
  CAST(p.spend AS double) AS total_spend,
  coalesce(CAST(p.spend AS double) / p.orders, 0) AS avg_order_value,
  p.products AS product_count
FROM silver.clients c
LEFT JOIN gold.client_purchases p ON p.id_client = c.id_client
CROSS JOIN gold.reference r
ORDER BY c.id_client
