package query

import (
	"context"
	"fmt"
	"maps"
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

// measuresFor returns the measures of a dataset's key figures. They are asked for together: the figures of a dataset are one
// aggregation, of all its metrics, but those of looked-up fields only where a figure needs them.
func measuresFor(v *gold.Version, kpis []KPI) []gold.Measure {
	d := &v.Dataset
	needed := func(m gold.Measure) bool {
		return slices.ContainsFunc(kpis, func(k KPI) bool {
			return k.Version == v && k.Reason == "" && slices.Contains(d.MeasuresOf(k.Metric), m)
		})
	}
	return slices.DeleteFunc(d.Measures(), func(m gold.Measure) bool { return d.LooksUp(m) && !needed(m) })
}

// measure returns measures by canonical text: unfiltered those of the release that it has, else the store's.
func (e *Engine) measure(ctx context.Context, to *Metadata, c *Catalog, v *gold.Version, where []gold.Predicate, measures []gold.Measure) (map[string]gold.Value, gold.Stats, error) {
	values := map[string]gold.Value{}
	if recorded := func(m gold.Measure) bool { return !v.Dataset.LooksUp(m) }; len(where) == 0 && hasAll(v, measures, recorded) {
		maps.Copy(values, v.Measures)
		if measures = slices.DeleteFunc(slices.Clone(measures), recorded); len(measures) == 0 {
			e.note(to, Outcome{Rewrite: Smallest, Of: v.Dataset.Name, Reason: Recorded})
			return values, gold.Stats{}, nil
		}
	}
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

// hasAll reports whether a version's record has all measures of which a condition is true.
func hasAll(v *gold.Version, measures []gold.Measure, of func(gold.Measure) bool) bool {
	return !slices.ContainsFunc(measures, func(m gold.Measure) bool {
		_, has := v.Measures[m.String()]
		return of(m) && !has
	})
}
