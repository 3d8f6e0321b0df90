-- The rows of all months: each holds from the month of its file until that of its user's next row.
SELECT u.user_id, u.watch_hours_30d, u.avg_session_mins_7d, u.unique_devices_30d, u.skips_7d, u.rebuffer_events_7d,
  u._number AS since, lead(u._number) OVER (PARTITION BY u.user_id ORDER BY u._number) AS until
FROM bronze.usage_agg_30d u
ORDER BY u.user_id, since
