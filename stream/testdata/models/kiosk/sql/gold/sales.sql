SELECT c.sale_id, c.customer_id, c.sold_at, c.product, c.amount FROM silver.sold_clean c ORDER BY c.sale_id
