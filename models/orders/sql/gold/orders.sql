-- Every order, as its first event says, by file and line.
WITH ranked AS (
  SELECT e.*, row_number() OVER (PARTITION BY e.order_id ORDER BY e.source_file, e.source_line) AS nth FROM silver.orders_events_cleaned e
)
SELECT r.order_id, r.event_id, r.customer_id, r.event_ts, r.order_date, r.order_hour, r.weekday, r.is_weekend, r.country, r.channel, r.device, r.category, r.items, r.basket_value,
  r.discount_pct, r.is_discounted, r.payment_method, r.delivery_days, r.tenure_days, r.returned
FROM ranked r
WHERE r.nth = 1
ORDER BY r.order_id
