package query

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"goldserve/gold"
)

// present are the periods that have rows, of which each is compared with the latest before it.
type present struct {
	clock   clock
	unit    gold.PeriodUnit
	group   int // of the periods
	data    Span
	periods map[groupKey][]presentPeriod // ascending, by the other groups
	whole   map[groupKey][]gold.Value    // the measures
	parts   map[int64]*part              // by the start of their period
}

// part is the part of a period that a question has, with the measures of the same part of earlier ones.
type part struct {
	asked  Span
	groups map[groupKey][]gold.Value
}

// presentPeriod is a period by its first instant and its value as a group.
type presentPeriod struct {
	first int64
	value gold.Value
}

// present reads the periods up to the end of what a comparison asks for.
func (r *past) present(ctx context.Context, e *earlier) (*present, error) {
	c, clock := e.comparison, e.comparison.Line.clock()
	whole, err := r.groups(ctx, c.Line.where(Span{e.data.First, e.now.Last}))
	if err != nil {
		return nil, err
	}
	if err := r.hold(int64(len(whole)) * earlierBytes(0)); err != nil {
		return nil, err
	}
	p := &present{clock: clock, unit: c.unit, group: c.Group, data: e.data, whole: whole, periods: map[groupKey][]presentPeriod{}, parts: map[int64]*part{}}
	for key := range whole {
		if first, others, ok := p.split(key); ok {
			p.periods[others] = append(p.periods[others], presentPeriod{first, key[p.group]})
		}
	}
	for _, periods := range p.periods {
		slices.SortFunc(periods, func(a, b presentPeriod) int { return cmp.Compare(a.first, b.first) })
	}
	for _, end := range []int64{e.now.First, e.now.Last} {
		period := p.at(end)
		asked := Span{max(period.First, e.now.First), min(period.Last, e.now.Last)}
		if p.parts[period.First] == nil && asked != period {
			groups, err := r.part(ctx, p, period.First, asked)
			if err != nil {
				return nil, err
			}
			p.parts[period.First] = &part{asked, groups}
		}
	}
	return p, nil
}

// partsAtOnce bounds the alternatives of one question.
const partsAtOnce = 50

// part reads what a part of the period that starts at first is compared with: the same part of the latest periods before.
func (r *past) part(ctx context.Context, p *present, first int64, asked Span) (map[groupKey][]gold.Value, error) {
	starts := map[int64]bool{}
	for _, periods := range p.periods {
		if i, ok := before(periods, first); ok && i+1 < len(periods) && periods[i+1].first == first {
			starts[periods[i].first] = true
		}
	}
	line, groups := r.plan.query.Comparison.Line, map[groupKey][]gold.Value{}
	for some := range slices.Chunk(slices.Sorted(maps.Keys(starts)), partsAtOnce) {
		var spans [][]gold.Predicate
		for _, start := range some {
			spans = append(spans, line.where(p.same(asked, first, start)))
		}
		found, err := r.groups(ctx, gold.AnyOf(spans...))
		if err != nil {
			return nil, err
		}
		maps.Copy(groups, found)
	}
	return groups, nil
}

// of returns what a group is compared with: measures, and the period that they are of. none are the measures over no rows.
func (p *present) of(key groupKey, none []gold.Value) (measures []gold.Value, period gold.Value) {
	first, others, ok := p.split(key)
	if !ok {
		return nil, gold.Value{}
	}
	periods := p.periods[others]
	i, ok := before(periods, first)
	if !ok {
		return nil, gold.Value{}
	}
	key[p.group] = periods[i].value
	groups := p.whole
	if part := p.parts[first]; part != nil {
		if groups = part.groups; p.same(part.asked, first, periods[i].first).Last < p.data.First {
			return nil, gold.Value{}
		}
	}
	measures = groups[key]
	if measures == nil {
		measures = none
	}
	return measures, periods[i].value
}

// same returns the part of an earlier period that corresponds to a part of another; the periods are told by their starts.
func (p *present) same(part Span, first, earlier int64) Span {
	whole, same := p.at(earlier), p.clock.stepFrom(first, earlier, p.unit).of(part)
	return Span{max(same.First, whole.First), min(same.Last, whole.Last)}
}

// split returns the first instant of a group's period and its other values; false if it has no period.
func (p *present) split(key groupKey) (first int64, others groupKey, ok bool) {
	if key[p.group].IsNull() {
		return 0, others, false
	}
	period, ok := p.clock.spanOf(key[p.group], p.unit)
	key[p.group] = gold.Value{}
	return period.First, key, ok
}

// at returns the period that holds an instant.
func (p *present) at(instant int64) Span {
	return Span{p.clock.startOf(instant, p.unit), p.clock.endOf(instant, p.unit)}
}

// before returns the index of the latest of some periods before an instant.
func before(periods []presentPeriod, first int64) (int, bool) {
	i, _ := slices.BinarySearchFunc(periods, first, func(p presentPeriod, first int64) int { return cmp.Compare(p.first, first) })
	return i - 1, i > 0
}
