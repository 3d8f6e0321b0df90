-- What each subscriber does in each month, up to the one in which they leave. Who pays by the month, came lately or waits for videos that stall
-- leaves sooner.
--
-- goldserve:
--   materialized: temporary
WITH months AS (
  SELECT explode(sequence(CAST(0 AS BIGINT), many)) AS month FROM (SELECT param_months() - 1 AS many) bounds
),
digested AS (
  SELECT s.number, s.user_id, s.joined, s.contract, s.signup_day, m.month, md5(concat(param_seed(), '/month/', s.number, '/', m.month)) AS digest
  FROM generate.subscribers s
  JOIN months m ON m.month >= s.joined
),
drawn AS (
  SELECT number, user_id, joined, contract, month,
    hex_number(substr(digest, 1, 7)) AS a,
    hex_number(substr(digest, 8, 7)) AS b,
    hex_number(substr(digest, 15, 7)) AS c,
    hex_number(substr(digest, 22, 7)) AS d,
    hex_number(substr(digest, 29, 4)) AS e,
    (unix_date(param_first_month()) + 30 * month - signup_day) AS days
  FROM digested
),
lived AS (
  SELECT number, user_id, joined, contract, month, a, b, c, d, e,
    d * 10000.0e0 / 268435456 / nullif(param_dirt(), 0) AS dirt,
    CASE WHEN c % 100 < 70 THEN 0 WHEN c % 100 < 90 THEN 1 + c % 5 ELSE 6 + c % 20 END AS stalls,
    e % 1000 < CASE contract WHEN 1 THEN 42 WHEN 2 THEN 12 ELSE 5 END + CASE WHEN days < 180 THEN 22 ELSE 0 END + CASE WHEN c % 100 >= 90 THEN 40 ELSE 0 END AS leaves
  FROM drawn
),
ended AS (
  SELECT number, user_id, joined, contract, month, a, b, c, d, e, dirt, stalls, min(CASE WHEN leaves THEN month END) OVER (PARTITION BY number) AS last
  FROM lived
)
SELECT number, user_id, joined, contract, month, right(concat('000', month), greatest(3, length(CAST(month AS STRING)))) AS folder,
  a, b, c, d, e, dirt, stalls, coalesce(month = last, false) AS churned
FROM ended
WHERE last IS NULL OR month <= last
ORDER BY month, number
