-- The churn rate of each month.
SELECT c.as_of, count(*) AS users, CAST(sum(c.churned) AS BIGINT) AS churned, CAST(sum(c.churned) AS DOUBLE) / count(*) AS churn_rate
FROM gold.churn_months c
GROUP BY c.as_of
ORDER BY c.as_of
