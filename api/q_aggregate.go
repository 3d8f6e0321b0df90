package api

import (
	"context"
	"fmt"

	"goldserve/gold"
)

// aggregateQuery asks for groups of a dataset's rows with measures of each.
type aggregateQuery struct {
	scope   *scope
	where   []gold.Predicate // on rows
	groups  []gold.Group
	figures []figure
	having  []gold.Predicate // on columns of the answer
	sort    []gold.Sort      // of the answer's columns; the groups complete it
	after   []gold.Value     // the last group seen; nil: from the start
	totals  bool
	bare    bool   // groups alone are wanted: no hints
	compare string // "previous", "year" or ""

	comparison *comparison // what compare says; nil: nothing
	bound
}

// fits reports whether a place is a group of the query.
func (q *aggregateQuery) fits(after []gold.Value) bool {
	if len(after) != len(q.groups) || len(after) == 0 {
		return false
	}
	fields := q.columns()
	for i, v := range after {
		if k := v.Kind(); k != gold.Null && k != fields[i].Kind {
			return false
		}
	}
	return true
}

// ready returns an error where rows that the query needs are of no release.
func (q *aggregateQuery) ready() error {
	needs := lenders(q.where)
	for _, g := range q.groups {
		if g.Via != nil {
			needs = append(needs, g.Via.Version)
		}
	}
	return q.scope.ready(needs...)
}

// groupsOf answers with groups of a dataset's rows.
func (e *engine) groupsOf(ctx context.Context, q *aggregateQuery) (*openAnswer, error) {
	limit := q.bound.rows()
	ask := limit + 1
	if limit == everything {
		ask = 0
	}
	a := &openAnswer{what: "aggregate " + q.scope.version.Dataset.Name, limit: limit}
	partial, err := e.partialPeriods(ctx, q, &a.said)
	if err != nil {
		return nil, err
	}
	earlier, err := e.compareGroups(ctx, q, &a.said)
	if err != nil {
		return nil, err
	}
	a.fields = earlier.fields(q.columns())
	if a.rows, err = e.groups(ctx, q, ask); err != nil {
		return nil, fmt.Errorf("%s: %w", a.what, err)
	}
	a.each = earlier.join
	a.seen = func(b *gold.Batch) {
		for i := range b.Rows {
			partial.see(b, i)
		}
	}
	a.place = func(b *gold.Batch, i int) []gold.Value { return b.Row(i, nil)[:len(q.groups)] }
	a.end = func(ctx context.Context) error {
		a.said.partial = partial.seen
		return e.completeGroups(ctx, q, a)
	}
	return a, nil
}

// completeGroups adds what needs more than the groups: total, totals, hints.
func (e *engine) completeGroups(ctx context.Context, q *aggregateQuery, a *openAnswer) error {
	switch {
	case a.truncated && q.limit == 0:
		return q.tooMany()
	case !a.truncated && q.after == nil:
		a.total = &a.count
	}
	if q.totals {
		if err := e.total(ctx, q, &a.said); err != nil {
			return err
		}
	}
	if a.count == 0 && q.after == nil && !q.bare {
		e.hint(ctx, &a.said, q.scope.catalog, q.scope.version, q.where)
	}
	return nil
}

// total adds the figures over all rows of the filter, whatever the groups, having and limit.
func (e *engine) total(ctx context.Context, q *aggregateQuery, to *said) error {
	all := &aggregateQuery{scope: q.scope, where: q.where, figures: q.figures}
	totals := gold.NewBatch(all.columns(), 1)
	stats, err := eachBatch(ctx, func() (gold.Rows, error) { return e.groups(ctx, all, 1) }, func(b *gold.Batch) error {
		appendRows(totals, b)
		return nil
	})
	if err != nil {
		return fmt.Errorf("total %s: %w", q.scope.version.Dataset.Name, err)
	}
	to.totals, to.took = totals, to.took+stats.Duration
	return nil
}

// holdGroups returns an error where all groups of a query are more than its answer may have: only their computation tells
// how many there are.
func (e *engine) holdGroups(ctx context.Context, q *aggregateQuery) error {
	return q.holds(ctx, q.scope.version, func(ask int64) (gold.Rows, error) { return e.groups(ctx, q, ask) })
}

// holds returns an error where a question for everything about a version has more rows than its answer may have.
func (b bound) holds(ctx context.Context, v *gold.Version, open func(ask int64) (gold.Rows, error)) error {
	if b.limit != 0 || v.Rows <= b.most {
		return nil
	}
	var n int64
	_, err := eachBatch(ctx, func() (gold.Rows, error) { return open(b.most + 1) }, func(batch *gold.Batch) error {
		n += int64(batch.Rows)
		return nil
	})
	if err == nil && n > b.most {
		return b.tooMany()
	}
	return err
}
