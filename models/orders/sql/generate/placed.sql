-- placed: the orders of the file, or of a slice of a stream, with their numbers, the second at which they were placed, and random numbers: whole
-- numbers below 2^28, from the MD5 of the seed and the order's number, so that they are the same on every engine.
--
-- goldserve:
--   materialized: temporary
WITH bounds AS (
  SELECT CAST(param_events() AS BIGINT) AS n, 0 AS before, (unix_date(param_end()) + 1 - param_days()) * 86400 AS start, param_days() * 86400 AS seconds
  WHERE param_slice_seconds() = 0
  UNION ALL
  -- In a stream numbers come from the time, so that no two slices share one.
  SELECT CAST(param_per_slice() AS BIGINT) AS n, unix_seconds(param_slice()) * 1000 AS before, unix_seconds(param_slice()) AS start, param_slice_seconds() AS seconds
  WHERE param_slice_seconds() > 0 AND param_per_slice() > 0
),
numbered AS (
  SELECT n, before, start, seconds, explode(sequence(CAST(1 AS BIGINT), n)) AS place FROM bounds
),
digested AS (
  SELECT n, start, seconds, place, before + place AS number,
    md5(concat(param_seed(), '/order/', before + place)) AS one, md5(concat(param_seed(), '/ordered/', before + place)) AS two
  FROM numbered
)
SELECT
  number,
  start + CAST(floor(seconds * ((place - hex_number(substr(one, 22, 7)) / 268435456) / n)) AS BIGINT) AS second,
  hex_number(substr(one, 1, 7)) AS a,
  hex_number(substr(one, 8, 7)) AS b,
  hex_number(substr(one, 15, 7)) AS c,
  hex_number(substr(two, 1, 7)) AS d,
  hex_number(substr(two, 8, 7)) AS e,
  hex_number(substr(two, 15, 7)) AS f,
  hex_number(substr(two, 22, 7)) % 10007 * 10000.0e0 / 10007 / nullif(param_dirt(), 0) AS dirt,
  left(two, 12) AS code
FROM digested
ORDER BY number
