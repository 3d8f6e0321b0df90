-- The features of each client, with the probability of another purchase, its expected value, the value at risk, and the segment.
-- Quantiles are over all clients, buyers or not, with linear interpolation.
WITH quantiles AS (
  SELECT
    percentile_cont(0.95) WITHIN GROUP (ORDER BY CAST(f.freq_12m AS double)) AS freq_p95,
    percentile_cont(0.75) WITHIN GROUP (ORDER BY CAST(f.freq_12m AS double)) AS freq_p75,
    percentile_cont(0.75) WITHIN GROUP (ORDER BY f.monetary_12m) AS monetary_p75,
    percentile_cont(0.75) WITHIN GROUP (ORDER BY CAST(f.recency_days AS double)) AS recency_p75,
    percentile_cont(0.25) WITHIN GROUP (ORDER BY CAST(f.recency_days AS double)) AS recency_p25
  FROM gold.client_features f
),
-- The inputs of the score, with outliers capped.
capped AS (
  SELECT
    f.id_client,
    least(CAST(f.freq_12m AS double), q.freq_p95) AS freq,
    CAST(least(f.recency_days, param_horizon_days()) AS double) AS recency,
    greatest(f.monetary_12m, 0) AS monetary,
    CAST(f.product_diversity_12m AS double) AS diversity
  FROM gold.client_features f
  CROSS JOIN quantiles q
),
ranges AS (
  SELECT
    min(freq) AS freq_min, nullif(max(freq) - min(freq), 0) AS freq_range,
    min(recency) AS recency_min, nullif(max(recency) - min(recency), 0) AS recency_range,
    min(monetary) AS monetary_min, nullif(max(monetary) - min(monetary), 0) AS monetary_range,
    min(diversity) AS diversity_min, nullif(max(diversity) - min(diversity), 0) AS diversity_range
  FROM capped
),
-- Each input is scaled to 0 to 1, or 0 if all clients have the same value.
scored AS (
  SELECT
    c.id_client,
    least(1, greatest(0,
      0.45 * coalesce((c.freq - r.freq_min) / r.freq_range, 0)
      + 0.30 * (1 - coalesce((c.recency - r.recency_min) / r.recency_range, 0))
      + 0.15 * coalesce((c.monetary - r.monetary_min) / r.monetary_range, 0)
      + 0.10 * coalesce((c.diversity - r.diversity_min) / r.diversity_range, 0))) AS prob
  FROM capped c
  CROSS JOIN ranges r
)
SELECT
  f.id_client, f.freq_12m, f.monetary_12m, f.monetary_avg_12m, f.product_diversity_12m, f.last_purchase, f.first_purchase,
  f.recency_days, f.tenure_days, f.total_orders_all, f.total_spend_all, f.avg_order_value_all, f.reference_date,
  s.prob AS prob_reachat_12m,
  -- The divisor is the months since the first purchase, at least one and at most those of the window.
  f.monetary_12m / least(param_horizon_days() / 30, greatest(1, f.tenure_days / 30)) * 12 * s.prob AS expected_value_12m,
  f.monetary_12m * (1 - s.prob) AS value_at_risk_12m,
  CASE
    WHEN s.prob >= 0.65 AND f.monetary_12m >= q.monetary_p75 THEN 'VIP'
    WHEN s.prob >= 0.55 AND f.recency_days <= q.recency_p25 THEN 'Actifs'
    WHEN f.monetary_12m >= q.monetary_p75 AND f.recency_days > q.recency_p75 THEN 'A relancer'
    WHEN f.freq_12m <= greatest(1, 0.5 * q.freq_p75) AND f.recency_days > q.recency_p75 THEN 'Dormants'
    ELSE 'A potentiel'
  END AS segment_label
FROM gold.client_features f
JOIN scored s ON s.id_client = f.id_client
CROSS JOIN quantiles q
ORDER BY f.id_client
