select cast(order_id as bigint) as order_id, cast(customer_id as bigint) as customer_id, cast(ordered_at as timestamp) as ordered_at, cast(status as varchar) as status,
       cast(amount as decimal(12, 2)) as amount, cast(discount as double) as discount, cast(amount > 10 as boolean) as large, cast(ordered_at as date) as day
from {{ ref('stg_orders') }}
