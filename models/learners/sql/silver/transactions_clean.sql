-- Every transaction that says whose it is. An amount that is no number is null; negative ones are refunds.
--
-- goldserve:
--   quarantine:
--     source: transactions_clean
--     reasons: [unreadable, no_user]
SELECT
  squeeze(t.user_id) AS user_id, t.amount, coalesce(t.created_at, day_first(t._created_at)) AS created_at,
  CASE WHEN t._broken IS NOT NULL THEN 'unreadable' WHEN t.user_id IS NULL THEN 'no_user' END AS reason, t._file, t._line
FROM bronze.transactions_clean t
ORDER BY t._file, t._line
