-- The valid purchases, in order of time.
-- A row is rejected for the first reason that applies. Of several valid rows with one number the last one is kept.
--
-- goldserve:
--   quarantine:
--     column: reason
--     source: achats
--     reasons: [missing_field, bad_date, date_out_of_range, amount_not_positive, amount_over_cap, orphan_client, duplicate_id]
WITH checked AS (
  SELECT
    a.id_achat, a.id_client, a.date_achat, a.montant, title(a.produit) AS produit,
    CASE
      WHEN a.id_achat IS NULL OR a.id_client IS NULL OR a._date_achat IS NULL OR a.montant IS NULL OR a.produit IS NULL THEN 'missing_field'
      WHEN a.date_achat IS NULL THEN 'bad_date'
      WHEN a.date_achat < param_earliest_date() OR a.date_achat > param_now() THEN 'date_out_of_range'
      WHEN a.montant <= 0 THEN 'amount_not_positive'
      WHEN a.montant > param_max_amount() THEN 'amount_over_cap'
      WHEN c.id_client IS NULL THEN 'orphan_client'
    END AS fault,
    a._slice, a._file, a._line
  FROM bronze.achats a
  LEFT JOIN silver.clients c ON c.id_client = a.id_client
),
repeated AS (
  SELECT id_achat FROM checked WHERE fault IS NULL GROUP BY id_achat HAVING count(*) > 1
),
-- Their valid rows from the last to the first: by the time in the file's name, the file, the line.
numbered AS (
  SELECT
    c.id_achat, c._file, c._line,
    row_number() OVER (PARTITION BY c.id_achat ORDER BY c._slice DESC NULLS LAST, c._file DESC, c._line DESC) AS nth
  FROM checked c
  JOIN repeated r ON r.id_achat = c.id_achat
  WHERE c.fault IS NULL
)
SELECT
  c.id_achat, c.id_client, c.date_achat, c.montant, c.produit,
  CASE WHEN c.fault IS NULL AND (c._file <> n._file OR c._line <> n._line) THEN 'duplicate_id' ELSE c.fault END AS reason, c._file, c._line
FROM checked c
LEFT JOIN numbered n ON n.id_achat = c.id_achat AND n.nth = 1
ORDER BY c.date_achat, c.id_achat
