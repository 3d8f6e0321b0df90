-- The functions that every model's SQL may use, for DuckDB. builder/spark/prelude.sql has the same ones for Spark, with equal results.
-- No function fails: text that can't be converted gives null. The session's time zone is UTC.

-- trimmed(text): the text without white space (as Unicode defines it) at its ends; null if nothing is left. It avoids CASE and nullif so that DuckDB
-- evaluates it, and expressions over it, only once for each distinct text of a dictionary in a Parquet file.
CREATE MACRO trimmed(s) AS
  regexp_extract_all(s, '(?s)[^\s\p{Z}\x{85}\x{0B}\x{1C}-\x{1F}](?:.*[^\s\p{Z}\x{85}\x{0B}\x{1C}-\x{1F}])?')[1];

-- squeeze(text): trimmed, with each run of white space inside replaced by one blank.
CREATE MACRO squeeze(s) AS
  trimmed(regexp_replace(s, '[\s\p{Z}\x{85}\x{0B}\x{1C}-\x{1F}]+', ' ', 'g'));

-- title(text): a letter after a letter is lower case, any other letter is upper case: Côte D'Ivoire, Usb-C, 3D.
-- One letter becomes one letter (Unicode's simple case mapping, as in pandas): at the start of a word ß becomes ẞ and ǆ becomes Ǆ, ﬁ stays;
-- inside a word İ becomes i; Σ becomes σ even at the end of a word.
CREATE MACRO title(s) AS
  array_to_string(list_transform(regexp_extract_all(lower(s), '\p{L}+[^\p{L}]*|[^\p{L}]+'), lambda word: upper(left(word, 1)) || substr(word, 2)), '');

-- whole(text): a 64-bit whole number. Zeros after the decimal point are allowed, because pandas writes 143.0 in a column with gaps.
CREATE MACRO whole(s) AS
  CASE WHEN regexp_full_match(s, '[+-]?[0-9]+(\.0*)?') THEN try_cast(split_part(s, '.', 1) AS BIGINT) END;

-- number(text): a double, from digits and an optional exponent: no NaN, no infinity, no thousands separators.
CREATE MACRO number(s) AS
  CASE WHEN regexp_full_match(s, '[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?') AND isfinite(try_cast(s AS DOUBLE)) THEN try_cast(s AS DOUBLE) END;

-- money(text): a decimal of 18 digits, 4 of them after the point; further digits are rounded, halves away from 0. The text never becomes a double.
CREATE MACRO money(s) AS
  CASE WHEN regexp_full_match(s, '[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?') THEN try_cast(s AS DECIMAL(18, 4)) END;

-- instant(text): an ISO 8601 date, or date and time, as a timestamp in UTC without a zone. Text without an offset is UTC; digits beyond
-- microseconds are truncated.
CREATE MACRO instant(s) AS
  CASE
    WHEN regexp_full_match(s, '[0-9]{4}-[0-9]{2}-[0-9]{2}([T ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,9})?)?)?')
      THEN try_cast(left(s, 26) AS TIMESTAMP)
    WHEN regexp_full_match(s, '[0-9]{4}-[0-9]{2}-[0-9]{2}[T ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,9})?)?(Z|[+-](0[0-9]|1[0-4])(:?[0-5][0-9])?)')
      THEN make_timestamp(epoch_us(try_cast(regexp_replace(s, '^(.{16})(Z|[+-].*)$', '\1:00\2') AS TIMESTAMPTZ)))
  END;

-- day_first(text): DD/MM/YYYY, optionally with HH:MM:SS, as a timestamp. Kinds never read such dates; a model's SQL must ask for them:
-- coalesce(date_achat, day_first(_date_achat)).
CREATE MACRO day_first(s) AS
  CASE WHEN regexp_full_match(s, '[0-9]{2}/[0-9]{2}/[0-9]{4}( ([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9])?')
    THEN try_cast(substr(s, 7, 4) || '-' || substr(s, 4, 2) || '-' || left(s, 2) || substr(s, 11) AS TIMESTAMP) END;

-- calendar_date(text): an ISO 8601 date.
CREATE MACRO calendar_date(s) AS
  CASE WHEN regexp_full_match(s, '[0-9]{4}-[0-9]{2}-[0-9]{2}') THEN try_cast(s AS DATE) END;

-- truth(text): true, yes, 1 or false, no, 0, in any case.
CREATE MACRO truth(s) AS
  CASE WHEN lower(s) IN ('true', 'yes', '1') THEN true WHEN lower(s) IN ('false', 'no', '0') THEN false END;

-- whole_of_number(double): the double as a whole number; null if it has a fraction or exceeds 64 bits.
CREATE MACRO whole_of_number(x) AS
  CASE WHEN x % 1 = 0 THEN try_cast(x AS BIGINT) END;

-- money_of_number(double): the double's shortest decimal form, rounded as money(text) does: 1.00005 gives 1.0001 although the double is slightly less.
CREATE MACRO money_of_number(x) AS
  CASE WHEN round(x * 10000) / 10000 = x THEN try_cast(x AS DECIMAL(18, 4)) ELSE try_cast(CAST(x AS VARCHAR) AS DECIMAL(18, 4)) END;

-- ipv4(text): whether the text is four numbers up to 255, separated by dots, without leading zeros.
CREATE MACRO ipv4(s) AS
  regexp_full_match(s, '((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])\.){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])');

-- days_between(a, b): whole days of 24 hours from timestamp a to timestamp b, rounded down; negative if b is earlier.
CREATE MACRO days_between(a, b) AS
  CAST(floor((epoch_us(b) - epoch_us(a)) / 86400000000) AS BIGINT);

-- days_before(t, n): the timestamp n days of 24 hours before t.
CREATE MACRO days_before(t, n) AS
  t - n * INTERVAL 1 DAY;

-- day_text(t), month_text(t): the day 2026-01-31 and the month 2026-01 of a timestamp. DuckDB makes such a text once for each different time.
CREATE MACRO day_text(t) AS
  strftime(t, '%Y-%m-%d');
CREATE MACRO month_text(t) AS
  strftime(t, '%Y-%m');

-- half_even(x, digits): the double rounded to that many digits after the point, halves to the even digit, as in numpy.
CREATE MACRO half_even(x, digits) AS
  round_even(CAST(x AS DOUBLE), digits);

-- The following functions have Spark's names and are for SQL that generates raw files.

-- unix_date(date): days since 1970-01-01; date_from_unix_date(n) is its inverse.
CREATE MACRO unix_date(d) AS
  CAST(d - DATE '1970-01-01' AS BIGINT);
CREATE MACRO date_from_unix_date(n) AS
  DATE '1970-01-01' + CAST(n AS INTEGER);

-- unix_seconds(timestamp): whole seconds since 1970-01-01T00:00:00, rounded down; timestamp_seconds(n) is its inverse.
CREATE MACRO unix_seconds(t) AS
  CAST(floor(epoch_us(t) / 1000000) AS BIGINT);
CREATE MACRO timestamp_seconds(n) AS
  make_timestamp(CAST(n AS BIGINT) * 1000000);

-- explode(list): one row for each element; sequence(a, b): the list of whole numbers from a to b, both included.
CREATE MACRO explode(l) AS
  unnest(l);
CREATE MACRO sequence(a, b) AS
  range(CAST(a AS BIGINT), CAST(b AS BIGINT) + 1);

-- hex_number(text): up to 15 hexadecimal digits as a whole number. Digits of an MD5 give random numbers that all engines agree on.
CREATE MACRO hex_number(h) AS
  CAST('0x' || h AS BIGINT);
