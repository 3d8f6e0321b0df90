-- subscriptions as it was at each month's end.
SELECT v.user_id, m.as_of, v.months_stay, v.contract_type, v.monthly_fee, v.paperless_billing, v.payment_method, v.plan_hd, v.plan_family, v.extra_downloads
FROM silver.subscriptions v
JOIN silver.months m ON m.number >= v.since AND (v.until IS NULL OR m.number < v.until)
ORDER BY m.as_of, v.user_id
