-- The functions that every model's SQL may use, for Spark. builder/duckdb/prelude.sql has the same ones for DuckDB, with equal results, and
-- describes each. The session's time zone is UTC.

-- White space as Unicode defines it; Java's \s covers only ASCII.
CREATE OR REPLACE TEMPORARY FUNCTION trimmed(s STRING) RETURNS STRING RETURN
  nullif(regexp_replace(s, r'^[\s\p{Z}\x{85}\x{0B}\x{1C}-\x{1F}]+|[\s\p{Z}\x{85}\x{0B}\x{1C}-\x{1F}]+\z', ''), '');

CREATE OR REPLACE TEMPORARY FUNCTION squeeze(s STRING) RETURNS STRING RETURN
  trimmed(regexp_replace(s, r'[\s\p{Z}\x{85}\x{0B}\x{1C}-\x{1F}]+', ' '));

-- Java maps some letters to several, and Σ at the end of a word to ς. So İ and Σ are replaced before lower() sees them, and a first letter whose
-- upper case is longer stays as it is, except ß.
CREATE OR REPLACE TEMPORARY FUNCTION title(s STRING) RETURNS STRING RETURN
  array_join(transform(regexp_extract_all(lower(translate(s, 'İΣ', 'iσ')), r'\p{L}+[^\p{L}]*|[^\p{L}]+', 0), word ->
    concat(CASE WHEN left(word, 1) = 'ß' THEN 'ẞ' WHEN length(upper(left(word, 1))) = 1 THEN upper(left(word, 1)) ELSE left(word, 1) END, substr(word, 2))), '');

CREATE OR REPLACE TEMPORARY FUNCTION whole(s STRING) RETURNS BIGINT RETURN
  CASE WHEN s RLIKE r'^[+-]?[0-9]+(\.0*)?\z' THEN try_cast(split_part(s, '.', 1) AS BIGINT) END;

CREATE OR REPLACE TEMPORARY FUNCTION number(s STRING) RETURNS DOUBLE RETURN
  CASE WHEN s RLIKE r'^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?\z' AND abs(try_cast(s AS DOUBLE)) < double('Infinity') THEN try_cast(s AS DOUBLE) END;

CREATE OR REPLACE TEMPORARY FUNCTION money(s STRING) RETURNS DECIMAL(18, 4) RETURN
  CASE WHEN s RLIKE r'^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?\z' THEN try_cast(s AS DECIMAL(18, 4)) END;

-- Spark requires seconds before an offset, and a colon in the offset.
CREATE OR REPLACE TEMPORARY FUNCTION instant(s STRING) RETURNS TIMESTAMP RETURN
  CASE WHEN s RLIKE r'^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,9})?)?(Z|[+-](0[0-9]|1[0-4])(:?[0-5][0-9])?)?)?\z'
    THEN try_cast(regexp_replace(regexp_replace(s, r'^(.{16})(Z|[+-].*)\z', r'$1:00$2'), r'([+-][0-9]{2})([0-9]{2})\z', r'$1:$2') AS TIMESTAMP) END;

CREATE OR REPLACE TEMPORARY FUNCTION day_first(s STRING) RETURNS TIMESTAMP RETURN
  CASE WHEN s RLIKE r'^[0-9]{2}/[0-9]{2}/[0-9]{4}( ([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9])?\z'
    THEN try_cast(concat(substr(s, 7, 4), '-', substr(s, 4, 2), '-', left(s, 2), substr(s, 11)) AS TIMESTAMP) END;

CREATE OR REPLACE TEMPORARY FUNCTION calendar_date(s STRING) RETURNS DATE RETURN
  CASE WHEN s RLIKE r'^[0-9]{4}-[0-9]{2}-[0-9]{2}\z' THEN try_cast(s AS DATE) END;

CREATE OR REPLACE TEMPORARY FUNCTION truth(s STRING) RETURNS BOOLEAN RETURN
  CASE WHEN lower(s) IN ('true', 'yes', '1') THEN true WHEN lower(s) IN ('false', 'no', '0') THEN false END;

CREATE OR REPLACE TEMPORARY FUNCTION whole_of_number(x DOUBLE) RETURNS BIGINT RETURN
  CASE WHEN x % 1 = 0 THEN try_cast(x AS BIGINT) END;

CREATE OR REPLACE TEMPORARY FUNCTION money_of_number(x DOUBLE) RETURNS DECIMAL(18, 4) RETURN
  try_cast(x AS DECIMAL(18, 4));

CREATE OR REPLACE TEMPORARY FUNCTION ipv4(s STRING) RETURNS BOOLEAN RETURN
  s RLIKE r'^((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])\.){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])\z';

CREATE OR REPLACE TEMPORARY FUNCTION days_between(a TIMESTAMP, b TIMESTAMP) RETURNS BIGINT RETURN
  CAST(floor((unix_micros(b) - unix_micros(a)) / 86400000000) AS BIGINT);

CREATE OR REPLACE TEMPORARY FUNCTION days_before(t TIMESTAMP, n BIGINT) RETURNS TIMESTAMP RETURN
  t - n * INTERVAL '1' DAY;

CREATE OR REPLACE TEMPORARY FUNCTION day_text(t TIMESTAMP) RETURNS STRING RETURN
  date_format(t, 'yyyy-MM-dd');

CREATE OR REPLACE TEMPORARY FUNCTION month_text(t TIMESTAMP) RETURNS STRING RETURN
  date_format(t, 'yyyy-MM');

CREATE OR REPLACE TEMPORARY FUNCTION half_even(x DOUBLE, digits INT) RETURNS DOUBLE RETURN
  rint(x * pow(10D, digits)) / pow(10D, digits);

CREATE OR REPLACE TEMPORARY FUNCTION hex_number(h STRING) RETURNS BIGINT RETURN
  CAST(conv(h, 16, 10) AS BIGINT);
