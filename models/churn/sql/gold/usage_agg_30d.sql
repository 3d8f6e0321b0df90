-- The newest month's whole row of each user.
SELECT v.user_id, v.watch_hours_30d, v.avg_session_mins_7d, v.unique_devices_30d, v.skips_7d, v.rebuffer_events_7d
FROM silver.usage_agg_30d v
WHERE v.until IS NULL
ORDER BY v.user_id
