package measure

import (
	"goldserve/gold"
)

// Periods are the periods that a grain cuts a Date or Time into. A period's key is its first day or, of an hour, its first
// instant: so keys are in the order of time.
type Periods struct {
	grain    gold.Grain
	unit     gold.PeriodUnit
	calendar gold.Calendar
	zone     *gold.Zone // of a Time
	time     bool
}

// PeriodsOf returns the periods of a group by a grain of a field of kind k.
func PeriodsOf(k gold.Kind, g gold.Group) Periods {
	return Periods{g.Grain, g.Grain.Unit(), g.Calendar, g.Calendar.Zone(), k == gold.Time}
}

// ByDay reports whether all instants of a day are in one period.
func (p Periods) ByDay() bool { return p.grain != gold.Hour }

// Zone returns the zone of the days, nil for UTC.
func (p Periods) Zone() *gold.Zone { return p.zone }

// Day returns the day that holds v, a Date's days or a Time's milliseconds since 1970.
func (p Periods) Day(v int64) int64 {
	if p.time {
		return p.zone.DayOf(v)
	}
	return v
}

// Key returns the key of the period that holds v.
func (p Periods) Key(v int64) int64 {
	if !p.ByDay() {
		return p.zone.Hour(v)
	}
	start, _ := p.Of(p.Day(v))
	return start
}

// Of returns the first day of the period that holds a day, and the first day after it.
func (p Periods) Of(day int64) (start, end int64) {
	period := p.calendar.At(p.unit, day)
	return period.First, period.Last + 1
}

// Value returns the value of a period in an answer: the day 2011-12-08, the week's first day 2011-12-05, the month
// 2011-12, the quarter 2011-Q4, the year 2011, FY2012-Q3, FY2012, or the Time at which an hour starts.
func (p Periods) Value(key int64) gold.Value {
	unit := p.unit
	switch p.grain {
	case gold.Hour:
		return gold.NewTime(key)
	case gold.Week:
		unit = gold.DayPeriod
	default:
	}
	return gold.NewText(p.calendar.Text(gold.Period{Unit: unit, First: key}))
}
