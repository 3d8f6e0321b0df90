-- The profile of each user: the one with the most fields, of several such the last one, by the time in the file's name, then the file, then the line.
--
-- goldserve:
--   quarantine:
--     source: profiles_by_user
--     reasons: [unreadable, no_user, less_complete]
WITH cleaned AS (
  SELECT
    squeeze(p.user_id) AS user_id, title(squeeze(p.country)) AS country, lower(squeeze(p.channel)) AS channel, squeeze(p.theme) AS theme,
    CASE WHEN p._broken IS NOT NULL THEN 'unreadable' WHEN p.user_id IS NULL THEN 'no_user' END AS fault,
    CASE WHEN p.country IS NULL THEN 0 ELSE 1 END + CASE WHEN p.channel IS NULL THEN 0 ELSE 1 END + CASE WHEN p.theme IS NULL THEN 0 ELSE 1 END AS filled,
    p._slice, p._file, p._line
  FROM bronze.profiles_by_user p
),
ranked AS (
  SELECT *, row_number() OVER (PARTITION BY user_id, fault ORDER BY filled DESC, _slice DESC NULLS LAST, _file DESC, _line DESC) AS place
  FROM cleaned
)
SELECT
  user_id, country, channel, theme,
  CASE WHEN fault IS NULL AND place > 1 THEN 'less_complete' ELSE fault END AS reason, _file, _line
FROM ranked
ORDER BY user_id NULLS LAST, _file, _line
