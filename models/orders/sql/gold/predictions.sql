-- What the ONNX models read of every order; goldserve adds their scores when it publishes.
SELECT o.order_id, o.customer_id, o.order_date, o.country, o.channel, o.device, o.category, o.items, o.basket_value, o.discount_pct, o.is_discounted, o.payment_method,
  o.delivery_days, o.tenure_days, o.order_hour, o.is_weekend
FROM gold.orders o
ORDER BY o.order_id
