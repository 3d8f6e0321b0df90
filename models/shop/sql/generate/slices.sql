-- The slices of the raw files: those of a batch, or a single one of a stream. known is how many slices before it have customers who may order.
--
-- goldserve:
--   materialized: temporary
WITH placed AS (
  SELECT explode(sequence(1, n)) AS nth, n FROM (SELECT param_slices() AS n) bounds WHERE param_slice_seconds() = 0
)
SELECT unix_seconds(param_end()) - (n - nth) * param_step() AS start, param_step() AS seconds, least(nth, 60) AS known FROM placed
UNION ALL
SELECT unix_seconds(param_slice()) AS start, param_slice_seconds() AS seconds, 60 AS known WHERE param_slice_seconds() > 0
