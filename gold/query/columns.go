package query

import (
	"slices"

	"goldserve/gold"
)

// Computed reports whether the measure is computed from other measures of its group.
func (f *Measure) Computed() bool { return f.Metric != nil && f.Metric.Measure == nil }

// Unfiltered reports whether a metric, or a part of it, is always of the whole dataset.
func Unfiltered(d *gold.Dataset, metric *gold.Metric) bool {
	return metric != nil && (metric.Unfiltered || slices.ContainsFunc(d.Uses(metric), func(other *gold.Metric) bool { return Unfiltered(d, other) }))
}

// aggregation returns the store's part of a query, without having, sort and limit, and where each measure stands in its
// answer. What only formulas need comes last, under names that no parameter can give.
func (q *AggregateQuery) aggregation() (a gold.Aggregation, at map[string]int) {
	v := q.Scope.Version
	a = gold.Aggregation{Version: v, Where: q.Where, Group: q.Groups}
	at = map[string]int{}
	add := func(m gold.Measure) {
		if _, there := at[m.String()]; !there || m.As != "" {
			if m.As == "" {
				m.As = "_" + m.String()
			}
			at[m.String()] = len(a.Group) + len(a.Measures)
			a.Measures = append(a.Measures, q.Scope.measured(m))
		}
	}
	for i := range q.Measures {
		if f := &q.Measures[i]; !f.Computed() {
			add(f.Measure)
		}
	}
	for i := range q.Measures {
		if f := &q.Measures[i]; f.Computed() {
			for _, m := range v.Dataset.MeasuresOf(f.Metric) {
				add(m)
			}
		}
	}
	a.Aliases = q.Scope.Aliases(a.Measures...)
	return a, at
}

// Columns returns the columns of the answer: groups, then measures.
func (q *AggregateQuery) Columns() []gold.Field {
	a, _ := q.aggregation()
	stored := a.OutFields()
	fields := slices.Clone(stored[:len(q.Groups)])
	next := len(q.Groups)
	for i := range q.Measures {
		f := &q.Measures[i]
		field := gold.Field{Name: f.Name, Kind: gold.Double, Nullable: true}
		if !f.Computed() {
			field = stored[next]
			next++
		}
		if f.Metric != nil && f.Metric.MultipleOf > 0 {
			field.MultipleOf = f.Metric.MultipleOf
		}
		fields = append(fields, field)
	}
	return fields
}
