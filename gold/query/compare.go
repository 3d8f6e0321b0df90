package query

import (
	"context"
	"fmt"
	"slices"
	"time"

	"goldserve/gold"
)

// The names of the columns that a comparison adds to each measure's.
const (
	PreviousSuffix = "_previous"
	ChangeSuffix   = "_change"
)

// compare reads the measures of the earlier time, and which periods the data don't cover to their end.
func (p *groupsPlan) compare(ctx context.Context) (why Reason, err error) {
	if p.partial, err = p.engine.partialPeriods(ctx, p.query, p.metadata()); err != nil {
		return why, err
	}
	if p.earlier, err = p.readEarlier(ctx); err != nil {
		return why, err
	}
	switch {
	case p.query.Comparison == nil:
		return NotCompared, nil
	case !p.earlier.covered:
		return NothingBefore, nil
	default:
		return Applied, nil
	}
}

// readEarlier reads the measures of the earlier time.
func (p *groupsPlan) readEarlier(ctx context.Context) (*earlier, error) {
	q, c, to := p.query, p.query.Comparison, p.metadata()
	if c == nil {
		return &earlier{}, nil
	}
	columns := p.fields[len(q.Groups):]
	e := &earlier{
		comparison: c, first: len(q.Groups), columns: columns,
		none: q.overNoRows(columns),
	}
	data, err := p.engine.coverage(ctx, q.Scope.Catalog, c.Line, to)
	if err != nil || data == nil {
		return e, err
	}
	e.data = *data
	clock := c.Line.clock()
	if c.Group >= 0 {
		e.now, e.step = c.Asked.periods(clock, e.data, c.unit), clock.stepOfUnit(c.Compare, c.unit)
	} else {
		var whole Span
		whole, e.now = c.Asked.closed(clock, e.data)
		e.step = clock.stepOf(c.Compare, whole)
	}
	if e.now.First > e.now.Last {
		return e, nil
	}
	if e.before = e.step.of(e.now); e.before.First < gold.MinTime {
		return e, nil // nothing lies before the first year
	}
	if c.Present && e.data.First <= e.before.Last {
		e.before.First = e.data.First
	}
	to.Compared = &Compared{e.now, e.before}
	cut := Span{max(e.before.First, e.data.First), min(e.before.Last, e.data.Last)}
	e.covered = cut.First <= cut.Last && (c.Group >= 0 || cut == e.before)
	if !e.covered {
		return e, nil
	}
	past := &past{plan: p, account: gold.ShareOf(ctx).Account()}
	if c.Present {
		e.present, err = past.present(ctx, e)
	} else {
		e.groups, err = past.groups(ctx, c.Line.where(cut))
	}
	if err != nil {
		return nil, fmt.Errorf("compare %s: %w", q.Scope.Version.Dataset.Name, err)
	}
	to.Took += past.took
	return e, nil
}

// past reads groups of an earlier time, which are held until the answer is there.
type past struct {
	plan    *groupsPlan
	account *gold.Account
	held    int64
	took    time.Duration
}

// groups reads the measures of the groups of rows for which the filters that aren't by time hold, and others.
func (r *past) groups(ctx context.Context, where []gold.Predicate) (map[groupKey][]gold.Value, error) {
	q := r.plan.query
	asked := &AggregateQuery{Scope: q.Scope, Groups: q.Groups, Measures: q.Measures, Where: append(slices.Clone(q.Comparison.Rest), where...)}
	groups := map[groupKey][]gold.Value{}
	stats, err := EachBatch(ctx, func() (gold.Rows, error) { return r.plan.engine.groups(ctx, nil, asked, 0) }, func(b *gold.Batch) error {
		if err := r.hold(int64(b.Rows) * earlierBytes(len(b.Fields))); err != nil {
			return err
		}
		for i := range b.Rows {
			row := b.Row(i, nil)
			groups[keyOf(row[:len(q.Groups)])] = row[len(q.Groups):]
		}
		return nil
	})
	r.took += stats.Duration
	return groups, err
}

// hold accounts for further bytes.
func (r *past) hold(bytes int64) error {
	r.held += bytes
	return r.account.Set(r.held)
}

// change returns the relative change from one number to another, null where either is null or no number, or the earlier
// one is 0.
func change(now, before gold.Value) gold.Value {
	switch now.Kind() {
	case gold.WideDecimal:
		if before.IsNull() {
			return gold.Value{}
		}
		n := now.Int128().Big()
		difference, _ := n.Sub(n, before.Int128().Big()).Float64()
		return gold.Ratio(gold.NewDouble(difference), before)
	case gold.Int, gold.Double, gold.Decimal, gold.Duration:
		if before.IsNull() {
			return gold.Value{}
		}
		return gold.Ratio(gold.NewDouble(now.Number()-before.Number()), before)
	default:
		return gold.Value{}
	}
}
