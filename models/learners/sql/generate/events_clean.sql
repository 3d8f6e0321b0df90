-- events_clean: what the learners of a fictional school did, with errors as real files have them. Rows are in the order of the learners.
--
-- Random numbers are whole numbers below 2^28, taken from the MD5 of the seed, the learner and the event. A learner enrols in the first half of the
-- period, starts, completes and pauses lessons for some weeks, and two in five have their course validated at the end.
--
-- Errors per 10,000 events, times param_dirt(). The column dirt, a random number, selects them in this order:
--   no learner       40  blank 20, missing 20
--   no time         120  missing 60, a word 40, a day that its month doesn't have 20
--   no type          80  missing 50, blank 30
-- A build cleans up: types in upper case 300 or with blanks around them 300, learners with blanks around them 200, times with an offset 200, with a
-- blank in place of T 200, or as DD/MM/YYYY HH:MM:SS 100.
--
-- goldserve:
--   format: csv
WITH learners AS (
  SELECT explode(sequence(CAST(1 AS BIGINT), many)) AS learner FROM (SELECT param_learners() AS many) bounds
),
drawn AS (
  SELECT learner, md5(concat(param_seed(), '/learner/', learner)) AS digest FROM learners
),
lives AS (
  SELECT learner,
    3 + hex_number(substr(digest, 1, 7)) % 12 AS many,
    unix_date(param_end()) * 86400 - (param_days() - hex_number(substr(digest, 8, 7)) % greatest(1, CAST(floor(param_days() / 2) AS BIGINT))) * 86400
      + hex_number(substr(digest, 15, 7)) % 86400 AS enrolled,
    hex_number(substr(digest, 22, 7)) % 5 < 2 AS validates,
    hex_number(substr(digest, 22, 7)) % 12 = 7 AS walks_in
  FROM drawn
),
placed AS (
  SELECT learner, many, enrolled, validates, walks_in, explode(sequence(0, many)) AS place FROM lives
),
digested AS (
  SELECT *, md5(concat(param_seed(), '/event/', learner, '/', place)) AS digest FROM placed
),
events AS (
  SELECT learner, place,
    concat('u', substr(CAST(100000 + learner AS STRING), 2)) AS who,
    -- Whoever walks in was never enrolled.
    CASE
      WHEN place = 0 AND NOT walks_in THEN 'enrolled'
      WHEN place = many AND validates THEN 'validated'
      ELSE split_part('lesson_started;lesson_completed;lesson_started;quiz_passed;quiz_failed;paused', ';', CAST(1 + hex_number(substr(digest, 1, 7)) % 6 AS INTEGER))
    END AS what,
    enrolled + place * 259200 + hex_number(substr(digest, 8, 7)) % 200000 AS second,
    hex_number(substr(digest, 15, 7)) * 10000.0e0 / 268435456 / nullif(param_dirt(), 0) AS dirt
  FROM digested
)
SELECT
  CASE
    WHEN dirt < 20 THEN NULL
    WHEN dirt < 40 THEN '  '
    WHEN dirt >= 840 AND dirt < 1040 THEN concat(' ', who, ' ')
    ELSE who
  END AS user_id,
  CASE
    WHEN dirt >= 40 AND dirt < 100 THEN NULL
    WHEN dirt >= 100 AND dirt < 140 THEN 'unknown'
    WHEN dirt >= 140 AND dirt < 160 THEN '2026-02-30T10:00:00Z'
    WHEN dirt >= 1040 AND dirt < 1240 THEN concat(replace(CAST(timestamp_seconds(second + 7200) AS STRING), ' ', 'T'), '+02:00')
    WHEN dirt >= 1240 AND dirt < 1440 THEN CAST(timestamp_seconds(second) AS STRING)
    WHEN dirt >= 1440 AND dirt < 1540 THEN concat(
      substr(CAST(timestamp_seconds(second) AS STRING), 9, 2), '/', substr(CAST(timestamp_seconds(second) AS STRING), 6, 2), '/',
      left(CAST(timestamp_seconds(second) AS STRING), 4), substr(CAST(timestamp_seconds(second) AS STRING), 11))
    ELSE concat(replace(CAST(timestamp_seconds(second) AS STRING), ' ', 'T'), 'Z')
  END AS event_time,
  CASE
    WHEN dirt >= 160 AND dirt < 210 THEN NULL
    WHEN dirt >= 210 AND dirt < 240 THEN ' '
    WHEN dirt >= 240 AND dirt < 540 THEN upper(what)
    WHEN dirt >= 540 AND dirt < 840 THEN concat(' ', what, '  ')
    ELSE what
  END AS event_type
FROM events
ORDER BY learner, place
