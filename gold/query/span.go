package query

import (
	"strings"

	"goldserve/gold"
)

// Span is a time from its first to its last millisecond, both inclusive, since 1970-01-01T00:00:00Z.
type Span struct{ First, Last int64 }

// DaysSpan returns the time of days, both included.
func DaysSpan(first, last int64) Span {
	return Span{first * gold.MillisPerDay, (last+1)*gold.MillisPerDay - 1}
}

// months reports whether the span is made of whole months.
func (s Span) months() bool { return startOfMonth(s.First) && startOfMonth(s.Last+1) }

// calendar reports whether the span is made of whole months or of whole weeks.
func (s Span) calendar() bool {
	return s.months() || startOf(s.First, gold.WeekPeriod) == s.First && startOf(s.Last+1, gold.WeekPeriod) == s.Last+1
}

func midnight(at int64) bool { return startOf(at, gold.DayPeriod) == at }

func startOfMonth(at int64) bool { return startOf(at, gold.MonthPeriod) == at }

// startOf returns the first instant of the period of a unit that holds an instant, endOf the last one.
func startOf(at int64, u gold.PeriodUnit) int64 {
	return u.At(gold.DayOf(at)).First * gold.MillisPerDay
}

func endOf(at int64, u gold.PeriodUnit) int64 {
	return (u.At(gold.DayOf(at)).Last+1)*gold.MillisPerDay - 1
}

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
func (s step) of(now Span) Span {
	switch last := s.back(now.Last); {
	case s.length:
		return Span{last - (now.Last - now.First), last}
	case s.again(startOf(now.Last, gold.DayPeriod), now):
		return Span{s.back(now.First), endOf(last, gold.DayPeriod)}
	case s.months != 0 && !s.daily && startOfMonth(now.Last+1):
		return Span{s.back(now.First), s.back(now.Last+1) - 1}
	default:
		return Span{s.back(now.First), last}
	}
}

// again reports whether a step leads from a day of a span to the day that it leads to from the day before: a year before
// 29 February lies what is a year before the 28th.
func (s step) again(day int64, now Span) bool {
	return s.daily && now.First < day && s.back(day) == s.back(day-gold.MillisPerDay)
}

// stepOf returns the step of a comparison of a whole span: the span itself, in months where it is made of months.
func stepOf(compare string, whole Span) step {
	switch {
	case compare == "year":
		return step{months: 12, length: !whole.months()}
	case whole.months():
		from, to := gold.NewTime(whole.First).Time(), gold.NewTime(whole.Last+1).Time()
		return step{months: (to.Year()-from.Year())*12 + int(to.Month()) - int(from.Month())}
	default:
		return step{millis: whole.Last + 1 - whole.First}
	}
}

// stepOfUnit returns the step of a comparison of periods: one of them, or a year. Weeks of a year ago are 52 weeks ago.
func stepOfUnit(compare string, u gold.PeriodUnit) step {
	switch {
	case u == gold.WeekPeriod && compare == "year":
		return step{millis: 52 * 7 * gold.MillisPerDay}
	case u == gold.WeekPeriod:
		return step{millis: 7 * gold.MillisPerDay}
	case compare == "year" || u == gold.YearPeriod:
		return step{months: 12, daily: u == gold.DayPeriod}
	case u == gold.QuarterPeriod:
		return step{months: 3}
	case u == gold.MonthPeriod:
		return step{months: 1}
	default:
		return step{millis: gold.MillisPerDay}
	}
}

// Asked is a span as filters ask for it; an end that no filter gives is open.
type Asked struct {
	Span
	fromOpen, toOpen bool
}

// AllTime is asked for where no filter gives an end.
func AllTime() Asked { return Asked{Span{gold.MinTime, gold.MaxTime}, true, true} }

// Given reports whether a filter gives an end.
func (a Asked) Given() bool { return !a.fromOpen || !a.toOpen }

// Narrow cuts the span to what a comparison with a time leaves of it, and reports whether that is one span; nil: it is
// compared with no one time.
func (a *Asked) Narrow(op gold.Op, time *Span) bool {
	if time == nil {
		return false
	}
	from, to := time.First, time.Last
	switch op {
	case gold.Eq:
	case gold.Gte:
		to = a.Last
	case gold.Gt:
		from, to = time.Last+1, a.Last
	case gold.Lte:
		from = a.First
	case gold.Lt:
		from, to = a.First, time.First-1
	default:
		return false
	}
	if from > a.First {
		a.First, a.fromOpen = from, false
	}
	if to < a.Last {
		a.Last, a.toOpen = to, false
	}
	return true
}

// periodSpan returns the time of a period by its text in a group, and false where the text is none.
func periodSpan(text string, u gold.PeriodUnit) (Span, bool) {
	p, ok := gold.ParsePeriod(text)
	if ok && p.Unit != u {
		p, ok = u.At(p.First), u == gold.WeekPeriod && p.Unit == gold.DayPeriod
	}
	return DaysSpan(p.First, p.Last), ok
}

// periodText returns the text of the period of a unit that holds an instant. A week is its Monday, or named as the
// text of another one is.
func periodText(at int64, u gold.PeriodUnit, like string) string {
	p := u.At(gold.DayOf(at))
	if u == gold.WeekPeriod && !strings.Contains(like, "W") {
		p.Unit = gold.DayPeriod
	}
	return p.Text()
}

// closed resolves open ends with the time that the data cover. whole is the span that is asked for, now the part of
// it up to the data's end. An open end is that of the day that the data end in, and of whole months that of the month;
// an open end after a time of the day is the data's.
func (a Asked) closed(data Span) (whole, now Span) {
	whole = a.Span
	if a.fromOpen {
		whole.First = data.First
	}
	switch {
	case !a.toOpen:
	case startOfMonth(whole.First):
		whole.Last = endOf(data.Last, gold.MonthPeriod)
	case midnight(whole.First):
		whole.Last = endOf(data.Last, gold.DayPeriod)
	default:
		whole.Last = data.Last
	}
	return whole, Span{whole.First, whole.until(data, whole.calendar())}
}

// periods returns the part of the span up to the data's end as groups by a unit have it.
func (a Asked) periods(data Span, u gold.PeriodUnit) Span {
	now := Span{max(a.First, data.First), data.Last}
	if end := endOf(data.Last, gold.DayPeriod); u != gold.DayPeriod && end == endOf(data.Last, u) {
		now.Last = end
	}
	now.Last = min(now.Last, a.Last)
	return now
}

// until returns the end of what a span has of the data: the instant at which they end. Whole periods that they reach the
// last day of are whole, as that day is.
func (s Span) until(data Span, periods bool) int64 {
	if periods && s.Last <= endOf(data.Last, gold.DayPeriod) {
		return s.Last
	}
	return min(s.Last, data.Last)
}

// lastCompleteMonth returns the last month that data cover to its last day.
func lastCompleteMonth(data Span) Span {
	end := startOf(endOf(data.Last, gold.DayPeriod)+1, gold.MonthPeriod)
	return Span{addMonths(end, -1), end - 1}
}
