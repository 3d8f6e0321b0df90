select cast(id as bigint) as order_id, cast(1 as integer) as line_number, cast(amount as decimal(12, 2)) as amount, ['a', 'b'] as tags from {{ ref('raw_orders') }}
