-- Revenue by product, highest first.
SELECT a.produit, CAST(sum(a.montant) AS double) AS ca
FROM silver.achats a
GROUP BY a.produit
ORDER BY ca DESC, produit
