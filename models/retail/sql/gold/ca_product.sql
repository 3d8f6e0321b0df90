-- Revenue of each product, the greatest first.
SELECT p.produit, CAST(sum(p.spend) AS double) AS ca
FROM gold.client_products p
GROUP BY p.produit
ORDER BY ca DESC, produit
