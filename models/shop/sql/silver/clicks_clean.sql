-- Clicks with an IPv4 address and a time. The address itself isn't kept, and so there is no quarantine either: it would hold addresses.
--
-- goldserve:
--   format: csv
--   file: clicks_clean_{slice}.csv
SELECT c._slice, c.customer_id, c.page, c.click_ts
FROM bronze.clicks c
WHERE ipv4(c.ip) AND c.click_ts IS NOT NULL
ORDER BY c._slice NULLS FIRST, c._file, c._line
