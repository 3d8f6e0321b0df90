package query

import (
	"context"
	"fmt"

	"goldserve/gold"
)

// Resume starts the answer after a group. It reports whether the values are those of a group of the query.
func (q *AggregateQuery) Resume(after []gold.Value) bool {
	if len(after) != len(q.Groups) || len(after) == 0 {
		return false
	}
	fields := q.Columns()
	for i, v := range after {
		if k := v.Kind(); k != gold.Null && k != fields[i].Kind {
			return false
		}
	}
	q.After = after
	return true
}

// Ready returns an error if a dataset that the query reads has no rows.
func (q *AggregateQuery) Ready() error {
	needs := LookedUp(q.Where)
	for _, g := range q.Groups {
		needs = append(needs, g.Join.Versions()...)
		if g.Age != nil {
			needs = append(needs, g.Age.Join.Versions()...)
		}
	}
	a, _ := q.aggregation()
	for _, m := range a.Measures {
		needs = append(needs, m.Join.Versions()...)
	}
	for _, alias := range a.Aliases {
		needs = append(needs, alias.Join.Versions()...)
	}
	return q.Scope.ready(needs...)
}

// Aggregate answers with groups of a dataset's rows.
func (e *Engine) Aggregate(ctx context.Context, q *AggregateQuery) (*Answer, error) {
	a := &Answer{what: "aggregate " + q.Scope.Version.Dataset.Name}
	p := &groupsPlan{engine: e, query: q, answer: a}
	for _, r := range groupsRewrites {
		why, err := r.apply(p, ctx)
		if err != nil {
			return nil, err
		}
		o := Outcome{Rewrite: r.rewrite, Of: q.Scope.Version.Dataset.Name, Reason: why}
		if r.rewrite == Smallest {
			o = p.considered
		}
		e.note(&a.Metadata, o)
	}
	a.Fields = p.earlier.fields(p.fields)
	var err error
	if a.rows, err = p.open(ctx); err != nil {
		return nil, fmt.Errorf("%s: %w", a.what, err)
	}
	a.each = p.earlier.join
	a.seen = func(b *gold.Batch) {
		for i := range b.Rows {
			p.partial.see(b, i)
		}
	}
	a.end = func(ctx context.Context) error {
		a.Partial = p.partial.seen
		return e.completeGroups(ctx, q, a)
	}
	return a, nil
}

// completeGroups adds total, totals and hints to an answer whose groups are read.
func (e *Engine) completeGroups(ctx context.Context, q *AggregateQuery, a *Answer) error {
	switch {
	case a.Truncated && q.Limit == 0:
		return q.tooMany()
	case !a.Truncated && q.After == nil:
		a.Total = &a.Count
	}
	if q.Totals {
		if err := e.total(ctx, q, &a.Metadata); err != nil {
			return err
		}
	}
	if a.Count == 0 && q.After == nil && !q.Bare {
		e.hint(ctx, &a.Metadata, q.Scope.Catalog, q.Scope.Version, q.Where)
	}
	return nil
}

// total adds the measures over all rows of the filter, whatever the groups, having and limit.
func (e *Engine) total(ctx context.Context, q *AggregateQuery, to *Metadata) error {
	all := &AggregateQuery{Scope: q.Scope, Where: q.Where, Measures: q.Measures}
	totals, stats, err := collect(ctx, all.Columns(), func() (gold.Rows, error) { return e.groups(ctx, nil, all, 1) })
	if err != nil {
		return fmt.Errorf("total %s: %w", q.Scope.Version.Dataset.Name, err)
	}
	to.Totals, to.Took = totals, to.Took+stats.Duration
	return nil
}

// CheckGroups returns an error if a query asks for all groups and they are more than its answer may have. Only computing
// them tells how many there are.
func (e *Engine) CheckGroups(ctx context.Context, q *AggregateQuery) error {
	return q.check(ctx, q.Scope.Version, func(ask int64) (gold.Rows, error) { return e.groups(ctx, nil, q, ask) })
}

// check returns an error if a question for everything about a version has more rows than a sheet. Groups and values have
// no other bound: their pages have a limit.
func (b Bound) check(ctx context.Context, v *gold.Version, open func(ask int64) (gold.Rows, error)) error {
	if !b.Sheet || b.Limit != 0 || v.Rows <= b.Most {
		return nil
	}
	var n int64
	_, err := EachBatch(ctx, func() (gold.Rows, error) { return open(b.Most + 1) }, func(batch *gold.Batch) error {
		n += int64(batch.Rows)
		return nil
	})
	if err == nil && n > b.Most {
		return b.tooMany()
	}
	return err
}
