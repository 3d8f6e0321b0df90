-- The instant of the last purchase by any client, from which days are counted back, and the start of the window that ends there.
--
-- goldserve:
--   materialized: temporary
SELECT max(a.date_achat) AS reference, days_before(max(a.date_achat), param_horizon_days()) AS window_start
FROM silver.achats a
