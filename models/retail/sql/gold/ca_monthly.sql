-- Revenue by month. Months without purchases have no row.
WITH daily AS (
  SELECT CAST(a.date_achat AS date) AS jour, sum(a.montant) AS ca FROM silver.achats a GROUP BY 1
)
SELECT left(CAST(d.jour AS string), 7) AS mois, CAST(sum(d.ca) AS double) AS ca
FROM daily d
GROUP BY 1
ORDER BY mois
