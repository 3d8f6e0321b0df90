package api

import (
	"strings"

	"goldserve/gold"
)

// span is a time from its first to its last millisecond, both inclusive, since 1970-01-01T00:00:00Z.
type span struct{ first, last int64 }

const millisPerDay = 86_400_000

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

// asked is a span as filters ask for it; an end that no filter gives is open.
type asked struct {
	span
	fromOpen, toOpen bool
}

// given reports whether a filter gives an end.
func (a asked) given() bool { return !a.fromOpen || !a.toOpen }

// narrow cuts the span to what a comparison with a time leaves of it, and reports whether that is one span; nil: it is
// compared with no one time.
func (a *asked) narrow(op gold.Op, time *span) bool {
	if time == nil {
		return false
	}
	from, to := time.first, time.last
	switch op {
	case gold.Eq:
	case gold.Gte:
		to = a.last
	case gold.Gt:
		from, to = time.last+1, a.last
	case gold.Lte:
		from = a.first
	case gold.Lt:
		from, to = a.first, time.first-1
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
