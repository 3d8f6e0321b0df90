-- Every event: an order that was placed, as it was first sent.
SELECT e.event_id, e.event_ts, e.order_id, e.customer_id, e.order_date, e.country, e.channel, e.device, e.category, e.items, e.basket_value, e.returned
FROM silver.orders_events_cleaned e
ORDER BY e.event_id
