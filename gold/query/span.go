package query

import "goldserve/gold"

// Span is a time from its first to its last millisecond, both inclusive, since 1970-01-01T00:00:00Z.
type Span struct{ First, Last int64 }

// step is how far back a comparison looks: months, days or milliseconds.
type step struct {
	clock  clock
	months int
	days   int64
	millis int64
	length bool // months of a span of days: it keeps its length
	daily  bool // months of groups by day
}

func (s step) back(at int64) int64 {
	switch {
	case s.months != 0:
		return s.clock.addMonths(at, -s.months)
	case s.days != 0:
		return s.clock.addDays(at, -s.days)
	default:
		return at - s.millis
	}
}

// of returns the span before another that a step goes back to. The end of a month stays the end of one, and that of a day
// the end of one; a span of days ends on the same day of the year before.
func (s step) of(now Span) Span {
	ends := s.clock.midnight(now.Last + 1)
	last := s.back(now.Last)
	if ends {
		last = s.clock.addDays(s.back(s.clock.startOf(now.Last, gold.DayPeriod)), 1) - 1
	}
	switch {
	case s.length:
		return Span{s.clock.instant(s.clock.local(last+1) - (s.clock.local(now.Last+1) - s.clock.local(now.First))), last}
	case s.again(s.clock.startOf(now.Last, gold.DayPeriod), now):
		return Span{s.back(now.First), s.clock.endOf(last, gold.DayPeriod)}
	case s.months != 0 && !s.daily && s.clock.starts(now.Last+1, gold.MonthPeriod):
		return Span{s.back(now.First), s.back(now.Last+1) - 1}
	default:
		return Span{s.back(now.First), last}
	}
}

// again reports whether a step leads from a day of a span to the day that it leads to from the day before: a year before
// 29 February lies what is a year before the 28th.
func (s step) again(day int64, now Span) bool {
	return s.daily && now.First < day && s.back(day) == s.back(s.clock.addDays(day, -1))
}

// stepOf returns the step of a comparison of a whole span: the span itself, in months where it is made of months.
func (c clock) stepOf(compare string, whole Span) step {
	switch days := c.midnight(whole.First) && c.midnight(whole.Last+1); {
	case compare == "year":
		return step{clock: c, months: 12, length: !c.months(whole)}
	case c.months(whole):
		return step{clock: c, months: c.monthsFrom(whole.First, whole.Last+1)}
	case days:
		return step{clock: c, days: c.zone.DayOf(whole.Last) + 1 - c.zone.DayOf(whole.First)}
	default:
		return step{clock: c, millis: whole.Last + 1 - whole.First}
	}
}

// stepOfUnit returns the step of a comparison of periods: one of them, or a year. Weeks of a year ago are 52 weeks ago.
func (c clock) stepOfUnit(compare string, u gold.PeriodUnit) step {
	switch {
	case u == gold.WeekPeriod && compare == "year":
		return step{clock: c, days: 52 * 7}
	case u == gold.WeekPeriod:
		return step{clock: c, days: 7}
	case compare == "year" || u == gold.YearPeriod || u == gold.FiscalYearPeriod:
		return step{clock: c, months: 12, daily: u == gold.DayPeriod}
	case u == gold.QuarterPeriod || u == gold.FiscalQuarterPeriod:
		return step{clock: c, months: 3}
	case u == gold.MonthPeriod:
		return step{clock: c, months: 1}
	case u == gold.HourPeriod:
		return step{clock: c, millis: gold.MillisPerHour}
	default:
		return step{clock: c, days: 1}
	}
}

// stepFrom returns the step from the start of a period of a unit to that of an earlier one.
func (c clock) stepFrom(first, earlier int64, u gold.PeriodUnit) step {
	days := c.zone.DayOf(first) - c.zone.DayOf(earlier)
	switch u {
	case gold.HourPeriod:
		return step{clock: c, millis: first - earlier}
	case gold.DayPeriod, gold.WeekPeriod:
		return step{clock: c, days: days}
	default:
		return step{clock: c, months: c.monthsFrom(earlier, first)}
	}
}

// monthsFrom returns how many months lie between two instants that start one each.
func (c clock) monthsFrom(first, last int64) int {
	from, to := gold.Midnight(c.zone.DayOf(first)), gold.Midnight(c.zone.DayOf(last))
	return (to.Year()-from.Year())*12 + int(to.Month()) - int(from.Month())
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

// closed resolves open ends with the time that the data cover. whole is the span that is asked for, now the part of
// it up to the data's end. An open end is that of the day that the data end in, and of whole months that of the month;
// an open end after a time of the day is the data's.
func (a Asked) closed(c clock, data Span) (whole, now Span) {
	whole = a.Span
	if a.fromOpen {
		whole.First = data.First
	}
	switch {
	case !a.toOpen:
	case c.starts(whole.First, gold.MonthPeriod):
		whole.Last = c.endOf(data.Last, gold.MonthPeriod)
	case c.midnight(whole.First):
		whole.Last = c.endOf(data.Last, gold.DayPeriod)
	default:
		whole.Last = data.Last
	}
	return whole, Span{whole.First, c.until(whole, data, c.periods(whole))}
}

// periods returns the part of the span up to the data's end as groups by a unit have it.
func (a Asked) periods(c clock, data Span, u gold.PeriodUnit) Span {
	now := Span{max(a.First, data.First), data.Last}
	if end := c.endOf(data.Last, gold.DayPeriod); u != gold.DayPeriod && end == c.endOf(data.Last, u) {
		now.Last = end
	}
	now.Last = min(now.Last, a.Last)
	return now
}

// until returns the end of what a span has of the data: the instant at which they end. Whole periods that they reach the
// last day of are whole, as that day is.
func (c clock) until(s, data Span, periods bool) int64 {
	if periods && s.Last <= c.endOf(data.Last, gold.DayPeriod) {
		return s.Last
	}
	return min(s.Last, data.Last)
}
