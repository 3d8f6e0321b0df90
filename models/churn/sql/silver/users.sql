-- The rows of all months: each holds from the month of its file until that of its user's next row.
SELECT u.user_id, u.signup_date, squeeze(u.gender) AS gender, u.senior, u.partner, u.dependents,
  u._number AS since, lead(u._number) OVER (PARTITION BY u.user_id ORDER BY u._number) AS until
FROM bronze.users u
ORDER BY u.user_id, since
