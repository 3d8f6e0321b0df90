-- The newest month's whole row of each user.
SELECT v.user_id, v.support_tickets_90d, v.ticket_avg_resolution_hrs_90d
FROM silver.support_agg_90d v
WHERE v.until IS NULL
ORDER BY v.user_id
