-- Recency, frequency and amount of each client. Columns whose names end in 12m cover the window up to the last purchase by any client, a year by
-- default; the others cover all time. For a client without purchases, recency is param_horizon_days(), dates are null and numbers are 0.
SELECT
  c.id_client,
  coalesce(p.orders_12m, 0) AS freq_12m,
  coalesce(CAST(p.spend_12m AS double), 0) AS monetary_12m,
  coalesce(CAST(p.spend_12m AS double) / nullif(p.orders_12m, 0), 0) AS monetary_avg_12m,
  coalesce(p.products_12m, 0) AS product_diversity_12m,
  p.last_purchase, p.first_purchase,
  coalesce(days_between(p.last_purchase, r.reference), param_horizon_days()) AS recency_days,
  coalesce(days_between(p.first_purchase, r.reference), 0) AS tenure_days,
  coalesce(p.orders, 0) AS total_orders_all,
  coalesce(CAST(p.spend AS double), 0) AS total_spend_all,
  coalesce(CAST(p.spend AS double) / p.orders, 0) AS avg_order_value_all,
  CAST(CAST(r.reference AS date) AS timestamp) AS reference_date
FROM silver.clients c
LEFT JOIN gold.client_purchases p ON p.id_client = c.id_client
CROSS JOIN gold.reference r
ORDER BY c.id_client
