-- support_agg_90d as it was at each month's end.
SELECT v.user_id, m.as_of, v.support_tickets_90d, v.ticket_avg_resolution_hrs_90d
FROM silver.support_agg_90d v
JOIN silver.months m ON m.number >= v.since AND (v.until IS NULL OR m.number < v.until)
ORDER BY m.as_of, v.user_id
