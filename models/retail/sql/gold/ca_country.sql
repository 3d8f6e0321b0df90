-- Revenue by country of the client, highest first.
SELECT c.pays, CAST(sum(p.spend) AS double) AS ca
FROM gold.client_purchases p
JOIN silver.clients c ON c.id_client = p.id_client
GROUP BY c.pays
ORDER BY ca DESC, pays
