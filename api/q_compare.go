package api

import (
	"context"
	"fmt"
	"slices"

	"goldserve/gold"
)

// The names of the columns that a comparison adds to each figure's.
const (
	previousSuffix = "_previous"
	changeSuffix   = "_change"
)

// comparedSpans are what a comparison compares, for meta.
type comparedSpans struct{ now, before span }

// comparison is how an aggregate is compared with an earlier time: each period of a time group with the one before or
// that of a year before; without a time group the span that filters give with the one before or that of a year before.
type comparison struct {
	compare string
	line    *timeline
	group   int // the time group; -1: there is none
	unit    gold.PeriodUnit
	asked   asked
	rest    []gold.Predicate // without those by time
}

// timeGroups returns the groups that are periods of time.
func (q *aggregateQuery) timeGroups() []*comparison {
	s := q.scope
	axis := s.catalog.axis(s.version)
	var found []*comparison
	for i, g := range q.groups {
		r := s.find(g.Field)
		if g.Grain != gold.GrainNone {
			line := &timeline{catalog: s.catalog, field: r.field, owner: s.version, via: g.Via}
			if g.Via != nil {
				line.owner = g.Via.Version
			}
			if axis != nil && axis.is(g.Field, g.Via) {
				line = axis
			}
			found = append(found, &comparison{group: i, unit: g.Grain.Unit(), line: line})
			continue
		}
		if axis != nil && len(g.Bins) == 0 {
			if unit := axis.unit(r.field, g.Via); unit != gold.NoPeriod {
				found = append(found, &comparison{group: i, unit: unit, line: axis})
			}
		}
	}
	return found
}

// partials finds the periods of an answer that the data don't cover to their end.
type partials struct {
	last map[int]lastPeriod // by group
	seen []string
}

// lastPeriod is the period that the data end in.
type lastPeriod struct {
	unit gold.PeriodUnit
	at   int64
}

func (p *partials) see(b *gold.Batch, row int) {
	for group, last := range p.last {
		if v := b.Columns[group].Value(row); !v.IsNull() && v.Text() == periodText(last.at, last.unit, v.Text()) && !slices.Contains(p.seen, v.Text()) {
			p.seen = append(p.seen, v.Text())
		}
	}
}

// partialPeriods returns which period of each time group is partial, where one is.
func (e *engine) partialPeriods(ctx context.Context, q *aggregateQuery, to *said) (*partials, error) {
	found := &partials{last: map[int]lastPeriod{}}
	for _, g := range q.timeGroups() {
		if g.unit == gold.DayPeriod {
			continue
		}
		data, err := e.coverage(ctx, q.scope.catalog, g.line, to)
		if err != nil {
			return nil, err
		}
		if data == nil {
			continue
		}
		if endOf(data.last, g.unit) > endOf(data.last, gold.DayPeriod) {
			found.last[g.group] = lastPeriod{g.unit, data.last}
		}
	}
	return found, nil
}

// groupKey is the values of a group, to find it among others.
type groupKey [maxGroups]gold.Value

// earlier are the figures of an earlier time, to be joined to the groups of an answer. The zero value joins nothing.
type earlier struct {
	comparison *comparison
	step       step
	data       span
	now        span // what of the asked time has data
	before     span // before it was cut to the data
	covered    bool // data covers it, or some of its periods
	groups     map[groupKey][]gold.Value
	none       []gold.Value // the figures over no rows
	columns    []gold.Field // of the figures
	first      int          // the place of the first figure among the answer's columns
}

// earlierBytes estimates what a group of so many columns takes in a map that is half full, its texts included.
func earlierBytes(columns int) int64 {
	const value, slice, textBytes = 32, 24, 16
	return 2*(maxGroups*value+slice) + int64(columns)*(value+textBytes)
}

// compareGroups reads the figures that an aggregate is compared with.
func (g *engine) compareGroups(ctx context.Context, q *aggregateQuery, to *said) (*earlier, error) {
	c, v := q.comparison, q.scope.version
	if c == nil {
		return &earlier{}, nil
	}
	e := &earlier{
		comparison: c, first: len(q.groups), columns: q.columns()[len(q.groups):],
		none: q.overNoRows(), groups: map[groupKey][]gold.Value{},
	}
	data, err := g.coverage(ctx, q.scope.catalog, c.line, to)
	if err != nil || data == nil {
		return e, err
	}
	e.data = *data
	if c.group >= 0 {
		e.now, e.step = c.asked.periods(e.data, c.unit), stepOfUnit(c.compare, c.unit)
	} else {
		var whole span
		whole, e.now = c.asked.closed(e.data)
		e.step = stepOf(c.compare, whole)
	}
	if e.now.first > e.now.last {
		return e, nil
	}
	if e.before = e.step.of(e.now); e.before.first < gold.MinTime {
		return e, nil // nothing lies before the first year
	}
	to.compared = &comparedSpans{e.now, e.before}
	cut := span{max(e.before.first, e.data.first), min(e.before.last, e.data.last)}
	e.covered = cut.first <= cut.last && (c.group >= 0 || cut == e.before)
	if !e.covered {
		return e, nil
	}
	past := &aggregateQuery{scope: q.scope, groups: q.groups, figures: q.figures, where: append(slices.Clone(c.rest), c.line.where(cut)...)}
	held := gold.ShareOf(ctx).Account() // until the answer is there
	stats, err := eachBatch(ctx, func() (gold.Rows, error) { return g.groups(ctx, past, 0) }, func(b *gold.Batch) error {
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
	to.took += stats.Duration
	return e, nil
}

// fields returns the columns of an answer with those that a comparison adds.
func (e *earlier) fields(fields []gold.Field) []gold.Field {
	for _, f := range e.columns {
		previous := f
		previous.Name, previous.Nullable = f.Name+previousSuffix, true
		fields = append(fields, previous, gold.Field{Name: f.Name + changeSuffix, Kind: gold.Double, Nullable: true})
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

// of returns the figures that a group is compared with, nil where the data don't cover their time.
func (e *earlier) of(row []gold.Value) []gold.Value {
	var key groupKey
	copy(key[:], row[:e.first])
	if !e.covered {
		return nil
	}
	if g := e.comparison.group; g >= 0 {
		if key[g].IsNull() {
			return nil
		}
		text := key[g].Text()
		period, ok := periodSpan(text, e.comparison.unit)
		if !ok {
			return nil
		}
		first := e.step.back(period.first)
		if max(first, e.before.first) < e.data.first || first > e.before.last || e.step.again(period.first, e.now) {
			return nil
		}
		key[g] = gold.NewText(periodText(first, e.comparison.unit, text))
	}
	if found, ok := e.groups[key]; ok {
		return found
	}
	return e.none
}

// overNoRows returns the figures of no rows: counts and sums are 0, all else is null.
func (q *aggregateQuery) overNoRows() []gold.Value {
	none := make([]gold.Value, len(q.figures))
	fields := q.columns()[len(q.groups):]
	for i := range q.figures {
		f := &q.figures[i]
		if f.ratio() {
			continue
		}
		switch f.measure.Func {
		case gold.Count, gold.CountDistinct, gold.Sum:
			if fields[i].Kind == gold.Double {
				none[i] = gold.NewDouble(0)
			} else {
				none[i] = gold.NewIntegral(fields[i].Kind, 0)
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
