-- The functions that every model's SQL may use, for DuckDB. builder/spark/prelude.sql has the same ones for Spark, with equal results.
-- Whatever a text doesn't say is null: no function fails. The session's time zone is UTC.

-- trimmed(text): without white space at its ends, as Unicode defines it; null where nothing is left. Without CASE and nullif DuckDB does it,
-- and what is made of it, once for each different text of a Parquet file.
CREATE MACRO trimmed(s) AS
  regexp_extract_all(s, '(?s)[^\s\p{Z}\x{85}\x{0B}\x{1C}-\x{1F}](?:.*[^\s\p{Z}\x{85}\x{0B}\x{1C}-\x{1F}])?')[1];

-- squeeze(text): trimmed, and each run of white space inside is one blank.
CREATE MACRO squeeze(s) AS
  trimmed(regexp_replace(s, '[\s\p{Z}\x{85}\x{0B}\x{1C}-\x{1F}]+', ' ', 'g'));

-- title(text): a letter after anything else is upper case, a letter after a letter is lower case: Côte D'Ivoire, Usb-C, 3D.
-- One letter becomes one letter (Unicode's simple mapping, which pandas has too): ß begins a word as ẞ and ǆ as Ǆ, ﬁ stays, İ goes on as i,
-- and Σ at the end of a word is σ.
CREATE MACRO title(s) AS
  array_to_string(list_transform(regexp_extract_all(lower(s), '\p{L}+|[^\p{L}]+'), lambda word: upper(left(word, 1)) || substr(word, 2)), '');

-- whole(text): a whole number of 64 bits. Zeros after the point are allowed, because pandas writes whole numbers so in a column with gaps: 143.0.
CREATE MACRO whole(s) AS
  CASE WHEN regexp_full_match(s, '[+-]?[0-9]+(\.0*)?') THEN try_cast(split_part(s, '.', 1) AS BIGINT) END;

-- number(text): a double, in digits: no NaN, no infinity, no thousands separators.
CREATE MACRO number(s) AS
  CASE WHEN regexp_full_match(s, '[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?') AND isfinite(try_cast(s AS DOUBLE)) THEN try_cast(s AS DOUBLE) END;

-- money(text): a decimal of 18 digits, 4 of them after the point; further ones are rounded, halves away from 0. The text never becomes a double.
CREATE MACRO money(s) AS
  CASE WHEN regexp_full_match(s, '[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?') THEN try_cast(s AS DECIMAL(18, 4)) END;

-- instant(text): an ISO 8601 date, or date and time, as a timestamp in UTC without a zone. Without an offset it is UTC; digits beyond
-- microseconds are cut off.
CREATE MACRO instant(s) AS
  CASE
    WHEN regexp_full_match(s, '[0-9]{4}-[0-9]{2}-[0-9]{2}([T ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,9})?)?)?')
      THEN try_cast(left(s, 26) AS TIMESTAMP)
    WHEN regexp_full_match(s, '[0-9]{4}-[0-9]{2}-[0-9]{2}[T ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,9})?)?(Z|[+-](0[0-9]|1[0-4])(:?[0-5][0-9])?)')
      THEN make_timestamp(epoch_us(try_cast(regexp_replace(s, '^(.{16})(Z|[+-].*)$', '\1:00\2') AS TIMESTAMPTZ)))
  END;

-- day_first(text): DD/MM/YYYY, also with HH:MM:SS, as a timestamp. No source is read so unless its SQL asks for it: coalesce(date_achat, day_first(_date_achat)).
CREATE MACRO day_first(s) AS
  CASE WHEN regexp_full_match(s, '[0-9]{2}/[0-9]{2}/[0-9]{4}( ([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9])?')
    THEN try_cast(substr(s, 7, 4) || '-' || substr(s, 4, 2) || '-' || left(s, 2) || substr(s, 11) AS TIMESTAMP) END;

-- calendar_date(text): an ISO 8601 date.
CREATE MACRO calendar_date(s) AS
  CASE WHEN regexp_full_match(s, '[0-9]{4}-[0-9]{2}-[0-9]{2}') THEN try_cast(s AS DATE) END;

-- truth(text): true, yes, 1 or false, no, 0, in any case.
CREATE MACRO truth(s) AS
  CASE WHEN lower(s) IN ('true', 'yes', '1') THEN true WHEN lower(s) IN ('false', 'no', '0') THEN false END;

-- whole_of_number(double): the whole number that it is; null for one with a fraction and for those beyond 64 bits.
CREATE MACRO whole_of_number(x) AS
  CASE WHEN x % 1 = 0 THEN try_cast(x AS BIGINT) END;

-- money_of_number(double): the decimal that its shortest digits say, as money(text) rounds it: 1.00005 is 1.0001 though the double is less.
CREATE MACRO money_of_number(x) AS
  CASE WHEN round(x * 10000) / 10000 = x THEN try_cast(x AS DECIMAL(18, 4)) ELSE try_cast(CAST(x AS VARCHAR) AS DECIMAL(18, 4)) END;

-- ipv4(text): whether it is an address of four numbers up to 255, without leading zeros.
CREATE MACRO ipv4(s) AS
  regexp_full_match(s, '((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])\.){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])');

-- days_between(a, b): whole days of 24 hours from the timestamp a to b, rounded down; negative where b is earlier.
CREATE MACRO days_between(a, b) AS
  CAST(floor((epoch_us(b) - epoch_us(a)) / 86400000000) AS BIGINT);

-- days_before(t, n): the timestamp n days of 24 hours before t.
CREATE MACRO days_before(t, n) AS
  t - n * INTERVAL 1 DAY;

-- half_even(x, digits): the double rounded to digits after the point, halves to the even digit, as numpy rounds.
CREATE MACRO half_even(x, digits) AS
  round_even(CAST(x AS DOUBLE), digits);

-- What follows is called as Spark calls it, and is for SQL that generates data.

-- unix_date(date): days since 1970-01-01; date_from_unix_date(n) is the date again.
CREATE MACRO unix_date(d) AS
  CAST(d - DATE '1970-01-01' AS BIGINT);
CREATE MACRO date_from_unix_date(n) AS
  DATE '1970-01-01' + CAST(n AS INTEGER);

-- unix_seconds(timestamp): whole seconds since 1970-01-01T00:00:00, rounded down; timestamp_seconds(n) is the timestamp again.
CREATE MACRO unix_seconds(t) AS
  CAST(floor(epoch_us(t) / 1000000) AS BIGINT);
CREATE MACRO timestamp_seconds(n) AS
  make_timestamp(CAST(n AS BIGINT) * 1000000);

-- explode(list): a row for each element; sequence(a, b): the whole numbers from a to b, both included.
CREATE MACRO explode(l) AS
  unnest(l);
CREATE MACRO sequence(a, b) AS
  range(CAST(a AS BIGINT), CAST(b AS BIGINT) + 1);

-- hex_number(text): the whole number that up to 15 hexadecimal digits are. Digits of an MD5 are chances that every engine agrees on.
CREATE MACRO hex_number(h) AS
  CAST('0x' || h AS BIGINT);
