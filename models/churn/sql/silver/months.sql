-- The months that there are files of, each with its last day.
--
-- goldserve:
--   materialized: temporary
SELECT DISTINCT u._number AS number, CAST(u._slice AS DATE) AS as_of
FROM bronze.users u
ORDER BY number
