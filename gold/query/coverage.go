package query

import (
	"context"

	"goldserve/gold"
)

// extent returns the time that a timeline's field has values in, from the start of the first day to the last instant; nil
// where it has none.
func (e *Engine) extent(ctx context.Context, l *Timeline, to *Metadata) (*Span, error) {
	field := fieldOf{l.owner.ID, l.Field.Name, l.catalog.Calendar.Timezone}
	if known, ok := e.extents.get(field); ok {
		return known, nil
	}
	values, stats, err := e.measure(ctx, nil, l.catalog, l.owner, nil, []gold.Measure{{Func: gold.Min, Field: l.Field.Name}, {Func: gold.Max, Field: l.Field.Name}})
	if err != nil {
		return nil, err
	}
	to.Took += stats.Duration
	var found *Span
	if first, last := values["min("+l.Field.Name+")"], values["max("+l.Field.Name+")"]; !first.IsNull() {
		clock := l.clock()
		if last.Kind() == gold.Date {
			found = new(clock.days(first.Int(), last.Int()))
		} else {
			found = &Span{clock.startOf(first.Int(), gold.DayPeriod), last.Int()}
		}
	}
	e.extents.put(field, found, maxExtents)
	return found, nil
}

// coverage returns the time that data cover on a timeline, nil where they have none: from the day of the first value to
// the instant of the last one, and where the timeline isn't the model's own up to the last instant of that one.
func (e *Engine) coverage(ctx context.Context, c *Catalog, l *Timeline, to *Metadata) (*Span, error) {
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
		last = l.clock().endOf(last, gold.DayPeriod)
	}
	return &Span{data.First, last}, nil
}

// maxExtents is the largest number of cached extents.
const maxExtents = 256
