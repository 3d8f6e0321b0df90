package query

import (
	"context"
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

// groups answers a query with at most limit groups, within another question.
func (e *Engine) groups(ctx context.Context, to *Said, q *AggregateQuery, limit int64) (gold.Rows, error) {
	p := &groupsPlan{engine: e, query: q, limit: limit}
	if _, err := p.resolve(ctx); err != nil {
		return nil, err
	}
	smaller, outcomes := q.Scope.Catalog.smallest(p.stored)
	e.note(to, outcomes...)
	p.stored = smaller
	return p.open(ctx)
}

// open opens the groups.
func (p *groupsPlan) open(ctx context.Context) (gold.Rows, error) {
	q, asked := p.query, p.query.Scope.Version
	measured := &measured{query: q, at: p.at, fields: p.fields}
	var err error
	if q.here() {
		if measured.Rows, err = p.engine.aggregate(ctx, asked, p.stored); err != nil {
			return nil, err
		}
		all, err := chooseGroups(ctx, q, p.fields, measured)
		return q.resume(all, p.fields, p.limit), err
	}
	a := p.stored
	a.Having, a.Sort = q.Having, q.Sort
	if q.After == nil {
		a.Limit = p.limit
	}
	if measured.Rows, err = p.engine.aggregate(ctx, asked, a); err != nil {
		return nil, err
	}
	return q.resume(measured, p.fields, p.limit), nil
}

// resolve finds the columns of the answer and what the store is asked for them.
func (p *groupsPlan) resolve(context.Context) (Reason, error) {
	p.stored, p.at = p.query.aggregation()
	p.fields = p.query.Columns()
	return Applied, nil
}
