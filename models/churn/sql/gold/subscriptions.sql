-- The newest month's whole row of each user.
SELECT v.user_id, v.months_stay, v.contract_type, v.monthly_fee, v.paperless_billing, v.payment_method, v.plan_hd, v.plan_family, v.extra_downloads
FROM silver.subscriptions v
WHERE v.until IS NULL
ORDER BY v.user_id
