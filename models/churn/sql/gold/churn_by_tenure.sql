-- The churn rate of each tenure.
SELECT c.tenure_band, count(*) AS users, CAST(sum(c.churned) AS BIGINT) AS churned, CAST(sum(c.churned) AS DOUBLE) / count(*) AS churn_rate
FROM gold.churn_months c
GROUP BY c.tenure_band
ORDER BY c.tenure_band
