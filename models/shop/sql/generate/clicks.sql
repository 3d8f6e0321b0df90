-- clicks: the raw files of clicks on a fictional shop's pages, with errors as real files have them.
--
-- Errors per 10,000 clicks, times param_dirt(). The column dirt, a random number, selects them in this order:
--   bad_ip          190  999.999.999.999, another one that is no IPv4 address, or none
--   bad_timestamp    80  an hour 25, a word, or no time
-- A build keeps clicks of visitors who aren't customers, 2,500, and addresses with blanks around them, 100.
--
-- goldserve:
--   format: jsonl
--   file: clicks_{slice}.txt
WITH bounds AS (
  SELECT start, seconds, floor((param_per_slice() + 14) / 15) AS customers, floor(param_per_slice() * 1.5e0) AS clicks FROM generate.slices
),
placed AS (
  SELECT start, seconds, customers, clicks, explode(sequence(CAST(1 AS BIGINT), CAST(clicks AS BIGINT))) AS place FROM bounds WHERE clicks > 0
),
digested AS (
  SELECT *, md5(concat(param_seed(), '/click/', start, '/', place)) AS digest FROM placed
),
drawn AS (
  SELECT *,
    hex_number(substr(digest, 1, 7)) AS a,
    hex_number(substr(digest, 8, 7)) AS b,
    hex_number(substr(digest, 15, 7)) AS c,
    hex_number(substr(digest, 22, 7)) % 10007 * 10000.0e0 / 10007 / nullif(param_dirt(), 0) AS dirt
  FROM digested
),
addressed AS (
  SELECT *, concat(1 + a % 223, '.', b % 256, '.', c % 256, '.', 1 + a % 254) AS address, start + CAST(floor(seconds * (b / 268435456)) AS BIGINT) AS second FROM drawn
)
SELECT
  timestamp_seconds(start) AS _slice,
  CASE WHEN b % 4 = 0 THEN NULL ELSE CAST(floor(start / seconds) AS BIGINT) * CAST(customers AS BIGINT) + 1 + c % CAST(customers AS BIGINT) END AS customer_id,
  split_part('/;/products;/cart;/products/mug;/checkout;/help', ';', CAST(1 + c % 6 AS INTEGER)) AS page,
  CASE
    WHEN dirt < 100 THEN '999.999.999.999'
    WHEN dirt < 160 THEN split_part('256.1.1.1;10.0.0;unknown;01.2.3.4', ';', CAST(1 + a % 4 AS INTEGER))
    WHEN dirt < 190 THEN NULL
    WHEN dirt >= 270 AND dirt < 370 THEN concat(' ', address, ' ')
    ELSE address
  END AS ip,
  CASE
    WHEN dirt >= 190 AND dirt < 270 THEN nullif(split_part('2025-11-13T25:00:00Z;now;-', ';', CAST(1 + a % 3 AS INTEGER)), '-')
    ELSE concat(replace(CAST(timestamp_seconds(second) AS STRING), ' ', 'T'), 'Z')
  END AS click_ts
FROM addressed
ORDER BY start, place
