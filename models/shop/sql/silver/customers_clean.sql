-- Customers with a number and a signup date: the newest row of each. Of names their first letters are left, of e-mail addresses a keyed hash.
--
-- goldserve:
--   format: csv
--   file: customers_clean_{slice}.csv
--   quarantine: {source: customers, reasons: [missing_id, bad_date, duplicate_id]}
WITH dated AS (
  SELECT c._slice, c._file, c._line, c.customer_id, c.first_name, c.last_name, c.email, c.country,
    CAST(coalesce(c.signup_date, day_first(c._signup_date)) AS DATE) AS signup_date
  FROM bronze.customers c
),
judged AS (
  SELECT *, CASE WHEN customer_id IS NULL THEN 'missing_id' WHEN signup_date IS NULL THEN 'bad_date' END AS fault FROM dated
),
ranked AS (
  SELECT *, row_number() OVER (PARTITION BY fault, customer_id ORDER BY _slice DESC NULLS LAST, _file DESC, _line DESC) AS nth FROM judged
)
SELECT
  _slice, customer_id, first_name AS first_initial, last_name AS last_initial, email AS email_h, coalesce(squeeze(country), 'NA') AS country, signup_date,
  _file, _line, coalesce(fault, CASE WHEN nth > 1 THEN 'duplicate_id' END) AS reason
FROM ranked
ORDER BY _slice NULLS FIRST, customer_id NULLS FIRST, _file, _line
