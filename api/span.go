package api

import (
	"context"
	"fmt"
	"sync"
	"time"

	"goldserve/gold"
	"goldserve/gold/measure"
)

// span is a time from its first to its last millisecond, both inclusive, since 1970-01-01T00:00:00Z.
type span struct{ first, last int64 }

const millisPerDay = 86_400_000

// text writes an end of a span: a day where the span has whole days, else an instant.
func (s span) text(at int64) string {
	if midnight(s.first) && midnight(s.last+1) {
		return gold.NewTime(at).Time().Format(time.DateOnly)
	}
	return string(gold.AppendTime(nil, at))
}

// json writes a span as {"from", "to"}, both inclusive.
func (s span) json(o *object, name string) {
	o.name(name)
	inner := &object{b: append(o.b, '{')}
	inner.text("from", s.text(s.first))
	inner.text("to", s.text(s.last))
	o.b = append(inner.b, '}')
}

func midnight(at int64) bool { return at%millisPerDay == 0 }

func startOfMonth(at int64) bool { return midnight(at) && gold.NewTime(at).Time().Day() == 1 }

// addMonths moves an instant by months and keeps the day of the month and the time; where the month has no such day,
// it is the start of the month after.
func addMonths(at int64, months int) int64 {
	t := gold.NewTime(at).Time()
	first := time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC).AddDate(0, months, 0)
	end := first.AddDate(0, 1, 0)
	return min(first.UnixMilli()+at-time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC).UnixMilli(), end.UnixMilli())
}

// step is how far back a comparison looks: months, or milliseconds.
type step struct {
	months int
	millis int64
}

func (s step) back(at int64) int64 {
	if s.months != 0 {
		return addMonths(at, -s.months)
	}
	return at - s.millis
}

// of returns the span before another that a step goes back to. Ends are moved as the first instant after them, so that
// the last day of a month stays the last.
func (s step) of(now span) span { return span{s.back(now.first), s.back(now.last+1) - 1} }

// stepOf returns the step of a comparison of a whole span: the span itself, in months where it is made of months.
func stepOf(compare string, whole span) step {
	switch {
	case compare == "year":
		return step{months: 12}
	case startOfMonth(whole.first) && startOfMonth(whole.last+1):
		from, to := gold.NewTime(whole.first).Time(), gold.NewTime(whole.last+1).Time()
		return step{months: (to.Year()-from.Year())*12 + int(to.Month()) - int(from.Month())}
	default:
		return step{millis: whole.last + 1 - whole.first}
	}
}

// stepOfGrain returns the step of a comparison of periods: one of them, or a year. Weeks of a year ago are 52 weeks ago.
func stepOfGrain(compare string, g gold.Grain) step {
	switch {
	case g == gold.Week && compare == "year":
		return step{millis: 52 * 7 * millisPerDay}
	case g == gold.Week:
		return step{millis: 7 * millisPerDay}
	case compare == "year" || g == gold.Year:
		return step{months: 12}
	case g == gold.Month:
		return step{months: 1}
	default:
		return step{millis: millisPerDay}
	}
}

// timeline is a Date or Time field by which rows lie in time. In the dataset that a model's asOf names, texts of the
// formats month and date are the months and days of that field.
type timeline struct {
	catalog *catalog
	field   *gold.Field
	owner   *gold.Version
	via     *gold.Via // nil: the rows' own
	main    bool      // it is the field that says as of when a release is
}

// axis returns the timeline of a version: the field that the model's asOf names; nil where that is of another dataset.
func (c *catalog) axis(v *gold.Version) *timeline {
	ref := c.model.contracts.AsOf
	if ref.Dataset != v.Dataset.Name {
		return nil
	}
	f := v.Dataset.Field(ref.Field)
	if f == nil || f.Kind != gold.Date && f.Kind != gold.Time {
		return nil
	}
	return &timeline{catalog: c, field: f, owner: v, main: true}
}

// is reports whether a name means the timeline's field.
func (l *timeline) is(name string, via *gold.Via) bool {
	return l.field.Name == name && (l.via == nil) == (via == nil)
}

// grain returns the periods that a text field holds, GrainNone for any other.
func (l *timeline) grain(f *gold.Field, via *gold.Via) gold.Grain {
	switch {
	case !l.main || via != nil || f.Kind != gold.Text:
		return gold.GrainNone
	case f.Doc.Format == "month":
		return gold.Month
	case f.Doc.Format == "date":
		return gold.Day
	default:
		return gold.GrainNone
	}
}

// where returns the predicates that a span makes of the timeline.
func (l *timeline) where(s span) []gold.Predicate {
	first, last := gold.NewTime(s.first), gold.NewTime(s.last)
	if l.field.Kind == gold.Date {
		from, _ := measure.Period(gold.Time, s.first, gold.Day)
		to, _ := measure.Period(gold.Time, s.last, gold.Day)
		first, last = gold.NewDate(from), gold.NewDate(to)
	}
	return []gold.Predicate{
		{Field: l.field.Name, Op: gold.Gte, Values: []gold.Value{first}, Via: l.via},
		{Field: l.field.Name, Op: gold.Lte, Values: []gold.Value{last}, Via: l.via},
	}
}

// asked is a span as filters ask for it; an end that no filter gives is open.
type asked struct {
	span
	fromOpen, toOpen bool
}

// given reports whether a filter gives an end.
func (a asked) given() bool { return !a.fromOpen || !a.toOpen }

// split reads the filters that are on the timeline: the span that they ask for together. The other filters are rest.
// A filter that asks for no one span is a problem.
func (l *timeline) split(p *params, filters []filter) (a asked, rest []filter) {
	a = asked{span{gold.MinTime, gold.MaxTime}, true, true}
	for _, f := range filters {
		grain := l.grain(f.reach.field, f.reach.via)
		if !l.is(f.reach.name, f.reach.via) && grain == gold.GrainNone {
			rest = append(rest, f)
			continue
		}
		for _, w := range f.where {
			if err := a.narrow(w, grain); err != nil {
				p.problem(f.parameter, problemInvalidValue, "%v", err)
				break
			}
		}
	}
	if a.first > a.last {
		p.problem("compare", problemInvalidValue, "the filters by time leave no time to compare")
	}
	return a, rest
}

// narrow cuts the span to what a predicate leaves of it.
func (a *asked) narrow(w gold.Predicate, grain gold.Grain) error {
	if len(w.Values) != 1 {
		return fmt.Errorf("compare needs one span of time: use eq, gte, gt, lte or lt")
	}
	s, err := spanOf(w.Values[0], grain)
	if err != nil {
		return err
	}
	from, to := s.first, s.last
	switch w.Op {
	case gold.Eq:
	case gold.Gte:
		to = a.last
	case gold.Gt:
		from, to = s.last+1, a.last
	case gold.Lte:
		from = a.first
	case gold.Lt:
		from, to = a.first, s.first-1
	default:
		return fmt.Errorf("compare needs one span of time: use eq, gte, gt, lte or lt")
	}
	if from > a.first {
		a.first, a.fromOpen = from, false
	}
	if to < a.last {
		a.last, a.toOpen = to, false
	}
	return nil
}

// spanOf returns the time that a value means: an instant, a day, or the period that a text of a grain holds.
func spanOf(v gold.Value, grain gold.Grain) (span, error) {
	switch v.Kind() {
	case gold.Time:
		return span{v.Int(), v.Int()}, nil
	case gold.Date:
		return span{v.Int() * millisPerDay, (v.Int()+1)*millisPerDay - 1}, nil
	default:
		return periodSpan(v.Text(), grain)
	}
}

// grainLayouts are the texts of periods.
var grainLayouts = map[gold.Grain]string{gold.Day: time.DateOnly, gold.Week: time.DateOnly, gold.Month: "2006-01", gold.Year: "2006"}

// periodSpan returns the time of a period by its text, as a grain writes it.
func periodSpan(text string, grain gold.Grain) (span, error) {
	start, err := time.Parse(grainLayouts[grain], text)
	if err != nil {
		return span{}, fmt.Errorf("compare needs a %s such as %s", grain, time.Date(2011, 12, 8, 0, 0, 0, 0, time.UTC).Format(grainLayouts[grain]))
	}
	first, end := measure.Period(gold.Date, days(start), grain)
	return span{first * millisPerDay, end*millisPerDay - 1}, nil
}

// periodText returns the text of the period of a grain that holds an instant.
func periodText(at int64, grain gold.Grain) string {
	return string(measure.AppendGrain(nil, gold.Time, at, grain))
}

// closed resolves open ends with the time that the data cover. whole is the span that is asked for, now the part of
// it up to the data's end. An open end of whole months is the end of the month that the data end in.
func (a asked) closed(data span) (whole, now span) {
	whole = a.span
	if a.fromOpen {
		whole.first = data.first
	}
	if a.toOpen {
		whole.last = data.last
		if startOfMonth(whole.first) {
			_, end := measure.Period(gold.Time, data.last, gold.Month)
			whole.last = end*millisPerDay - 1
		}
	}
	return whole, span{whole.first, min(whole.last, data.last)}
}

// lastCompleteMonth returns the last month that data cover to its end.
func lastCompleteMonth(data span) span {
	start, _ := measure.Period(gold.Time, data.last+1, gold.Month)
	end := start * millisPerDay
	return span{addMonths(end, -1), end - 1}
}

// extents remembers the first and last values of fields of versions, which never change.
type extents struct {
	mu    sync.Mutex
	spans map[valueList]*span
}

// maxExtents is the number of extents that are remembered.
const maxExtents = 256

// extent returns the days that a timeline's field has values in, nil where it has none.
func (s *Server) extent(ctx context.Context, l *timeline, m *meta) (*span, error) {
	key := valueList{l.owner.ID, l.field.Name}
	s.extents.mu.Lock()
	known, ok := s.extents.spans[key]
	s.extents.mu.Unlock()
	if ok {
		return known, nil
	}
	values, stats, err := s.measure(ctx, l.catalog, l.owner, nil, []gold.Measure{{Func: gold.Min, Field: l.field.Name}, {Func: gold.Max, Field: l.field.Name}})
	if err != nil {
		return nil, err
	}
	m.query += stats.Duration
	var found *span
	if first, last := values["min("+l.field.Name+")"], values["max("+l.field.Name+")"]; !first.IsNull() {
		from, _ := measure.Period(first.Kind(), first.Int(), gold.Day)
		_, end := measure.Period(last.Kind(), last.Int(), gold.Day)
		found = &span{from * millisPerDay, end*millisPerDay - 1}
	}
	s.extents.mu.Lock()
	defer s.extents.mu.Unlock()
	if s.extents.spans == nil || len(s.extents.spans) >= maxExtents {
		s.extents.spans = map[valueList]*span{}
	}
	s.extents.spans[key] = found
	return found, nil
}

// coverage returns the time that data cover on a timeline, to the day, nil where they have none: the days from the first
// to the last value, and where the timeline isn't the model's own up to the last day of that one.
func (s *Server) coverage(ctx context.Context, c *catalog, l *timeline, m *meta) (*span, error) {
	data, err := s.extent(ctx, l, m)
	if err != nil || data == nil || l.main {
		return data, err
	}
	of := c.byName[c.model.contracts.AsOf.Dataset]
	if of == nil || of.Location == "" {
		return data, nil
	}
	axis := c.axis(of)
	if axis == nil {
		return data, nil
	}
	all, err := s.extent(ctx, axis, m)
	if err != nil || all == nil {
		return data, err
	}
	return &span{data.first, max(data.last, all.last)}, nil
}
