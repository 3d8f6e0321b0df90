-- Every raw purchase with its fault: the first reason to reject it, other than being a duplicate; null if there is none.
--
-- goldserve:
--   materialized: view
SELECT
  a.id_achat, a.id_client, a.date_achat, a.montant, a.produit,
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
