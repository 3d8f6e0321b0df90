-- Every raw purchase with its fault: the first reason to reject it, other than being a duplicate; null if there is none.
-- An amount of more digits than money has is null, but a number: it is over the cap, or not positive.
--
-- goldserve:
--   materialized: view
SELECT
  a.id_achat, a.id_client, a.date_achat, a.montant, a.produit,
  CASE
    WHEN a.id_achat IS NULL OR a.id_client IS NULL OR a._date_achat IS NULL OR a.produit IS NULL
      OR (a.montant IS NULL AND number(CAST(a._montant AS string)) IS NULL) THEN 'missing_field'
    WHEN a.date_achat IS NULL THEN 'bad_date'
    WHEN a.date_achat < param_earliest_date() OR a.date_achat > param_now() THEN 'date_out_of_range'
    WHEN a.montant <= 0 OR (a.montant IS NULL AND number(CAST(a._montant AS string)) < 0) THEN 'amount_not_positive'
    WHEN a.montant > param_max_amount() OR a.montant IS NULL THEN 'amount_over_cap'
    WHEN c.id_client IS NULL THEN 'orphan_client'
  END AS fault,
  a._slice, a._file, a._line
FROM bronze.achats a
LEFT JOIN silver.clients c ON c.id_client = a.id_client
