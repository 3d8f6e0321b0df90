-- The instant that days are counted to, which is that of the last purchase, and the first instant of the window before it.
--
-- goldserve:
--   materialized: temporary
SELECT max(a.date_achat) AS reference, days_before(max(a.date_achat), param_horizon_days()) AS window_start
FROM silver.achats a
