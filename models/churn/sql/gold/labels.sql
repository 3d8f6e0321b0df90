-- The newest month's whole row of each user.
SELECT v.user_id, v.churn_label
FROM silver.labels v
WHERE v.until IS NULL
ORDER BY v.user_id
