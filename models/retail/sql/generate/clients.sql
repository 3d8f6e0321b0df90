-- clients: the raw file of a fictional shop's clients, with errors as real files have them. Names come from short lists, e-mail addresses end in
-- example.com.
--
-- Errors per 10,000 clients, times param_dirt(). The column dirt, a random number, selects them in this order:
--   missing_field        90  no number 10, no name 10, a blank name 10, no e-mail 10, no date 10, no country 40
--   bad_date             20
--   date_out_of_range    20  before 2000, in the future
--   email_without_at     60
--   duplicate_id         40  a second row with another name, at the end
-- A build cleans up: an e-mail in upper case 150 or with blanks around it 100, a country in upper case 100 or with blanks around it 100. NA as a name
-- 10 is valid.
--
-- goldserve:
--   format: csv
WITH numbered AS (
  SELECT explode(sequence(CAST(1 AS BIGINT), many)) AS number FROM (SELECT param_clients() AS many) bounds
),
digested AS (
  SELECT number, md5(concat(param_seed(), '/client/', number)) AS digest FROM numbered
),
drawn AS (
  SELECT number,
    hex_number(substr(digest, 1, 7)) AS a,
    hex_number(substr(digest, 8, 7)) AS b,
    hex_number(substr(digest, 15, 7)) AS c,
    hex_number(substr(digest, 22, 7)) * 10000.0e0 / 268435456 / nullif(param_dirt(), 0) AS dirt
  FROM digested
),
people AS (
  SELECT number, c, dirt,
    split_part('Awa;Chloé;Dimitri;Élise;Farid;Giulia;Hugo;Inès;Jonas;Kenza;Léa;Marek;Noor;Olivier;Paula;Quentin;Rosa;Samir;Théa;Ugo;Vera;Wiem;Yann;Zoé', ';', CAST(1 + a % 24 AS INTEGER)) AS first_name,
    split_part('Amrani;Bernard;Costa;Dubois;Esposito;Fischer;Garcia;Haddad;Ivanov;Jacquet;Koné;Lefèvre;Moreau;Nguyen;O''Brien;Petit;Quintana;Rossi;Schmitt;Traoré;Urban;Vidal;Weber;Zidane', ';', CAST(1 + b % 24 AS INTEGER)) AS last_name,
    -- 46% of the clients are in France.
    split_part('France;Belgique;Suisse;Luxembourg;Allemagne;Espagne;Italie;Côte d''Ivoire', ';',
      CASE WHEN c % 100 < 46 THEN 1 WHEN c % 100 < 60 THEN 2 WHEN c % 100 < 69 THEN 3 WHEN c % 100 < 73 THEN 4 WHEN c % 100 < 83 THEN 5
        WHEN c % 100 < 91 THEN 6 WHEN c % 100 < 97 THEN 7 ELSE 8 END) AS country,
    date_from_unix_date(CAST(unix_date(param_end()) - ceil((param_clients() - number + 1) * param_days() * 1.5e0 / param_clients()) AS INTEGER)) AS joined
  FROM drawn
),
addressed AS (
  SELECT *,
    concat(first_name, ' ', last_name) AS name,
    concat(translate(lower(concat(first_name, '.', last_name)), 'éèêàâôîçï''', 'eeeaaoici'), '.', number, '@example.com') AS address
  FROM people
),
dirty AS (
  SELECT
    number, 0 AS again,
    CASE WHEN dirt < 10 THEN NULL ELSE CAST(number AS STRING) END AS id_client,
    CASE
      WHEN dirt >= 10 AND dirt < 20 THEN NULL
      WHEN dirt >= 20 AND dirt < 30 THEN '  '
      WHEN dirt >= 680 AND dirt < 690 THEN 'NA'
      ELSE name
    END AS nom,
    CASE
      WHEN dirt >= 30 AND dirt < 40 THEN NULL
      WHEN dirt >= 130 AND dirt < 190 THEN replace(address, '@', ' at ')
      WHEN dirt >= 230 AND dirt < 380 THEN upper(address)
      WHEN dirt >= 380 AND dirt < 480 THEN concat(' ', address, '  ')
      ELSE address
    END AS email,
    CASE
      WHEN dirt >= 40 AND dirt < 50 THEN NULL
      WHEN dirt >= 90 AND dirt < 110 THEN split_part('2025-02-30;31-12-2024;inconnue', ';', CAST(1 + c % 3 AS INTEGER))
      WHEN dirt >= 110 AND dirt < 130 THEN split_part('1999-12-31;2999-01-01', ';', CAST(1 + c % 2 AS INTEGER))
      ELSE CAST(joined AS STRING)
    END AS date_inscription,
    CASE
      WHEN dirt >= 50 AND dirt < 90 THEN NULL
      WHEN dirt >= 480 AND dirt < 580 THEN upper(country)
      WHEN dirt >= 580 AND dirt < 680 THEN concat(' ', country, '  ')
      ELSE country
    END AS pays
  FROM addressed
  UNION ALL
  SELECT number, 1, CAST(number AS STRING), concat(name, ' (bis)'), concat('bis.', address), CAST(joined AS STRING), country
  FROM addressed
  WHERE dirt >= 190 AND dirt < 230
)
SELECT id_client, nom, email, date_inscription, pays
FROM dirty
ORDER BY again, number
