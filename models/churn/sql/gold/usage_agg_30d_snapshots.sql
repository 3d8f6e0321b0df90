-- usage_agg_30d as it was at each month's end.
SELECT v.user_id, m.as_of, v.watch_hours_30d, v.avg_session_mins_7d, v.unique_devices_30d, v.skips_7d, v.rebuffer_events_7d
FROM silver.usage_agg_30d v
JOIN silver.months m ON m.number >= v.since AND (v.until IS NULL OR m.number < v.until)
ORDER BY m.as_of, v.user_id
