-- transactions_clean: what the learners of a fictional school paid, with errors as real files have them. A learner has 1.5 transactions on average.
--
-- Errors per 10,000 transactions, times param_dirt(). The column dirt, a random number, selects them in this order:
--   no learner 60, an amount that is none 160 (missing 100, a word 60), refunds that are negative 100, no time 80
-- A build cleans up: blanks around the amount 300, the amount with an exponent 100.
--
-- goldserve:
--   format: csv
WITH numbers AS (
  SELECT explode(sequence(CAST(1 AS BIGINT), many)) AS number
  FROM (SELECT CAST(floor(param_learners() * 3 / 2) AS BIGINT) + 1 AS many) bounds
),
digested AS (
  SELECT number, md5(concat(param_seed(), '/transaction/', number)) AS digest FROM numbers
),
paid AS (
  SELECT number,
    concat('u', substr(CAST(100001 + hex_number(substr(digest, 1, 7)) % (param_learners() + 5) AS STRING), 2)) AS who,
    CAST((900 + hex_number(substr(digest, 8, 7)) % 39000) / 100 AS DECIMAL(18, 2)) AS price,
    unix_date(param_end()) * 86400 - hex_number(substr(digest, 15, 7)) % (param_days() * 86400) AS second,
    hex_number(substr(digest, 22, 7)) * 10000.0e0 / 268435456 / nullif(param_dirt(), 0) AS dirt
  FROM digested
)
SELECT
  CASE WHEN dirt < 60 THEN NULL ELSE who END AS user_id,
  CASE
    WHEN dirt >= 60 AND dirt < 160 THEN NULL
    WHEN dirt >= 160 AND dirt < 220 THEN split_part('free;NA;12,50', ';', CAST(1 + number % 3 AS INTEGER))
    WHEN dirt >= 220 AND dirt < 320 THEN concat('-', price)
    WHEN dirt >= 400 AND dirt < 700 THEN concat(' ', price, ' ')
    WHEN dirt >= 700 AND dirt < 800 THEN concat(price, 'e0')
    ELSE CAST(price AS STRING)
  END AS amount,
  CASE
    WHEN dirt >= 320 AND dirt < 400 THEN NULL
    ELSE concat(replace(CAST(timestamp_seconds(second) AS STRING), ' ', 'T'), 'Z')
  END AS created_at
FROM paid
ORDER BY number
