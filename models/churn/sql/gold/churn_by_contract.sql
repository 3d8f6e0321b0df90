-- The churn rate of each contract type.
SELECT c.contract_type, count(*) AS users, CAST(sum(c.churned) AS BIGINT) AS churned, CAST(sum(c.churned) AS DOUBLE) / count(*) AS churn_rate
FROM gold.churn_months c
GROUP BY c.contract_type
ORDER BY c.contract_type
