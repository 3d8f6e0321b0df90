-- Cleaned orders, in three formats: types, missing values, text in one case, features. What a row becomes depends on no other row, but for what was
-- sent again: of the valid rows of an event, the first counts, by file and line.
--
-- goldserve:
--   format: [csv, parquet, json]
--   quarantine: {source: orders_events, reasons: [unreadable, missing_id, bad_timestamp, duplicate_event]}
WITH read AS (
  SELECT e._file, e._line, e._broken, squeeze(e.event_id) AS event_id, coalesce(e.event_ts, day_first(e._event_ts)) AS event_ts, e.order_id, e.customer_id, e.customer_since,
    title(squeeze(e.country)) AS country, lower(squeeze(e.channel)) AS channel, lower(squeeze(e.device)) AS device, lower(squeeze(e.category)) AS category,
    CASE WHEN e.items > 0 THEN e.items END AS items,
    CASE WHEN e.basket_value >= 0 THEN e.basket_value END AS basket_value,
    CASE WHEN e.discount_pct >= 0 AND e.discount_pct <= 100 THEN e.discount_pct END AS discount_pct,
    lower(squeeze(e.payment_method)) AS payment_method,
    CASE WHEN e.delivery_days >= 0 THEN e.delivery_days END AS delivery_days,
    CASE WHEN e.returned THEN 1 WHEN NOT e.returned THEN 0 END AS returned
  FROM bronze.orders_events e
),
judged AS (
  SELECT *,
    CASE
      WHEN _broken IS NOT NULL THEN 'unreadable'
      WHEN event_id IS NULL OR order_id IS NULL OR customer_id IS NULL THEN 'missing_id'
      WHEN event_ts IS NULL THEN 'bad_timestamp'
    END AS fault
  FROM read
),
ranked AS (
  SELECT *, row_number() OVER (PARTITION BY fault, event_id ORDER BY _file, _line) AS nth FROM judged
)
SELECT
  event_id, event_ts, order_id, customer_id, customer_since, country, channel, device, category, items, basket_value, discount_pct, payment_method, delivery_days, returned,
  CAST(event_ts AS DATE) AS order_date,
  hour(event_ts) AS order_hour,
  ((days_between(TIMESTAMP '1970-01-05 00:00:00', event_ts) % 7) + 7) % 7 + 1 AS weekday,
  CASE WHEN ((days_between(TIMESTAMP '1970-01-05 00:00:00', event_ts) % 7) + 7) % 7 > 4 THEN 1 ELSE 0 END AS is_weekend,
  CASE WHEN discount_pct > 0 THEN 1 WHEN discount_pct = 0 THEN 0 END AS is_discounted,
  CASE WHEN days_between(CAST(customer_since AS TIMESTAMP), event_ts) >= 0 THEN days_between(CAST(customer_since AS TIMESTAMP), event_ts) END AS tenure_days,
  _file AS source_file, _line AS source_line,
  _file, _line, coalesce(fault, CASE WHEN nth > 1 THEN 'duplicate_event' END) AS reason
FROM ranked
ORDER BY _file, _line
