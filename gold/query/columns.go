package query

import (
	"slices"

	"goldserve/gold"
)

// Ratio reports whether the measure is computed from other measures of its group.
func (f *Measure) Ratio() bool { return f.Metric != nil && f.Metric.Measure == nil }

// Unfiltered reports whether a metric, or a part of it, is always of the whole dataset.
func Unfiltered(d *gold.Dataset, metric *gold.Metric) bool {
	return metric != nil && (metric.Unfiltered || slices.ContainsFunc(metric.Over, func(name string) bool { return Unfiltered(d, d.Metric(name)) }))
}

// aggregation returns the store's part of a query, without having, sort and limit, and where each measure stands in its
// answer. What only ratios need comes last, under names that no parameter can give.
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
			a.Measures = append(a.Measures, m)
		}
	}
	for i := range q.Measures {
		if f := &q.Measures[i]; !f.Ratio() {
			add(f.Measure)
		}
	}
	for i := range q.Measures {
		if f := &q.Measures[i]; f.Ratio() {
			for _, m := range parts(&v.Dataset, f.Metric) {
				add(m)
			}
		}
	}
	return a, at
}

// parts returns the measures that a metric is computed from.
func parts(d *gold.Dataset, metric *gold.Metric) []gold.Measure {
	if metric == nil {
		return nil
	}
	if metric.Measure != nil {
		return []gold.Measure{{Func: metric.Measure.Func, Field: metric.Measure.Field}}
	}
	var measures []gold.Measure
	for _, name := range metric.Over {
		measures = append(measures, parts(d, d.Metric(name))...)
	}
	return measures
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
		if !f.Ratio() {
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
