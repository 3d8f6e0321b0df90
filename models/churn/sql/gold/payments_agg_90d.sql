-- The newest month's whole row of each user.
SELECT v.user_id, v.failed_payments_90d
FROM silver.payments_agg_90d v
WHERE v.until IS NULL
ORDER BY v.user_id
