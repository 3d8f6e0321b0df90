-- Revenue of each channel.
--
-- goldserve:
--   format: csv
--   file: revenue_by_channel/revenue_by_channel_{ts}.csv
SELECT o.channel, count(*) AS orders, coalesce(sum(o.total_amount), 0) AS revenue
FROM silver.orders_clean o
GROUP BY o.channel
ORDER BY o.channel
