package query

import (
	"context"
	"sync"

	"goldserve/gold"
)

// Timeline is a Date or Time field by which rows lie in time. In the dataset that a model's asOf names, texts whose
// format is one of periods are the periods of that field.
type Timeline struct {
	catalog *Catalog
	Field   *gold.Field
	owner   *gold.Version
	via     *gold.Via // nil: the rows' own
	main    bool      // it is the field that says as of when a release is
}

// Axis returns the timeline of a version: the field that the model's asOf names; nil where that is of another dataset.
func (c *Catalog) Axis(v *gold.Version) *Timeline {
	ref := c.Contracts.AsOf
	if ref.Dataset != v.Dataset.Name {
		return nil
	}
	f := v.Dataset.Field(ref.Field)
	if f == nil || f.Kind != gold.Date && f.Kind != gold.Time {
		return nil
	}
	return &Timeline{catalog: c, Field: f, owner: v, main: true}
}

// Is reports whether a name means the timeline's field.
func (l *Timeline) Is(name string, via *gold.Via) bool {
	return l.Field.Name == name && (l.via == nil) == (via == nil)
}

// Unit returns the periods of the timeline that a text field holds, NoPeriod for any other.
func (l *Timeline) Unit(f *gold.Field, via *gold.Via) gold.PeriodUnit {
	if !l.main || via != nil || f.Kind != gold.Text || gold.PeriodFormat(f.Doc.Format) == gold.NoPeriod {
		return gold.NoPeriod
	}
	unit, _ := l.owner.Dataset.PeriodOf(f)
	return unit
}

// where returns the predicates that a span makes of the timeline.
func (l *Timeline) where(s Span) []gold.Predicate {
	first, last := gold.NewTime(s.First), gold.NewTime(s.Last)
	if l.Field.Kind == gold.Date {
		first, last = gold.NewDate(dayOf(s.First)), gold.NewDate(dayOf(s.Last))
	}
	return []gold.Predicate{
		{Field: l.Field.Name, Op: gold.Gte, Values: []gold.Value{first}, Via: l.via},
		{Field: l.Field.Name, Op: gold.Lte, Values: []gold.Value{last}, Via: l.via},
	}
}

// extents remembers the first and last values of fields of versions, which never change.
type extents struct {
	mu    sync.Mutex
	spans map[valueList]*Span
}

// maxExtents is the number of extents that are remembered.
const maxExtents = 256

// extent returns the time that a timeline's field has values in, from the start of the first day to the last instant; nil
// where it has none.
func (e *Engine) extent(ctx context.Context, l *Timeline, to *Said) (*Span, error) {
	key := valueList{l.owner.ID, l.Field.Name}
	e.extents.mu.Lock()
	known, ok := e.extents.spans[key]
	e.extents.mu.Unlock()
	if ok {
		return known, nil
	}
	values, stats, err := e.measure(ctx, nil, l.catalog, l.owner, nil, []gold.Measure{{Func: gold.Min, Field: l.Field.Name}, {Func: gold.Max, Field: l.Field.Name}})
	if err != nil {
		return nil, err
	}
	to.Took += stats.Duration
	var found *Span
	if first, last := values["min("+l.Field.Name+")"], values["max("+l.Field.Name+")"]; !first.IsNull() {
		found = &Span{startOf(first.Int(), gold.DayPeriod), last.Int()}
		if last.Kind() == gold.Date {
			*found = DaysSpan(first.Int(), last.Int())
		}
	}
	e.extents.mu.Lock()
	defer e.extents.mu.Unlock()
	if e.extents.spans == nil || len(e.extents.spans) >= maxExtents {
		e.extents.spans = map[valueList]*Span{}
	}
	e.extents.spans[key] = found
	return found, nil
}

// coverage returns the time that data cover on a timeline, nil where they have none: from the day of the first value to
// the instant of the last one, and where the timeline isn't the model's own up to the last instant of that one.
func (e *Engine) coverage(ctx context.Context, c *Catalog, l *Timeline, to *Said) (*Span, error) {
	data, err := e.extent(ctx, l, to)
	if err != nil || data == nil || l.main {
		return data, err
	}
	of := c.ByName[c.Contracts.AsOf.Dataset]
	if of == nil || of.Location == "" {
		return data, nil
	}
	axis := c.Axis(of)
	if axis == nil {
		return data, nil
	}
	all, err := e.extent(ctx, axis, to)
	if err != nil || all == nil {
		return data, err
	}
	last := max(data.Last, all.Last)
	if l.Field.Kind == gold.Date {
		last = endOf(last, gold.DayPeriod)
	}
	return &Span{data.First, last}, nil
}
