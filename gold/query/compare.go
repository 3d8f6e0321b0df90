package query

import (
	"context"
	"fmt"
	"slices"

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
		none: q.overNoRows(columns), groups: map[groupKey][]gold.Value{},
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
	to.Compared = &Compared{e.now, e.before}
	cut := Span{max(e.before.First, e.data.First), min(e.before.Last, e.data.Last)}
	e.covered = cut.First <= cut.Last && (c.Group >= 0 || cut == e.before)
	if !e.covered {
		return e, nil
	}
	past := &AggregateQuery{Scope: q.Scope, Groups: q.Groups, Measures: q.Measures, Where: append(slices.Clone(c.Rest), c.Line.where(cut)...)}
	held := gold.ShareOf(ctx).Account() // until the answer is there
	stats, err := EachBatch(ctx, func() (gold.Rows, error) { return p.engine.groups(ctx, nil, past, 0) }, func(b *gold.Batch) error {
		if err := held.Set(int64(len(e.groups)+b.Rows) * earlierBytes(len(b.Fields))); err != nil {
			return err
		}
		for i := range b.Rows {
			row := b.Row(i, nil)
			var key groupKey
			copy(key[:], row[:e.first])
			e.groups[key] = row[e.first:]
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("compare %s: %w", q.Scope.Version.Dataset.Name, err)
	}
	to.Took += stats.Duration
	return e, nil
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
