select id as order_id, customer as customer_id, placed as ordered_at, status, amount, discount from {{ ref('raw_orders') }}
