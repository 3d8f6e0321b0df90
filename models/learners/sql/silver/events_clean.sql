-- Every event that says whose it is. A time or a type that can't be read is null. Dates such as 31/12/2025 have the day first.
--
-- goldserve:
--   quarantine:
--     source: events_clean
--     reasons: [unreadable, no_user]
SELECT
  squeeze(e.user_id) AS user_id, coalesce(e.event_time, day_first(e._event_time)) AS event_time, lower(squeeze(e.event_type)) AS event_type,
  CASE WHEN e._broken IS NOT NULL THEN 'unreadable' WHEN e.user_id IS NULL THEN 'no_user' END AS reason, e._file, e._line
FROM bronze.events_clean e
ORDER BY e._file, e._line
