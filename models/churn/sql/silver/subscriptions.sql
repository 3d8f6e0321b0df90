-- The rows of all months: each holds from the month of its file until that of its user's next row.
SELECT u.user_id, u.months_stay, squeeze(u.contract_type) AS contract_type, u.monthly_fee, u.paperless_billing, squeeze(u.payment_method) AS payment_method, u.plan_hd, u.plan_family, u.extra_downloads,
  u._number AS since, lead(u._number) OVER (PARTITION BY u.user_id ORDER BY u._number) AS until
FROM bronze.subscriptions u
ORDER BY u.user_id, since
