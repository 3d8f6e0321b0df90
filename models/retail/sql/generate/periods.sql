-- When and how much the shop sells: one row for each day of the history, or a single row for a slice of a stream.
-- Sales follow seasons (January and July sales, Black Friday, Christmas), weekdays (Saturday is the busiest day) and growth.
--
-- goldserve:
--   materialized: temporary
WITH days AS (
  SELECT explode(sequence(earliest, latest)) AS day
  FROM (SELECT unix_date(param_end()) - param_days() + 1 AS earliest, CAST(unix_date(param_end()) AS BIGINT) AS latest) bounds
  WHERE param_slice_seconds() = 0
  UNION ALL
  SELECT CAST(unix_date(CAST(param_slice() AS DATE)) AS BIGINT) AS day
  WHERE param_slice_seconds() > 0
),
weighed AS (
  SELECT
    day,
    -- Monday is 0. Over the history, sales grow from a third to the full level as clients join.
    CASE (day + 3) % 7 WHEN 0 THEN 0.85e0 WHEN 1 THEN 0.85e0 WHEN 2 THEN 1.0e0 WHEN 3 THEN 0.95e0 WHEN 4 THEN 1.15e0 WHEN 5 THEN 1.6e0 ELSE 0.6e0 END
    * CASE month(date_from_unix_date(CAST(day AS INTEGER)))
        WHEN 1 THEN 1.25e0 WHEN 2 THEN 0.8e0 WHEN 3 THEN 0.85e0 WHEN 4 THEN 0.9e0 WHEN 5 THEN 0.95e0 WHEN 6 THEN 1.05e0
        WHEN 7 THEN 1.2e0 WHEN 8 THEN 0.75e0 WHEN 9 THEN 0.95e0 WHEN 10 THEN 1.0e0 WHEN 11 THEN 1.45e0 ELSE 1.55e0 END
    * (0.85e0 + 0.3e0 * hex_number(left(md5(concat(param_seed(), '/day/', day)), 7)) / 268435456)
    * CASE WHEN param_slice_seconds() > 0 THEN 1 ELSE 1 - (unix_date(param_end()) - day) / (param_days() * 1.5e0) END AS weight
  FROM days
),
counted AS (
  SELECT
    day,
    CASE WHEN param_slice_seconds() > 0 THEN least(floor(param_per_slice() * weight + 0.5e0), 1000 * param_slice_seconds())
      ELSE floor(param_clients() * param_purchases() * param_days() / 365 * weight / sum(weight) OVER () + 0.5e0) END AS sales
  FROM weighed
)
SELECT
  day,
  CAST(sales AS BIGINT) AS sales,
  CASE WHEN param_slice_seconds() > 0 THEN unix_seconds(param_slice()) ELSE day * 86400 END AS start,
  -- The number of the first purchase. In a stream it comes from the time, so that no two slices share a number.
  CASE WHEN param_slice_seconds() > 0 THEN unix_seconds(param_slice()) * 1000
    ELSE CAST(sum(sales) OVER (ORDER BY day) - sales AS BIGINT) + 1 END AS first
FROM counted
WHERE sales > 0
ORDER BY day
