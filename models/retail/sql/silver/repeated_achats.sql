-- The last valid row of each id_achat that occurs more than once: by the time in the file's name, then the file, then the line.
--
-- goldserve:
--   materialized: temporary
WITH spans AS (
  -- Spans of 32 numbers, one bit for each: where a span has as many bits as rows, none of its numbers is repeated. Numbers mostly run on,
  -- so that this takes a thirtieth of the groups.
  SELECT a.id_achat >> 5 AS span
  FROM bronze.achats a
  GROUP BY 1
  HAVING bit_count(bit_or(CAST(1 AS bigint) << CAST(a.id_achat & 31 AS int))) < count(*)
),
repeated AS (
  SELECT a.id_achat
  FROM bronze.achats a
  JOIN spans s ON s.span = a.id_achat >> 5
  GROUP BY a.id_achat
  HAVING count(*) > 1
),
numbered AS (
  SELECT
    c.id_achat, c._file, c._line,
    row_number() OVER (PARTITION BY c.id_achat ORDER BY c._slice DESC NULLS LAST, c._file DESC, c._line DESC) AS nth
  FROM silver.checked_achats c
  JOIN repeated r ON r.id_achat = c.id_achat
  WHERE c.fault IS NULL
)
SELECT n.id_achat, n._file, n._line
FROM numbered n
WHERE n.nth = 1
