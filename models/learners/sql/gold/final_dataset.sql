-- One row per user with an event: when they enrolled, whether their course was validated, what they did and paid, and where they come from.
-- enrolled_at is the first event of the type enrolled that has a time; without one it is the user's first event.
WITH users AS (
  SELECT
    e.user_id,
    coalesce(min(CASE WHEN e.event_type = 'enrolled' THEN e.event_time END), min(e.event_time)) AS enrolled_at,
    max(CASE WHEN e.event_type = 'validated' THEN 1 ELSE 0 END) AS validated,
    max(e.event_time) AS last_event_at,
    count(e.event_type) AS n_events
  FROM silver.events_clean e
  GROUP BY e.user_id
),
payments AS (
  SELECT t.user_id, sum(t.amount) AS total_amount, count(*) AS n_transactions
  FROM silver.transactions_clean t
  GROUP BY t.user_id
)
SELECT
  u.user_id, p.country, p.channel, u.enrolled_at,
  CAST(u.validated AS BIGINT) AS validated, u.last_event_at, u.n_events,
  CAST(coalesce(t.total_amount, 0) AS double) AS total_amount,
  coalesce(t.n_transactions, 0) AS n_transactions,
  p.theme
FROM users u
LEFT JOIN silver.profiles_by_user p ON p.user_id = u.user_id
LEFT JOIN payments t ON t.user_id = u.user_id
ORDER BY u.user_id
