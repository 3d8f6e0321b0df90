-- The newest month's whole row of each user.
SELECT v.user_id, v.signup_date, v.gender, v.senior, v.partner, v.dependents
FROM silver.users v
WHERE v.until IS NULL
ORDER BY v.user_id
