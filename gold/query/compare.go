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

// TimeGroups returns the groups that are periods of time.
func (q *AggregateQuery) TimeGroups() []*Comparison {
	s := q.Scope
	axis := s.Catalog.Axis(s.Version)
	var found []*Comparison
	for i, g := range q.Groups {
		c := s.Find(g.Field)
		if g.Grain != gold.GrainNone {
			line := &Timeline{catalog: s.Catalog, Field: c.Field, owner: s.Version, join: g.Join}
			if g.Join != nil {
				line.owner = g.Join.Version
			}
			if axis != nil && axis.Is(g.Field, g.Join) {
				line = axis
			}
			found = append(found, &Comparison{Group: i, unit: g.Grain.Unit(), Line: line})
			continue
		}
		if axis != nil && len(g.Bins) == 0 {
			if unit := axis.Unit(c.Field, g.Join); unit != gold.NoPeriod {
				found = append(found, &Comparison{Group: i, unit: unit, Line: axis})
			}
		}
	}
	return found
}

func (p *partials) see(b *gold.Batch, row int) {
	for group, last := range p.last {
		if v := b.Columns[group].Value(row); !v.IsNull() && v.Text() == periodText(last.at, last.unit, v.Text()) && !slices.Contains(p.seen, v.Text()) {
			p.seen = append(p.seen, v.Text())
		}
	}
}

// partialPeriods returns which period of each time group is partial, where one is.
func (e *Engine) partialPeriods(ctx context.Context, q *AggregateQuery, to *Metadata) (*partials, error) {
	found := &partials{last: map[int]lastPeriod{}}
	for _, g := range q.TimeGroups() {
		if g.unit == gold.DayPeriod {
			continue
		}
		data, err := e.coverage(ctx, q.Scope.Catalog, g.Line, to)
		if err != nil {
			return nil, err
		}
		if data == nil {
			continue
		}
		if endOf(data.Last, g.unit) > endOf(data.Last, gold.DayPeriod) {
			found.last[g.Group] = lastPeriod{g.unit, data.Last}
		}
	}
	return found, nil
}

// earlierBytes estimates what a group of so many columns takes in a map that is half full, its texts included.
func earlierBytes(columns int) int64 {
	const value, slice, textBytes = 32, 24, 16
	return 2*(MaxGroups*value+slice) + int64(columns)*(value+textBytes)
}

// compare reads the measures of the earlier time, and which periods the data don't cover to their end.
func (p *groupsPlan) compare(ctx context.Context) (why Reason, err error) {
	if p.partial, err = p.engine.partialPeriods(ctx, p.query, p.metadata()); err != nil {
		return why, err
	}
	if p.earlier, err = p.engine.compareGroups(ctx, p.query, p.metadata()); err != nil {
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

// compareGroups reads the measures that an aggregate is compared with.
func (g *Engine) compareGroups(ctx context.Context, q *AggregateQuery, to *Metadata) (*earlier, error) {
	c, v := q.Comparison, q.Scope.Version
	if c == nil {
		return &earlier{}, nil
	}
	columns := q.Columns()[len(q.Groups):]
	e := &earlier{
		comparison: c, first: len(q.Groups), columns: columns,
		none: q.overNoRows(columns), groups: map[groupKey][]gold.Value{},
	}
	data, err := g.coverage(ctx, q.Scope.Catalog, c.Line, to)
	if err != nil || data == nil {
		return e, err
	}
	e.data = *data
	if c.Group >= 0 {
		e.now, e.step = c.Asked.periods(e.data, c.unit), stepOfUnit(c.Compare, c.unit)
	} else {
		var whole Span
		whole, e.now = c.Asked.closed(e.data)
		e.step = stepOf(c.Compare, whole)
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
	stats, err := EachBatch(ctx, func() (gold.Rows, error) { return g.groups(ctx, nil, past, 0) }, func(b *gold.Batch) error {
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
		return nil, fmt.Errorf("compare %s: %w", v.Dataset.Name, err)
	}
	to.Took += stats.Duration
	return e, nil
}

// fields returns the columns of an answer with those that a comparison adds.
func (e *earlier) fields(fields []gold.Field) []gold.Field {
	for _, f := range e.columns {
		previous := f
		previous.Name, previous.Nullable = f.Name+PreviousSuffix, true
		fields = append(fields, previous, gold.Field{Name: f.Name + ChangeSuffix, Kind: gold.Double, Nullable: true})
	}
	return fields
}

// join returns a batch of groups with the columns of the comparison.
func (e *earlier) join(b *gold.Batch) *gold.Batch {
	if e.comparison == nil {
		return b
	}
	out := &gold.Batch{Fields: e.fields(slices.Clone(b.Fields)), Columns: slices.Clone(b.Columns), Rows: b.Rows}
	for _, f := range out.Fields[len(b.Fields):] {
		out.Columns = append(out.Columns, gold.Column{Kind: f.Kind})
		if f.Kind == gold.Text {
			out.Columns[len(out.Columns)-1].Offsets = make([]int32, 1)
		}
	}
	for i := range b.Rows {
		row := b.Row(i, nil)
		before := e.of(row)
		for f := range e.columns {
			previous := gold.Value{}
			if before != nil {
				previous = before[f]
			}
			added := out.Columns[len(b.Columns)+2*f:]
			added[0].Append(previous)
			added[1].Append(change(row[e.first+f], previous))
		}
	}
	return out
}

// of returns the measures that a group is compared with, nil where the data don't cover their time.
func (e *earlier) of(row []gold.Value) []gold.Value {
	var key groupKey
	copy(key[:], row[:e.first])
	if !e.covered {
		return nil
	}
	if g := e.comparison.Group; g >= 0 {
		if key[g].IsNull() {
			return nil
		}
		text := key[g].Text()
		period, ok := periodSpan(text, e.comparison.unit)
		if !ok {
			return nil
		}
		first := e.step.back(period.First)
		if max(first, e.before.First) < e.data.First || first > e.before.Last || e.step.again(period.First, e.now) {
			return nil
		}
		key[g] = gold.NewText(periodText(first, e.comparison.unit, text))
	}
	if found, ok := e.groups[key]; ok {
		return found
	}
	return e.none
}

// overNoRows returns the measures of no rows, by their columns: counts and sums are 0, all else is null.
func (q *AggregateQuery) overNoRows(columns []gold.Field) []gold.Value {
	none := make([]gold.Value, len(q.Measures))
	for i := range q.Measures {
		f := &q.Measures[i]
		if f.Ratio() {
			continue
		}
		switch f.Measure.Func {
		case gold.Count, gold.CountDistinct, gold.Sum:
			if columns[i].Kind == gold.Double {
				none[i] = gold.NewDouble(0)
			} else {
				none[i] = gold.NewIntegral(columns[i].Kind, 0)
			}
		default:
		}
	}
	return none
}

// change returns the relative change from one number to another, null where either is null or no number, or the earlier
// one is 0.
func change(now, before gold.Value) gold.Value {
	switch now.Kind() {
	case gold.Int, gold.Double, gold.Decimal:
		if before.IsNull() {
			return gold.Value{}
		}
		return gold.Ratio(gold.NewDouble(now.Number()-before.Number()), before)
	default:
		return gold.Value{}
	}
}
