-- Every customer, as their first event says, by file and line.
WITH ranked AS (
  SELECT e.*, row_number() OVER (PARTITION BY e.customer_id ORDER BY e.source_file, e.source_line) AS nth FROM silver.orders_events_cleaned e
)
SELECT r.customer_id, r.customer_since, r.country, r.order_id AS first_order_id, r.order_date AS first_order_date, r.channel AS first_channel, r.device AS first_device, r.category AS first_category
FROM ranked r
WHERE r.nth = 1
ORDER BY r.customer_id
