-- users as it was at each month's end.
SELECT v.user_id, m.as_of, v.signup_date, v.gender, v.senior, v.partner, v.dependents
FROM silver.users v
JOIN silver.months m ON m.number >= v.since AND (v.until IS NULL OR m.number < v.until)
ORDER BY m.as_of, v.user_id
