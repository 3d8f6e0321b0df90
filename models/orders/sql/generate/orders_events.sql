-- orders_events: the raw file of a fictional shop's orders, one JSON object a line, with errors as real files have them. Rows are in chronological
-- order.
--
-- Whether an order is returned depends on what it is made of: fashion and shoes, slow deliveries, payment after delivery, discounts and new customers
-- have more returns. The value of a basket comes from its category, items, country and discount, with variation.
--
-- Errors per 10,000 orders, times param_dirt(). The column dirt, a random number, selects them in this order:
--   missing_id        60  no number of the event, the order or the customer, 20 each
--   bad_timestamp    100  a month 13, 32/13/2025, a word, or no time
--   unreadable        60  a line that breaks off 40, an array 10, a number 10
--   duplicate_event  200  the event sent again up to two hours later: the same line 100, or with another value of the basket 100
-- Another event of an order that has one: 50; the build keeps the event, and the order as it was first.
-- A build makes missing: a negative value of the basket 150, none, a blank or a word 200, negative items 60, no items or 0 items 40, a negative
-- delivery 50, none 150, a discount over 100 60, another text 40, an unreadable return 20, none 80, no or an unreadable day of the customer 50, no country
-- 100, a blank one 100, no channel 100, no device 100, no payment 50.
-- It cleans up: a country in upper or mixed case with blanks 400, a channel and device in upper case with blanks 300, a category 200, yes and no for
-- returns 100, times with an offset 200 or as DD/MM/YYYY 150, numbers as texts 100. It keeps an unknown payment 50.
--
-- goldserve:
--   format: jsonl
--   verbatim: true
WITH buyers AS (
  SELECT *, 1 + CAST(floor(param_customers() * (a / 268435456) * (0.4e0 + 0.6e0 * (b / 268435456))) AS BIGINT) AS customer FROM generate.placed
),
known AS (
  SELECT *,
    hex_number(left(md5(concat(param_seed(), '/customer/', customer)), 7)) AS home,
    unix_date(param_end()) - param_days() - hex_number(substr(md5(concat(param_seed(), '/customer/', customer)), 8, 7)) % 1200 AS since
  FROM buyers
),
drawn AS (
  SELECT *,
    CAST(1 + home % 8 AS INTEGER) AS land,
    CAST(1 + c % 12 AS INTEGER) AS shelf,
    CAST(1 + b % 7 AS INTEGER) AS way,
    1 + CAST(floor(5 * (d / 268435456) * (e / 268435456)) AS BIGINT) AS items,
    CASE WHEN e % 10 < 6 THEN 0 ELSE CAST(split_part('5;10;15;20;30', ';', CAST(1 + e % 5 AS INTEGER)) AS BIGINT) END AS discount,
    CAST(1 + f % 10 AS INTEGER) AS pays,
    1 + CAST(floor(9 * (f / 268435456) * (0.3e0 + 0.7e0 * (a / 268435456))) AS BIGINT) AS shipping
  FROM known
),
named AS (
  SELECT *,
    split_part('France;France;France;Germany;Spain;Italy;Belgium;Netherlands', ';', land) AS country,
    split_part('web;web;web;mobile;mobile;mobile;store', ';', way) AS channel,
    CASE WHEN way > 6 THEN 'terminal' WHEN way > 4 THEN 'phone' WHEN way > 3 THEN 'tablet' ELSE split_part('desktop;desktop;desktop;phone;tablet', ';', CAST(1 + d % 5 AS INTEGER)) END AS device,
    split_part('fashion;fashion;fashion;shoes;shoes;electronics;electronics;home;home;beauty;beauty;toys', ';', shelf) AS category,
    split_part('card;card;card;card;card;paypal;paypal;invoice;invoice;cash_on_delivery', ';', pays) AS payment,
    CASE WHEN way > 6 THEN shipping % 2 ELSE shipping END AS delivery
  FROM drawn
),
valued AS (
  SELECT *,
    CAST(floor(CAST(split_part('45;45;45;80;80;220;220;60;60;25;25;30', ';', shelf) AS DOUBLE) * items
      * CASE country WHEN 'Germany' THEN 115 WHEN 'Netherlands' THEN 110 WHEN 'Spain' THEN 90 ELSE 100 END
      * (0.7e0 + 0.3e0 * (c / 268435456) + 0.3e0 * (e / 268435456)) * (100 - discount) / 100) AS BIGINT) AS cents,
    6 + CASE category WHEN 'fashion' THEN 20 WHEN 'shoes' THEN 28 WHEN 'electronics' THEN 8 WHEN 'home' THEN 2 WHEN 'beauty' THEN -3 ELSE 0 END
      + 2 * delivery + CASE WHEN delivery > 5 THEN 8 ELSE 0 END
      + CASE payment WHEN 'invoice' THEN 18 WHEN 'cash_on_delivery' THEN 10 WHEN 'paypal' THEN 4 ELSE 0 END
      + CASE WHEN discount > 0 THEN 6 ELSE 0 END + CASE WHEN items > 2 THEN 7 ELSE 0 END
      + CASE WHEN floor(second / 86400) - since < 120 THEN 9 ELSE 0 END AS percent
  FROM named
),
sent AS (
  SELECT *, 0 AS again, second AS sent FROM valued
  UNION ALL
  SELECT *, 1 AS again, second + 1 + a % 7200 AS sent FROM valued WHERE dirt >= 220 AND dirt < 420
  UNION ALL
  SELECT *, 2 AS again, second + 86400 + b % 86400 AS sent FROM valued WHERE dirt >= 420 AND dirt < 470
),
texts AS (
  SELECT number, sent, again, dirt,
    CASE WHEN dirt < 20 THEN 'null' ELSE '"evt-' || left(code, 11) || CASE WHEN again = 2 THEN 'x' ELSE right(code, 1) END || '"' END AS event_id,
    CASE
      WHEN dirt >= 60 AND dirt < 160 THEN split_part('"2025-13-01T10:00:00Z";"32/13/2025 10:00:00";"yesterday";null', ';', CAST(1 + a % 4 AS INTEGER))
      WHEN dirt >= 2690 AND dirt < 2890 THEN '"' || replace(CAST(timestamp_seconds(sent + 7200) AS STRING), ' ', 'T') || '+02:00"'
      WHEN dirt >= 2890 AND dirt < 3040 THEN '"' || substr(CAST(timestamp_seconds(sent) AS STRING), 9, 2) || '/' || substr(CAST(timestamp_seconds(sent) AS STRING), 6, 2) || '/' ||
        left(CAST(timestamp_seconds(sent) AS STRING), 4) || substr(CAST(timestamp_seconds(sent) AS STRING), 11) || '"'
      ELSE '"' || replace(CAST(timestamp_seconds(CASE WHEN again = 2 THEN sent ELSE second END) AS STRING), ' ', 'T') || 'Z"'
    END AS event_ts,
    CASE WHEN dirt >= 20 AND dirt < 40 THEN 'null' ELSE CAST(100000 + number AS STRING) END AS order_id,
    CASE WHEN dirt >= 40 AND dirt < 60 THEN 'null' ELSE CAST(customer AS STRING) END AS customer_id,
    CASE
      WHEN dirt >= 3040 AND dirt < 3090 THEN split_part('null;"unknown"', ';', CAST(1 + a % 2 AS INTEGER))
      ELSE '"' || CAST(date_from_unix_date(CAST(since AS INTEGER)) AS STRING) || '"'
    END AS customer_since,
    CASE
      WHEN dirt >= 920 AND dirt < 1020 THEN 'null'
      WHEN dirt >= 1020 AND dirt < 1120 THEN '"  "'
      WHEN dirt >= 1120 AND dirt < 1320 THEN '" ' || upper(country) || '  "'
      WHEN dirt >= 1320 AND dirt < 1520 THEN '"' || lower(left(country, 1)) || upper(substr(country, 2)) || '"'
      ELSE '"' || country || '"'
    END AS country,
    CASE
      WHEN dirt >= 1520 AND dirt < 1820 THEN '" ' || upper(channel) || ' "'
      WHEN dirt >= 1820 AND dirt < 1920 THEN 'null'
      ELSE '"' || channel || '"'
    END AS channel,
    CASE
      WHEN dirt >= 1520 AND dirt < 1820 THEN '"' || upper(left(device, 1)) || substr(device, 2) || ' "'
      WHEN dirt >= 1920 AND dirt < 2020 THEN 'null'
      ELSE '"' || device || '"'
    END AS device,
    CASE WHEN dirt >= 3090 AND dirt < 3290 THEN '"  ' || upper(category) || '"' ELSE '"' || category || '"' END AS category,
    CASE
      WHEN dirt >= 820 AND dirt < 880 THEN CAST(-items AS STRING)
      WHEN dirt >= 880 AND dirt < 920 THEN split_part('0;null', ';', CAST(1 + a % 2 AS INTEGER))
      WHEN dirt >= 3290 AND dirt < 3390 THEN '"' || items || ' "'
      ELSE CAST(items AS STRING)
    END AS items,
    CASE
      WHEN dirt >= 470 AND dirt < 620 THEN '-' || CAST(CAST(cents / 100 AS DECIMAL(18, 2)) AS STRING)
      WHEN dirt >= 620 AND dirt < 820 THEN split_part('null;"";"N/A";"  "', ';', CAST(1 + a % 4 AS INTEGER))
      WHEN dirt >= 3290 AND dirt < 3390 THEN '"' || CAST(CAST(cents / 100 AS DECIMAL(18, 2)) AS STRING) || '"'
      WHEN again = 1 AND dirt >= 320 THEN CAST(CAST((cents + 100) / 100 AS DECIMAL(18, 2)) AS STRING)
      ELSE CAST(CAST(cents / 100 AS DECIMAL(18, 2)) AS STRING)
    END AS basket_value,
    CASE
      WHEN dirt >= 2590 AND dirt < 2650 THEN '150'
      WHEN dirt >= 2650 AND dirt < 2690 THEN '"10 %"'
      ELSE CAST(discount AS STRING)
    END AS discount_pct,
    CASE
      WHEN dirt >= 2020 AND dirt < 2070 THEN 'null'
      WHEN dirt >= 2070 AND dirt < 2120 THEN '"Voucher"'
      ELSE '"' || payment || '"'
    END AS payment_method,
    CASE
      WHEN dirt >= 2120 AND dirt < 2270 THEN 'null'
      WHEN dirt >= 2270 AND dirt < 2320 THEN '-1'
      ELSE CAST(delivery AS STRING)
    END AS delivery_days,
    CASE
      WHEN dirt >= 2320 AND dirt < 2400 THEN 'null'
      WHEN dirt >= 2400 AND dirt < 2420 THEN '"maybe"'
      WHEN dirt >= 2420 AND dirt < 2520 THEN CASE WHEN (d + f) % 100 < percent THEN '"Yes"' ELSE '"no"' END
      ELSE CASE WHEN (d + f) % 100 < percent THEN '1' ELSE '0' END
    END AS returned
  FROM sent
),
lines AS (
  SELECT number, sent, again, dirt,
    '{"event_id":' || event_id || ',"event_ts":' || event_ts || ',"order_id":' || order_id || ',"customer_id":' || customer_id || ',"customer_since":' || customer_since ||
    ',"country":' || country || ',"channel":' || channel || ',"device":' || device || ',"category":' || category || ',"items":' || items || ',"basket_value":' || basket_value ||
    ',"discount_pct":' || discount_pct || ',"payment_method":' || payment_method || ',"delivery_days":' || delivery_days || ',"returned":' || returned || '}' AS line
  FROM texts
)
SELECT
  CASE
    WHEN dirt >= 160 AND dirt < 200 THEN left(line, CAST(20 + number % 150 AS INTEGER))
    WHEN dirt >= 200 AND dirt < 210 THEN '[]'
    WHEN dirt >= 210 AND dirt < 220 THEN '42'
    ELSE line
  END AS line
FROM lines
ORDER BY sent, number, again
