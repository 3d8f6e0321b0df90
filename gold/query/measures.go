package query

import (
	"context"
	"fmt"
	"slices"

	"goldserve/gold"
)

// value evaluates the figure from the measures of its dataset.
func (k *KPI) value(known map[string]gold.Value) gold.Value {
	return k.Version.Dataset.Figure(k.Metric, func(m gold.Measure) gold.Value { return known[m.String()] })
}

// measuresKey names the measures that several figures share: the filtered metrics of a dataset have the same filters.
type measuresKey struct {
	version  *gold.Version
	filtered bool
}

// measuresOf returns the measures of a key figure's dataset. They are asked for together: the figures of a dataset are one
// aggregation.
func (e *Engine) measuresOf(ctx context.Context, to *Metadata, k *KPI) (map[string]gold.Value, gold.Stats, error) {
	return e.measure(ctx, to, k.Scope.Catalog, k.Version, k.Where, k.Version.Dataset.Measures())
}

// measure returns measures by canonical text: unfiltered those of the release where it has all, else the store's.
func (e *Engine) measure(ctx context.Context, to *Metadata, c *Catalog, v *gold.Version, where []gold.Predicate, measures []gold.Measure) (map[string]gold.Value, gold.Stats, error) {
	recorded := func(m gold.Measure) bool { _, ok := v.Measures[m.String()]; return ok }
	if len(where) == 0 && !slices.ContainsFunc(measures, func(m gold.Measure) bool { return !recorded(m) }) {
		e.note(to, Outcome{Rewrite: Smallest, Of: v.Dataset.Name, Reason: Recorded})
		return v.Measures, gold.Stats{}, nil
	}
	values := map[string]gold.Value{}
	asked := slices.Clone(measures)
	for i := range asked {
		asked[i] = c.Narrow(v).measured(asked[i])
	}
	stats, err := EachBatch(ctx, func() (gold.Rows, error) {
		return e.fromSmallest(ctx, to, c, gold.Aggregation{Version: v, Where: where, Measures: asked, Aliases: c.Narrow(v).Aliases(asked...)})
	}, func(b *gold.Batch) error {
		for i, m := range measures {
			values[m.String()] = b.Columns[i].Value(0)
		}
		return nil
	})
	if err != nil {
		return nil, stats, fmt.Errorf("measure %s: %w", v.Dataset.Name, err)
	}
	return values, stats, nil
}
