-- The subscribers: when each one came, and what never changes.
--
-- goldserve:
--   materialized: temporary
WITH numbered AS (
  SELECT explode(sequence(CAST(1 AS BIGINT), many)) AS number FROM (SELECT param_clients() AS many) bounds
),
digested AS (
  SELECT number, md5(concat(param_seed(), '/subscriber/', number)) AS digest FROM numbered
),
drawn AS (
  SELECT number,
    hex_number(substr(digest, 1, 7)) AS a,
    hex_number(substr(digest, 8, 7)) AS b,
    hex_number(substr(digest, 15, 7)) AS c,
    hex_number(substr(digest, 22, 7)) AS d
  FROM digested
),
joined AS (
  -- 62% were there before the first month, for up to six years; the others come month by month.
  SELECT number, a, b, c, d, CASE WHEN a % 100 < 62 OR param_months() = 1 THEN 0 ELSE 1 + b % (CASE WHEN param_months() > 1 THEN param_months() - 1 ELSE 1 END) END AS joined
  FROM drawn
)
SELECT
  number, a, b, c, d, joined,
  concat('U', right(concat('0000000', number), 7)) AS user_id,
  CASE WHEN joined = 0 THEN unix_date(param_first_month()) - c % 2190 ELSE unix_date(param_first_month()) + 30 * joined + c % 28 END AS signup_day,
  CASE WHEN d % 100 < 55 THEN 1 WHEN d % 100 < 76 THEN 2 ELSE 3 END AS contract
FROM joined
ORDER BY number
