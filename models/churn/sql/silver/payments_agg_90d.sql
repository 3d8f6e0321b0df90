-- The rows of all months: each holds from the month of its file until that of its user's next row.
SELECT u.user_id, u.failed_payments_90d,
  u._number AS since, lead(u._number) OVER (PARTITION BY u.user_id ORDER BY u._number) AS until
FROM bronze.payments_agg_90d u
ORDER BY u.user_id, since
