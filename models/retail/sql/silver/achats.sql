-- The valid purchases, in chronological order.
-- A row is rejected for the first reason that applies. If several valid rows have the same id_achat, the last one is kept.
--
-- goldserve:
--   quarantine:
--     column: reason
--     source: achats
--     reasons: [missing_field, bad_date, date_out_of_range, amount_not_positive, amount_over_cap, orphan_client, duplicate_id]
SELECT
  c.id_achat, c.id_client, c.date_achat, c.montant, title(c.produit) AS produit,
  CASE WHEN c.fault IS NULL AND (c._file <> l._file OR c._line <> l._line) THEN 'duplicate_id' ELSE c.fault END AS reason, c._file, c._line
FROM silver.checked_achats c
LEFT JOIN silver.repeated_achats l ON l.id_achat = c.id_achat
ORDER BY c.date_achat, c.id_achat
