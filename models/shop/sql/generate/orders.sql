-- orders: the raw files of a fictional shop's orders, with errors as real files have them.
--
-- Errors per 10,000 orders, times param_dirt(). The column dirt, a random number, selects them in this order:
--   missing_id       40  no number
--   bad_timestamp   160  a month 13, 32/13/2025, a word, or no time
--   duplicate_id    300  a second row of the same order a moment later with one piece more, 200 in the same file and 100 in that of the next slice
-- A build repairs: a negative quantity 150, a negative price 60, a missing total 300, a negative total 40. It keeps: a total that isn't quantity times
-- price 80, a total that can't be computed 30, a time with an offset 200 or as DD/MM/YYYY 150, a channel in upper case with blanks 200, none 60, or
-- an unknown one 40, a customer who is in no file 150, no customer 50.
--
-- goldserve:
--   format: json
--   file: orders_{slice}.json
WITH bounds AS (
  SELECT start, seconds, known, floor((param_per_slice() + 14) / 15) AS customers, param_per_slice() AS orders FROM generate.slices
),
-- The orders of the slice before are there for their duplicates.
placed AS (
  SELECT start, seconds, known, customers, orders, start AS written, explode(sequence(CAST(1 AS BIGINT), CAST(orders AS BIGINT))) AS place FROM bounds WHERE orders > 0
  UNION ALL
  SELECT start - seconds AS start, seconds, known - 1 AS known, customers, orders, start AS written, explode(sequence(CAST(1 AS BIGINT), CAST(orders AS BIGINT))) AS place
  FROM bounds WHERE orders > 0 AND known > 1
),
numbered AS (
  SELECT *, CAST(floor(start / seconds) AS BIGINT) * CAST(orders AS BIGINT) + place AS number FROM placed
),
digested AS (
  SELECT *, md5(concat(param_seed(), '/order/', number)) AS digest FROM numbered
),
drawn AS (
  SELECT *,
    hex_number(substr(digest, 1, 7)) AS a,
    hex_number(substr(digest, 8, 7)) AS b,
    hex_number(substr(digest, 15, 7)) AS c,
    hex_number(substr(digest, 22, 7)) % 10007 * 10000.0e0 / 10007 / nullif(param_dirt(), 0) AS dirt
  FROM digested
),
sold AS (
  SELECT *,
    (CAST(floor(start / seconds) AS BIGINT) - CAST(floor(known * (a / 268435456) * (b / 268435456)) AS BIGINT)) * CAST(customers AS BIGINT) + 1 + c % CAST(customers AS BIGINT) AS buyer,
    1 + CAST(floor(22 * (a / 268435456) * (c / 268435456)) AS BIGINT) AS shelf,
    1 + CAST(floor(5 * (b / 268435456) * (c / 268435456)) AS BIGINT) AS pieces,
    start + CAST(floor(seconds * (b / 268435456)) AS BIGINT) AS second
  FROM drawn
),
priced AS (
  SELECT *,
    split_part('Mug;Poster;Notebook;T-shirt;Cap;Backpack;Lamp;Headphones;Keyboard;Mouse;Desk mat;Water bottle;Umbrella;Socks;Scarf;Wallet;Watch;Sunglasses;Camera;Tripod;Speaker;Charger', ';', CAST(shelf AS INTEGER)) AS ware,
    CAST(split_part('9.90;14.50;6.25;19.00;17.50;59.90;34.00;89.00;74.90;39.90;22.00;15.75;18.20;7.95;24.50;45.00;129.00;69.00;349.00;54.90;99.00;29.90', ';', CAST(shelf AS INTEGER)) AS DECIMAL(18, 4)) AS price
  FROM sold
),
rows AS (
  SELECT *, 0 AS again FROM priced WHERE written = start
  UNION ALL
  SELECT *, 1 AS again FROM priced WHERE written = start AND dirt >= 200 AND dirt < 400
  UNION ALL
  SELECT *, 2 AS again FROM priced WHERE written > start AND dirt >= 400 AND dirt < 500
)
SELECT
  timestamp_seconds(written) AS _slice,
  CASE WHEN dirt < 40 THEN NULL ELSE number END AS order_id,
  CASE
    WHEN dirt >= 1760 AND dirt < 1910 THEN 900000000000 + a
    WHEN dirt >= 1910 AND dirt < 1960 THEN NULL
    ELSE buyer
  END AS customer_id,
  ware AS product,
  CASE
    WHEN dirt >= 500 AND dirt < 650 THEN -pieces
    WHEN dirt >= 1130 AND dirt < 1160 THEN NULL
    WHEN again > 0 THEN pieces + 1
    ELSE pieces
  END AS quantity,
  CASE WHEN dirt >= 650 AND dirt < 710 THEN -price ELSE price END AS unit_price,
  CASE
    WHEN dirt >= 710 AND dirt < 1010 OR dirt >= 1130 AND dirt < 1160 THEN NULL
    WHEN dirt >= 1010 AND dirt < 1050 THEN CAST(-price AS DECIMAL(18, 4))
    WHEN dirt >= 1050 AND dirt < 1130 THEN CAST(price * pieces - 1 AS DECIMAL(18, 4))
    WHEN again > 0 THEN CAST(price * (pieces + 1) AS DECIMAL(18, 4))
    ELSE CAST(price * pieces AS DECIMAL(18, 4))
  END AS total_amount,
  CASE
    WHEN dirt >= 40 AND dirt < 200 THEN nullif(split_part('2025-13-01 10:00:00;32/13/2025 10:00:00;yesterday;-', ';', CAST(1 + a % 4 AS INTEGER)), '-')
    WHEN dirt >= 1160 AND dirt < 1360 THEN concat(replace(CAST(timestamp_seconds(second + 7200) AS STRING), ' ', 'T'), '+02:00')
    WHEN dirt >= 1360 AND dirt < 1510 THEN concat(substr(CAST(timestamp_seconds(second) AS STRING), 9, 2), '/', substr(CAST(timestamp_seconds(second) AS STRING), 6, 2), '/',
      left(CAST(timestamp_seconds(second) AS STRING), 4), substr(CAST(timestamp_seconds(second) AS STRING), 11))
    ELSE concat(replace(CAST(timestamp_seconds(second + again) AS STRING), ' ', 'T'), 'Z')
  END AS order_ts,
  CASE
    WHEN dirt >= 1510 AND dirt < 1710 THEN ' WEB '
    WHEN dirt >= 1710 AND dirt < 1730 THEN 'kiosk'
    WHEN dirt >= 1730 AND dirt < 1760 THEN NULL
    ELSE split_part('web;web;web;mobile;mobile;store', ';', CAST(1 + b % 6 AS INTEGER))
  END AS channel
FROM rows
ORDER BY written, start, place, again
