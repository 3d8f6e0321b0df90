-- Each segment's number of clients, amount in the window, expected value, value at risk, and medians of frequency and recency.
-- Decimals are summed, so that the results don't depend on the order of the rows.
SELECT
  s.segment_label,
  count(*) AS clients,
  CAST(sum(CAST(s.monetary_12m AS decimal(38, 4))) AS double) AS ca_12m,
  CAST(sum(CAST(s.expected_value_12m AS decimal(38, 12))) AS double) AS expected_value_12m,
  CAST(sum(CAST(s.value_at_risk_12m AS decimal(38, 12))) AS double) AS value_at_risk_12m,
  median(CAST(s.freq_12m AS double)) AS freq_med,
  median(CAST(s.recency_days AS double)) AS recency_med
FROM gold.client_scores s
GROUP BY s.segment_label
ORDER BY expected_value_12m DESC, segment_label
