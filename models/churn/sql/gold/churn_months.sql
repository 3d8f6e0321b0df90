-- Who was there in each month and whether they left in it, with their contract and tenure at its end.
SELECT l.user_id, m.as_of, coalesce(s.contract_type, 'unknown') AS contract_type,
  CASE WHEN s.months_stay IS NULL THEN 'unknown' WHEN s.months_stay < 6 THEN '00-05' WHEN s.months_stay < 12 THEN '06-11' WHEN s.months_stay < 24 THEN '12-23'
    WHEN s.months_stay < 48 THEN '24-47' ELSE '48+' END AS tenure_band,
  CAST(CASE WHEN l.churn_label THEN 1 ELSE 0 END AS BIGINT) AS churned
FROM silver.labels l
JOIN silver.months m ON m.number = l.since
LEFT JOIN gold.subscriptions_snapshots s ON s.user_id = l.user_id AND s.as_of = m.as_of
WHERE l.churn_label IS NOT NULL
ORDER BY m.as_of, l.user_id
