package api

import (
	"context"
	"strings"
	"sync"

	"goldserve/gold"
)

// span is a time from its first to its last millisecond, both inclusive, since 1970-01-01T00:00:00Z.
type span struct{ first, last int64 }

const millisPerDay = 86_400_000

// json writes a span as {"from", "to"}, both inclusive instants.
func (s span) json(o *object, name string) {
	o.name(name)
	inner := &object{b: append(o.b, '{')}
	inner.text("from", string(gold.AppendTime(nil, s.first)))
	inner.text("to", string(gold.AppendTime(nil, s.last)))
	o.b = append(inner.b, '}')
}

// daysSpan returns the time of days, both included.
func daysSpan(first, last int64) span {
	return span{first * millisPerDay, (last+1)*millisPerDay - 1}
}

// months reports whether the span is made of whole months.
func (s span) months() bool { return startOfMonth(s.first) && startOfMonth(s.last+1) }

// calendar reports whether the span is made of whole months or of whole weeks.
func (s span) calendar() bool {
	return s.months() || startOf(s.first, gold.WeekPeriod) == s.first && startOf(s.last+1, gold.WeekPeriod) == s.last+1
}

func midnight(at int64) bool { return startOf(at, gold.DayPeriod) == at }

func startOfMonth(at int64) bool { return startOf(at, gold.MonthPeriod) == at }

// dayOf returns the day of an instant.
func dayOf(at int64) int64 { return (at - (at%millisPerDay+millisPerDay)%millisPerDay) / millisPerDay }

// startOf returns the first instant of the period of a unit that holds an instant, endOf the last one.
func startOf(at int64, u gold.PeriodUnit) int64 { return u.At(dayOf(at)).First * millisPerDay }

func endOf(at int64, u gold.PeriodUnit) int64 { return (u.At(dayOf(at)).Last+1)*millisPerDay - 1 }

// addMonths moves an instant by months and keeps the day of the month and the time; where the month has no such day,
// its last one takes the place: a year before 29 February is 28 February.
func addMonths(at int64, months int) int64 {
	start := startOf(at, gold.MonthPeriod)
	first := gold.NewTime(start).Time().AddDate(0, months, 0).UnixMilli()
	lastDay := startOf(endOf(first, gold.MonthPeriod), gold.DayPeriod)
	day, timeOfDay := startOf(at, gold.DayPeriod)-start, at-startOf(at, gold.DayPeriod)
	return min(first+day, lastDay) + timeOfDay
}

// step is how far back a comparison looks: months, or milliseconds.
type step struct {
	months int
	millis int64
	length bool // months of a span of days: it keeps its length
	daily  bool // months of groups by day
}

func (s step) back(at int64) int64 {
	if s.months != 0 {
		return addMonths(at, -s.months)
	}
	return at - s.millis
}

// of returns the span before another that a step goes back to. The end of a month stays the end of one; a span of days
// ends on the same day of the year before.
func (s step) of(now span) span {
	switch last := s.back(now.last); {
	case s.length:
		return span{last - (now.last - now.first), last}
	case s.again(startOf(now.last, gold.DayPeriod), now):
		return span{s.back(now.first), endOf(last, gold.DayPeriod)}
	case s.months != 0 && !s.daily && startOfMonth(now.last+1):
		return span{s.back(now.first), s.back(now.last+1) - 1}
	default:
		return span{s.back(now.first), last}
	}
}

// again reports whether a step leads from a day of a span to the day that it leads to from the day before: a year before
// 29 February lies what is a year before the 28th.
func (s step) again(day int64, now span) bool {
	return s.daily && now.first < day && s.back(day) == s.back(day-millisPerDay)
}

// stepOf returns the step of a comparison of a whole span: the span itself, in months where it is made of months.
func stepOf(compare string, whole span) step {
	switch {
	case compare == "year":
		return step{months: 12, length: !whole.months()}
	case whole.months():
		from, to := gold.NewTime(whole.first).Time(), gold.NewTime(whole.last+1).Time()
		return step{months: (to.Year()-from.Year())*12 + int(to.Month()) - int(from.Month())}
	default:
		return step{millis: whole.last + 1 - whole.first}
	}
}

// stepOfUnit returns the step of a comparison of periods: one of them, or a year. Weeks of a year ago are 52 weeks ago.
func stepOfUnit(compare string, u gold.PeriodUnit) step {
	switch {
	case u == gold.WeekPeriod && compare == "year":
		return step{millis: 52 * 7 * millisPerDay}
	case u == gold.WeekPeriod:
		return step{millis: 7 * millisPerDay}
	case compare == "year" || u == gold.YearPeriod:
		return step{months: 12, daily: u == gold.DayPeriod}
	case u == gold.QuarterPeriod:
		return step{months: 3}
	case u == gold.MonthPeriod:
		return step{months: 1}
	default:
		return step{millis: millisPerDay}
	}
}

// timeline is a Date or Time field by which rows lie in time. In the dataset that a model's asOf names, texts whose
// format is one of periods are the periods of that field.
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

// unit returns the periods of the timeline that a text field holds, NoPeriod for any other.
func (l *timeline) unit(f *gold.Field, via *gold.Via) gold.PeriodUnit {
	if !l.main || via != nil || f.Kind != gold.Text || gold.PeriodFormat(f.Doc.Format) == gold.NoPeriod {
		return gold.NoPeriod
	}
	unit, _ := l.owner.Dataset.PeriodOf(f)
	return unit
}

// where returns the predicates that a span makes of the timeline.
func (l *timeline) where(s span) []gold.Predicate {
	first, last := gold.NewTime(s.first), gold.NewTime(s.last)
	if l.field.Kind == gold.Date {
		first, last = gold.NewDate(dayOf(s.first)), gold.NewDate(dayOf(s.last))
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
		if !l.is(f.reach.name, f.reach.via) && l.unit(f.reach.field, f.reach.via) == gold.NoPeriod {
			rest = append(rest, f)
			continue
		}
		if !a.narrow(f.condition) {
			p.problem(f.parameter, problemInvalidValue, "compare needs one span of time: use eq, gte, gt, lte or lt")
		}
	}
	if a.first > a.last {
		p.problem("compare", problemInvalidValue, "the filters by time leave no time to compare")
	}
	return a, rest
}

// narrow cuts the span to what a condition leaves of it, and reports whether that is one span.
func (a *asked) narrow(c condition) bool {
	if c.time == nil {
		return false
	}
	from, to := c.time.first, c.time.last
	switch c.op {
	case gold.Eq:
	case gold.Gte:
		to = a.last
	case gold.Gt:
		from, to = c.time.last+1, a.last
	case gold.Lte:
		from = a.first
	case gold.Lt:
		from, to = a.first, c.time.first-1
	default:
		return false
	}
	if from > a.first {
		a.first, a.fromOpen = from, false
	}
	if to < a.last {
		a.last, a.toOpen = to, false
	}
	return true
}

// periodSpan returns the time of a period by its text in a group, and false where the text is none.
func periodSpan(text string, u gold.PeriodUnit) (span, bool) {
	p, ok := gold.ParsePeriod(text)
	if ok && p.Unit != u {
		p, ok = u.At(p.First), u == gold.WeekPeriod && p.Unit == gold.DayPeriod
	}
	return daysSpan(p.First, p.Last), ok
}

// periodText returns the text of the period of a unit that holds an instant. A week is its Monday, or named as the
// text of another one is.
func periodText(at int64, u gold.PeriodUnit, like string) string {
	p := u.At(dayOf(at))
	if u == gold.WeekPeriod && !strings.Contains(like, "W") {
		p.Unit = gold.DayPeriod
	}
	return p.Text()
}

// closed resolves open ends with the time that the data cover. whole is the span that is asked for, now the part of
// it up to the data's end. An open end is that of the day that the data end in, and of whole months that of the month;
// an open end after a time of the day is the data's.
func (a asked) closed(data span) (whole, now span) {
	whole = a.span
	if a.fromOpen {
		whole.first = data.first
	}
	switch {
	case !a.toOpen:
	case startOfMonth(whole.first):
		whole.last = endOf(data.last, gold.MonthPeriod)
	case midnight(whole.first):
		whole.last = endOf(data.last, gold.DayPeriod)
	default:
		whole.last = data.last
	}
	return whole, span{whole.first, whole.until(data, whole.calendar())}
}

// periods returns the part of the span up to the data's end as groups by a unit have it.
func (a asked) periods(data span, u gold.PeriodUnit) span {
	now := span{max(a.first, data.first), data.last}
	if end := endOf(data.last, gold.DayPeriod); u != gold.DayPeriod && end == endOf(data.last, u) {
		now.last = end
	}
	now.last = min(now.last, a.last)
	return now
}

// until returns the end of what a span has of the data: the instant at which they end. Whole periods that they reach the
// last day of are whole, as that day is.
func (s span) until(data span, periods bool) int64 {
	if periods && s.last <= endOf(data.last, gold.DayPeriod) {
		return s.last
	}
	return min(s.last, data.last)
}

// lastCompleteMonth returns the last month that data cover to its last day.
func lastCompleteMonth(data span) span {
	end := startOf(endOf(data.last, gold.DayPeriod)+1, gold.MonthPeriod)
	return span{addMonths(end, -1), end - 1}
}

// extents remembers the first and last values of fields of versions, which never change.
type extents struct {
	mu    sync.Mutex
	spans map[valueList]*span
}

// maxExtents is the number of extents that are remembered.
const maxExtents = 256

// extent returns the time that a timeline's field has values in, from the start of the first day to the last instant; nil
// where it has none.
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
		found = &span{startOf(first.Int(), gold.DayPeriod), last.Int()}
		if last.Kind() == gold.Date {
			*found = daysSpan(first.Int(), last.Int())
		}
	}
	s.extents.mu.Lock()
	defer s.extents.mu.Unlock()
	if s.extents.spans == nil || len(s.extents.spans) >= maxExtents {
		s.extents.spans = map[valueList]*span{}
	}
	s.extents.spans[key] = found
	return found, nil
}

// coverage returns the time that data cover on a timeline, nil where they have none: from the day of the first value to
// the instant of the last one, and where the timeline isn't the model's own up to the last instant of that one.
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
	last := max(data.last, all.last)
	if l.field.Kind == gold.Date {
		last = endOf(last, gold.DayPeriod)
	}
	return &span{data.first, last}, nil
}
