-- Every customer, as their first sale says, by file and line.
WITH ranked AS (
  SELECT c.customer_id, c.sale_id, c.product, row_number() OVER (PARTITION BY c.customer_id ORDER BY c.source_file, c.source_line) AS nth FROM silver.sold_clean c
)
SELECT r.customer_id, r.sale_id AS first_sale, r.product AS first_product FROM ranked r WHERE r.nth = 1 ORDER BY r.customer_id
