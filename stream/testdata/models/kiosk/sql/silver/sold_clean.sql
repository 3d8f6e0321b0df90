-- Sales that can be used, each once: the first by file and line.
--
-- goldserve:
--   quarantine: {source: sold, reasons: [no_id, bad_time, bad_amount, duplicate]}
WITH judged AS (
  SELECT s.*, CASE WHEN s.sale_id IS NULL OR s.customer_id IS NULL THEN 'no_id' WHEN s.sold_at IS NULL THEN 'bad_time' WHEN s.amount IS NULL OR s.amount < 0 THEN 'bad_amount' END AS why
  FROM bronze.sold s
), ranked AS (
  SELECT j.*, row_number() OVER (PARTITION BY j.sale_id, j.why IS NULL ORDER BY j._file, j._line) AS nth FROM judged j
)
SELECT r.sale_id, r.customer_id, r.sold_at, coalesce(r.product, 'other') AS product, r.amount, r._file AS source_file, r._line AS source_line, r._file, r._line,
  CASE WHEN r.why IS NOT NULL THEN r.why WHEN r.nth > 1 THEN 'duplicate' END AS reason
FROM ranked r
ORDER BY r._file, r._line
