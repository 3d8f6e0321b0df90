package query

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"goldserve/gold"
)

// maxHintValues is the largest number of different values of a field that a hint looks through.
const maxHintValues = 5_000

// hints names, for an answer without rows, the nearest existing value of each text that no row holds. It is best effort:
// if the values can't be read there are no hints, and the answer stands.
func (e *Engine) hints(ctx context.Context, c *Catalog, v *gold.Version, where []gold.Predicate) (found []Hint, took time.Duration) {
	for _, p := range gold.Comparisons(where) {
		of, name := v, p.Field
		if p.Join != nil {
			of = p.Join.Last()
			if c := c.Narrow(v).Of(p.Field, p.Join); c != nil {
				name = c.Name
			}
		}
		f := of.Dataset.Field(p.Field)
		if f == nil || f.Kind != gold.Text || p.Op != gold.Eq && p.Op != gold.In {
			continue
		}
		values, spent := e.distinctValues(ctx, c, of, p.Field)
		took += spent
		for _, given := range p.Values {
			if slices.Contains(values, given.Text()) {
				continue
			}
			if nearest := gold.Nearest(given.Text(), values); nearest != "" {
				found = append(found, Hint{name, p.Op, given.Text(), nearest})
			}
		}
	}
	return found, took
}

// hint adds hints to an answer without rows.
func (e *Engine) hint(ctx context.Context, to *Metadata, c *Catalog, v *gold.Version, where []gold.Predicate) {
	found, took := e.hints(ctx, c, v, where)
	to.Hints, to.Took = append(to.Hints, found...), to.Took+took
}

// Bounds of hints: the cached lists of values, and the time that the store gets for one.
const (
	maxValueLists = 64
	hintTimeout   = 2 * time.Second
)

// distinctValues returns the values of a Text field, from the cache where it has them.
func (e *Engine) distinctValues(ctx context.Context, c *Catalog, v *gold.Version, field string) ([]string, time.Duration) {
	key := fieldOf{version: v.ID, field: field}
	if values, ok := e.values.get(key); ok {
		return values, 0
	}
	values, took, err := e.readDistinct(ctx, c, v, field)
	if err != nil {
		e.log.LogAttrs(ctx, slog.LevelDebug, "no hints", slog.String("dataset", v.Dataset.Name), slog.String("field", field), slog.Any("error", err))
		// Only a store that ran out of its own time tells something about the field.
		if gold.KindOf(err) != gold.Timeout || ctx.Err() != nil {
			return nil, took
		}
	}
	e.values.put(key, values, maxValueLists)
	return values, took
}

// readDistinct returns the values of a Text field, or none if there are more than maxHintValues.
func (e *Engine) readDistinct(ctx context.Context, c *Catalog, v *gold.Version, field string) ([]string, time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, hintTimeout)
	defer cancel()
	var values []string
	stats, err := EachBatch(ctx, func() (gold.Rows, error) {
		return e.fromSmallest(ctx, nil, c, gold.Aggregation{
			Version: v, Group: []gold.Group{{Field: field, As: "value"}}, Measures: []gold.Measure{{Func: gold.Count, As: "count"}},
			Limit: maxHintValues + 1,
		})
	}, func(b *gold.Batch) error {
		for i := range b.Rows {
			if !b.Columns[0].IsNull(i) {
				values = append(values, string(b.Columns[0].Text(i)))
			}
		}
		return nil
	})
	if err != nil || len(values) > maxHintValues {
		return nil, stats.Duration, err
	}
	return values, stats.Duration, nil
}
