-- achats: the raw file of a fictional shop's purchases, with errors as real files have them. Rows are in chronological order.
--
-- Random numbers are whole numbers below 2^28, taken from the MD5 of the seed and the purchase's number, so they are the same on every engine.
-- Who: clients join at a constant rate, in the order of their numbers. The buyer is chosen by the time since joining, which is short more often than
-- long. Of 64 clients who joined together, a few buy often and many rarely: the rank among them is a product of two uniform random numbers, so that
-- purchase rates are about exponentially distributed. A client who has left the shop is replaced by one who joined later, so clients lapse.
-- When: a purchase's rank in its day decides its time of day.
-- How much: the list price with variation, and a tail of expensive orders (a Pareto distribution, by square roots, which all engines compute alike);
-- some orders are of several items.
--
-- Errors per 100,000 purchases, times param_dirt(). The column dirt, a random number, selects them in this order:
--   missing_field        560  no number 30, no client 100, a fraction in the client's number 40, no date 50, no amount 80, a blank amount 60,
--                             NA as the amount 40, no product 120, a blank product 40
--   bad_date             140  a month 13, a day that its month doesn't have, a word
--   date_out_of_range     60  before 2000, in the future
--   amount_not_positive  360  refunds 300, zero 60
--   amount_over_cap       20
--   orphan_client        120  a client who is missing from the file of clients
--   duplicate_id         200  the number of the previous purchase, with other values
-- A build cleans up: blanks around a product 600, a product in upper case 600, a date with T and Z 600 or an offset 400, an amount with four decimals 300.
--
-- goldserve:
--   format: csv
WITH placed AS (
  SELECT day, start, sales, first, explode(sequence(0, sales - 1)) AS place FROM generate.periods
),
digested AS (
  SELECT day, start, sales, place, first + place AS number, md5(concat(param_seed(), '/achat/', first + place)) AS digest FROM placed
),
drawn AS (
  SELECT day, start, sales, place, number,
    hex_number(substr(digest, 1, 7)) AS a,
    hex_number(substr(digest, 8, 7)) AS b,
    hex_number(substr(digest, 15, 7)) AS c,
    hex_number(substr(digest, 22, 7)) AS d
  FROM digested
),
-- More random numbers, two from each: the modulus is prime, and no product overflows 64 bits.
mixed AS (
  SELECT *,
    (a * 69621 + c) % 268435399 AS e,
    (b * 48271 + d) % 268435399 AS f,
    (c * 39373 + a) % 268435399 AS g
  FROM drawn
),
chances AS (
  SELECT *,
    greatest(1, param_clients() - CAST(floor(greatest(0, unix_date(param_end()) - day) * param_clients() / (param_days() * 1.5e0)) AS BIGINT)) AS known,
    (b / 268435456) * (b / 268435456) AS back,
    CAST(floor(64 * (floor(c / 16384) / 16384) * (floor(d / 16384) / 16384)) AS BIGINT) AS rank,
    (place + a / 268435456) / sales AS moment
  FROM mixed
),
nearby AS (
  SELECT *,
    known - CAST(floor(known * back) AS BIGINT) AS near,
    known - CAST(floor(known * back * (e / 268435456)) AS BIGINT) AS later
  FROM chances
),
candidates AS (
  SELECT *,
    near - near % 64 + (rank * 37 + (near - near % 64) * 7919 % 4093) % 64 AS first_choice,
    later - later % 64 + (rank * 37 + (later - later % 64) * 7919 % 4093) % 64 AS second_choice
  FROM nearby
),
buyers AS (
  SELECT *,
    CASE
      WHEN first_choice BETWEEN 1 AND known
        AND day - unix_date(param_end()) + ceil((param_clients() - first_choice + 1) * param_days() * 1.5e0 / param_clients())
          <= 2000.0e0 * (first_choice * 7919 % 10007) * (first_choice * 7919 % 10007) / 100140049 THEN first_choice
      WHEN second_choice BETWEEN 1 AND known THEN second_choice
      ELSE later
    END AS buyer
  FROM candidates
),
-- One purchase in four is of the client's favourite product; for the others, products are drawn by their popularity.
wares AS (
  SELECT *, CASE WHEN e % 4 = 0 THEN buyer * 31 % 139 ELSE f % 139 END AS slot FROM buyers
),
shelves AS (
  SELECT *,
    CASE WHEN slot < 5 THEN 1 WHEN slot < 8 THEN 2 WHEN slot < 14 THEN 3 WHEN slot < 17 THEN 4 WHEN slot < 21 THEN 5 WHEN slot < 24 THEN 6
      WHEN slot < 27 THEN 7 WHEN slot < 29 THEN 8 WHEN slot < 36 THEN 9 WHEN slot < 42 THEN 10 WHEN slot < 49 THEN 11 WHEN slot < 60 THEN 12
      WHEN slot < 65 THEN 13 WHEN slot < 77 THEN 14 WHEN slot < 88 THEN 15 WHEN slot < 92 THEN 16 WHEN slot < 100 THEN 17 WHEN slot < 108 THEN 18
      WHEN slot < 115 THEN 19 WHEN slot < 119 THEN 20 WHEN slot < 121 THEN 21 WHEN slot < 127 THEN 22 WHEN slot < 131 THEN 23 ELSE 24 END AS shelf
  FROM wares
),
sold AS (
  SELECT
    number, buyer,
    split_part('Réfrigérateur;Congélateur;Lave-linge;Sèche-linge;Lave-vaisselle;Four encastrable;Plaque à induction;Hotte aspirante;Micro-ondes;Aspirateur robot;Aspirateur balai;Cafetière;Machine à expresso;Bouilloire;Grille-pain;Robot pâtissier;Blender;Friteuse sans huile;Fer à repasser;Centrale vapeur;Climatiseur mobile;Ventilateur;Purificateur d''air;Radiateur, bain d''huile', ';', shelf) AS ware,
    CAST(CAST(floor(least(950000,
      CAST(split_part('620;410;480;520;460;390;350;210;120;310;230;75;380;38;42;330;68;125;58;190;420;49;175;88', ';', shelf) AS DOUBLE)
      * 100 * (0.45e0 + 0.3e0 * ((f % 16384) / 16384)) / sqrt(sqrt(1 - d / 268435456))
      * CASE WHEN f < 241591910 THEN 1 WHEN f < 260382392 THEN 2 ELSE 3 + f % 6 END)) AS BIGINT) / 100 AS DECIMAL(18, 2)) AS amount,
    start + CAST(floor(CASE
      WHEN param_slice_seconds() > 0 THEN moment * param_slice_seconds()
      -- The share of a day's sales made by 9, 12, 14, 19 and 24 o'clock.
      WHEN moment < 0.06e0 THEN 25200 + 7200 * moment / 0.06e0
      WHEN moment < 0.34e0 THEN 32400 + 10800 * (moment - 0.06e0) / 0.28e0
      WHEN moment < 0.46e0 THEN 43200 + 7200 * (moment - 0.34e0) / 0.12e0
      WHEN moment < 0.82e0 THEN 50400 + 18000 * (moment - 0.46e0) / 0.36e0
      ELSE 68400 + 17999 * (moment - 0.82e0) / 0.18e0 END) AS BIGINT) AS second,
    g * 100000.0e0 / 268435399 / nullif(param_dirt(), 0) AS dirt,
    (g * 48271 + b) % 268435399 AS h
  FROM shelves
)
SELECT
  CASE
    WHEN dirt < 30 THEN NULL
    WHEN dirt >= 1260 AND dirt < 1460 AND number > 1 THEN CAST(number - 1 AS STRING)
    ELSE CAST(number AS STRING)
  END AS id_achat,
  CASE
    WHEN dirt >= 30 AND dirt < 130 THEN NULL
    WHEN dirt >= 130 AND dirt < 170 THEN concat(buyer, '.5')
    WHEN dirt >= 1140 AND dirt < 1260 THEN CAST(param_clients() + 1 + h % 1000 AS STRING)
    ELSE CAST(buyer AS STRING)
  END AS id_client,
  CASE
    WHEN dirt >= 170 AND dirt < 220 THEN NULL
    WHEN dirt >= 560 AND dirt < 700 THEN split_part('32/13/2025;2025-02-30 10:00:00;hier;2025-13-01', ';', CAST(1 + h % 4 AS INTEGER))
    WHEN dirt >= 700 AND dirt < 760 THEN split_part('1999-12-31 10:00:00;1970-01-01 00:00:00;2999-01-01 00:00:00', ';', CAST(1 + h % 3 AS INTEGER))
    WHEN dirt >= 2660 AND dirt < 3260 THEN concat(replace(CAST(timestamp_seconds(second) AS STRING), ' ', 'T'), 'Z')
    WHEN dirt >= 3260 AND dirt < 3660 THEN concat(replace(CAST(timestamp_seconds(second + 7200) AS STRING), ' ', 'T'), '+02:00')
    ELSE CAST(timestamp_seconds(second) AS STRING)
  END AS date_achat,
  CASE
    WHEN dirt >= 220 AND dirt < 300 THEN NULL
    WHEN dirt >= 300 AND dirt < 360 THEN '  '
    WHEN dirt >= 360 AND dirt < 400 THEN 'NA'
    WHEN dirt >= 760 AND dirt < 1060 THEN concat('-', amount)
    WHEN dirt >= 1060 AND dirt < 1120 THEN '0.00'
    WHEN dirt >= 1120 AND dirt < 1140 THEN '99999.99'
    WHEN dirt >= 3660 AND dirt < 3960 THEN concat(amount, '00')
    ELSE CAST(amount AS STRING)
  END AS montant,
  CASE
    WHEN dirt >= 400 AND dirt < 520 THEN NULL
    WHEN dirt >= 520 AND dirt < 560 THEN '   '
    WHEN dirt >= 1460 AND dirt < 2060 THEN concat('  ', ware, ' ')
    WHEN dirt >= 2060 AND dirt < 2660 THEN upper(ware)
    ELSE ware
  END AS produit
FROM sold
