select cast(id as bigint) as customer_id, cast(name as varchar) as name, cast(email as varchar) as email, cast(country as varchar) as country from {{ ref('raw_customers') }}
