-- customers: the raw files of a fictional shop's new customers, with errors as real files have them. Names come from short lists, e-mail addresses
-- end in example.com.
--
-- Errors per 10,000 customers, times param_dirt(). The column dirt, a random number, selects them in this order:
--   missing_id      60  no number
--   bad_date       150  32/13/2025, a day that its month doesn't have, a word, or no date
--   duplicate_id   100  a second row of the same customer, who has moved
-- A build keeps: a missing e-mail 800, a missing country 300, a date as DD/MM/YYYY 400, blanks around text 200.
--
-- goldserve:
--   format: csv
--   file: customers_{slice}.csv
WITH bounds AS (
  SELECT start, seconds, floor((param_per_slice() + 14) / 15) AS customers FROM generate.slices
),
placed AS (
  SELECT start, seconds, customers, explode(sequence(CAST(1 AS BIGINT), CAST(customers AS BIGINT))) AS place FROM bounds WHERE customers > 0
),
numbered AS (
  SELECT start, place, CAST(floor(start / seconds) AS BIGINT) * CAST(customers AS BIGINT) + place AS number FROM placed
),
digested AS (
  SELECT start, place, number, md5(concat(param_seed(), '/customer/', number)) AS digest FROM numbered
),
drawn AS (
  SELECT start, place, number, digest,
    hex_number(substr(digest, 1, 7)) AS a,
    hex_number(substr(digest, 8, 7)) AS b,
    hex_number(substr(digest, 15, 7)) AS c,
    hex_number(substr(digest, 22, 7)) % 10007 * 10000.0e0 / 10007 / nullif(param_dirt(), 0) AS dirt
  FROM digested
),
people AS (
  SELECT *, 0 AS again,
    split_part('Ada;Bruno;Chloé;Dídac;Élise;Farid;Gül;Hana;Ines;Jonas;Karin;Léo;Mina;Noé;Olga;Pablo', ';', CAST(1 + a % 16 AS INTEGER)) AS first_name,
    split_part('Almeida;Bernard;Costa;Durand;Eriksson;Fontaine;Garcia;Huber;Ivanov;Jansen;Keller;Lefèvre;Moreau;Nowak;O''Neill;Petit', ';', CAST(1 + b % 16 AS INTEGER)) AS last_name
  FROM drawn
),
rows AS (
  SELECT * FROM people
  UNION ALL
  SELECT start, place, number, digest, a, b, c + 1, dirt, 1, first_name, last_name FROM people WHERE dirt >= 210 AND dirt < 310
)
SELECT
  timestamp_seconds(start) AS _slice,
  CASE WHEN dirt < 60 THEN NULL ELSE CAST(number AS STRING) END AS customer_id,
  CASE WHEN dirt >= 1810 AND dirt < 2010 THEN concat('  ', first_name, ' ') ELSE first_name END AS first_name,
  last_name,
  CASE WHEN dirt >= 310 AND dirt < 1110 THEN NULL ELSE concat(left(digest, 10), '@example.com') END AS email,
  CASE
    WHEN dirt >= 1110 AND dirt < 1360 THEN NULL
    WHEN dirt >= 1360 AND dirt < 1410 THEN '  '
    WHEN dirt >= 1810 AND dirt < 2010 THEN ' Spain '
    ELSE split_part('France;Germany;Spain;Italy;Belgium;Portugal;Netherlands;Poland;France;Germany;France;Spain', ';', CAST(1 + c % 12 AS INTEGER))
  END AS country,
  CASE
    WHEN dirt >= 60 AND dirt < 210 THEN nullif(split_part('32/13/2025;2025-02-30;soon;-;32/13/2025', ';', CAST(1 + a % 5 AS INTEGER)), '-')
    WHEN dirt >= 1410 AND dirt < 1810 THEN concat(substr(CAST(timestamp_seconds(start) AS STRING), 9, 2), '/', substr(CAST(timestamp_seconds(start) AS STRING), 6, 2), '/', left(CAST(timestamp_seconds(start) AS STRING), 4))
    ELSE left(CAST(timestamp_seconds(start) AS STRING), 10)
  END AS signup_date
FROM rows
ORDER BY start, place, again
