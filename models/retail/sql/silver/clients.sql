-- The shop's clients, one valid row each, ordered by id_client.
-- A row is rejected for the first reason that applies. If several valid rows have the same id_client, the first one is kept.
--
-- goldserve:
--   quarantine:
--     column: reason
--     source: clients
--     reasons: [missing_field, bad_date, date_out_of_range, email_without_at, duplicate_id]
WITH checked AS (
  SELECT
    c.id_client, c.nom, lower(c.email) AS email, c.date_inscription, title(c.pays) AS pays,
    CASE
      WHEN c.id_client IS NULL OR c.nom IS NULL OR c.email IS NULL OR c._date_inscription IS NULL OR c.pays IS NULL THEN 'missing_field'
      WHEN c.date_inscription IS NULL THEN 'bad_date'
      WHEN c.date_inscription < param_earliest_date() OR c.date_inscription > param_now() THEN 'date_out_of_range'
      WHEN c.email NOT LIKE '%@%' THEN 'email_without_at'
    END AS fault,
    c._slice, c._file, c._line
  FROM bronze.clients c
),
-- Numbers the valid rows of each client: by the time in the file's name, then the file, then the line.
numbered AS (
  SELECT *, row_number() OVER (PARTITION BY id_client, fault ORDER BY _slice NULLS FIRST, _file, _line) AS nth
  FROM checked
)
SELECT
  id_client, nom, email, date_inscription, pays,
  CASE WHEN fault IS NULL AND nth > 1 THEN 'duplicate_id' ELSE fault END AS reason, _file, _line
FROM numbered
ORDER BY id_client
