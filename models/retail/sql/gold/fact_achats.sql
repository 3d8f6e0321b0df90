-- Every valid purchase with its client's country and its day, month and year, in chronological order.
SELECT
  a.id_achat, a.id_client, a.date_achat, CAST(a.montant AS double) AS montant, a.produit, c.pays,
  day_text(a.date_achat) AS jour, month_text(a.date_achat) AS mois, CAST(year(a.date_achat) AS bigint) AS annee
FROM silver.achats a
JOIN silver.clients c ON c.id_client = a.id_client
ORDER BY a.date_achat, a.id_achat
