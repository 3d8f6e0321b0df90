package query

import (
	"strings"

	"goldserve/gold"
)

// clock tells the periods of a model's calendar by their instants, in milliseconds since 1970-01-01T00:00:00Z.
type clock struct {
	gold.Calendar
	zone *gold.Zone
}

func clockOf(c gold.Calendar) clock { return clock{c, c.Zone()} }

// DaysSpan returns the time of days of a calendar, both included.
func DaysSpan(c gold.Calendar, first, last int64) Span { return clockOf(c).days(first, last) }

func (c clock) days(first, last int64) Span {
	return Span{c.zone.Start(first), c.zone.Start(last+1) - 1}
}

// local returns the time that clocks show at an instant, as if it were UTC.
func (c clock) local(at int64) int64 { return c.zone.Local(at) }

// instant is the inverse of local; a midnight is the start of its day.
func (c clock) instant(local int64) int64 {
	if day, rest := gold.FloorDiv(local, gold.MillisPerDay); rest == 0 {
		return c.zone.Start(day)
	}
	return c.zone.Instant(local)
}

// startOf returns the first instant of the period of a unit that holds an instant, endOf the last one.
func (c clock) startOf(at int64, u gold.PeriodUnit) int64 {
	if u == gold.HourPeriod {
		return c.zone.Hour(at)
	}
	return c.zone.Start(c.At(u, c.zone.DayOf(at)).First)
}

func (c clock) endOf(at int64, u gold.PeriodUnit) int64 {
	if u == gold.HourPeriod {
		return c.zone.Hour(at) + gold.MillisPerHour - 1
	}
	return c.zone.Start(c.At(u, c.zone.DayOf(at)).Last+1) - 1
}

func (c clock) midnight(at int64) bool { return c.starts(at, gold.DayPeriod) }

// starts reports whether a period of a unit starts at an instant.
func (c clock) starts(at int64, u gold.PeriodUnit) bool { return c.startOf(at, u) == at }

// months reports whether a span is made of whole months.
func (c clock) months(s Span) bool {
	return c.starts(s.First, gold.MonthPeriod) && c.starts(s.Last+1, gold.MonthPeriod)
}

// periods reports whether a span is made of whole months or of whole weeks.
func (c clock) periods(s Span) bool {
	return c.months(s) || c.starts(s.First, gold.WeekPeriod) && c.starts(s.Last+1, gold.WeekPeriod)
}

// addMonths moves an instant by months and keeps the day of the month and the time; where the month has no such day,
// its last one takes the place: a year before 29 February is 28 February.
func (c clock) addMonths(at int64, months int) int64 {
	day, ofDay := c.zone.DayOf(at), int64(0)
	if !c.midnight(at) {
		_, ofDay = gold.FloorDiv(c.local(at), gold.MillisPerDay)
	}
	month := gold.MonthPeriod.At(day)
	target := gold.MonthPeriod.At(gold.DayOf(gold.Midnight(month.First).AddDate(0, months, 0).UnixMilli()))
	return c.instant(min(target.First+day-month.First, target.Last)*gold.MillisPerDay + ofDay)
}

// addDays moves an instant by days and keeps the time of the day.
func (c clock) addDays(at, days int64) int64 {
	if c.midnight(at) {
		return c.zone.Start(c.zone.DayOf(at) + days)
	}
	return c.instant(c.local(at) + days*gold.MillisPerDay)
}

// lastCompleteMonth returns the last month that data cover to its last day.
func (c clock) lastCompleteMonth(data Span) Span {
	end := c.startOf(c.endOf(data.Last, gold.DayPeriod)+1, gold.MonthPeriod)
	return Span{c.addMonths(end, -1), end - 1}
}

// spanOf returns the time of a period by its value in a group, and false where the value is none.
func (c clock) spanOf(v gold.Value, u gold.PeriodUnit) (Span, bool) {
	if u == gold.HourPeriod {
		return Span{v.Int(), v.Int() + gold.MillisPerHour - 1}, v.Kind() == gold.Time
	}
	p, ok := c.ParsePeriod(v.Text())
	if ok && p.Unit != u {
		p, ok = c.At(u, p.First), u == gold.WeekPeriod && p.Unit == gold.DayPeriod
	}
	return c.days(p.First, p.Last), ok
}

// valueOf returns the value of the period of a unit that holds an instant. A week is its first day, or named as another
// one is.
func (c clock) valueOf(at int64, u gold.PeriodUnit, like gold.Value) gold.Value {
	if u == gold.HourPeriod {
		return gold.NewTime(c.zone.Hour(at))
	}
	p := c.At(u, c.zone.DayOf(at))
	if u == gold.WeekPeriod && !strings.Contains(like.Text(), "W") {
		p.Unit = gold.DayPeriod
	}
	return gold.NewText(c.Text(p))
}
