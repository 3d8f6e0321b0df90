-- profiles_by_user: the profiles of a fictional school's learners, with errors as real files have them. One learner in ten has a second profile, one in
-- thirty has none, and one in fifty profiles is of somebody without an event.
--
-- Errors per 10,000 profiles, times param_dirt(). The column dirt, a random number, selects them in this order:
--   no learner 50, no country 400 (blank 100), no channel 800, no theme 1,000
-- A build cleans up: a country in upper case 800 or in lower case 600, with blanks around it or inside 500, a channel in upper case 700.
--
-- goldserve:
--   format: csv
WITH learners AS (
  SELECT explode(sequence(CAST(1 AS BIGINT), many)) AS learner
  FROM (SELECT param_learners() + CAST(ceil(param_learners() / 50) AS BIGINT) AS many) bounds
),
drawn AS (
  SELECT learner, md5(concat(param_seed(), '/profile/', learner)) AS digest FROM learners
),
counted AS (
  SELECT learner, CASE hex_number(substr(digest, 1, 7)) % 60 WHEN 0 THEN -1 WHEN 12 THEN -1
    WHEN 5 THEN 1 WHEN 15 THEN 1 WHEN 25 THEN 1 WHEN 35 THEN 1 WHEN 45 THEN 1 WHEN 55 THEN 1 ELSE 0 END AS last
  FROM drawn
),
placed AS (
  SELECT learner, explode(sequence(0, last)) AS place FROM counted WHERE last >= 0
),
digested AS (
  SELECT learner, place, md5(concat(param_seed(), '/profile/', learner, '/', place)) AS digest FROM placed
),
profiles AS (
  SELECT learner, place,
    concat('u', substr(CAST(100000 + learner AS STRING), 2)) AS who,
    split_part('France;Belgique;Suisse;Sénégal;Côte d''Ivoire;Maroc;Tunisie;Canada;Guinée-Bissau;République démocratique du Congo', ';',
      CAST(1 + least(9, hex_number(substr(digest, 1, 7)) % 14) AS INTEGER)) AS land,
    split_part('email;web;partner;referral;ads', ';', CAST(1 + hex_number(substr(digest, 8, 7)) % 5 AS INTEGER)) AS way,
    split_part('Data;Design;Marketing;Développement web;Cybersécurité', ';', CAST(1 + hex_number(substr(digest, 8, 7)) % 11 % 5 AS INTEGER)) AS subject,
    hex_number(substr(digest, 15, 7)) * 10000.0e0 / 268435456 / nullif(param_dirt(), 0) AS dirt
  FROM digested
)
SELECT
  CASE WHEN dirt < 50 THEN NULL ELSE who END AS user_id,
  CASE
    WHEN dirt >= 50 AND dirt < 350 THEN NULL
    WHEN dirt >= 350 AND dirt < 450 THEN '   '
    WHEN dirt >= 3050 AND dirt < 3850 THEN upper(land)
    WHEN dirt >= 3850 AND dirt < 4450 THEN lower(land)
    WHEN dirt >= 4450 AND dirt < 4950 THEN concat('  ', replace(land, ' ', '  '), ' ')
    ELSE land
  END AS country,
  CASE
    WHEN dirt >= 1250 AND dirt < 2050 THEN NULL
    WHEN dirt >= 4950 AND dirt < 5650 THEN upper(way)
    ELSE way
  END AS channel,
  CASE WHEN dirt >= 2050 AND dirt < 3050 THEN NULL ELSE subject END AS theme
FROM profiles
ORDER BY place DESC, learner
