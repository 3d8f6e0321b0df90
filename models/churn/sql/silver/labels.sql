-- The rows of all months: each holds from the month of its file until that of its user's next row.
SELECT u.user_id, u.churn_label,
  u._number AS since, lead(u._number) OVER (PARTITION BY u.user_id ORDER BY u._number) AS until
FROM bronze.labels u
ORDER BY u.user_id, since
