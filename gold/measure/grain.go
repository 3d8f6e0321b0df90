package measure

import (
	"time"

	"goldserve/gold"
)

const (
	millisPerDay  = 86_400_000
	secondsPerDay = 86_400
	daysPerWeek   = 7
)

// AppendGrain appends the text of the period of a grain, in UTC, that holds v, a Date's days or a Time's
// milliseconds since 1970: the day 2011-12-08, the week's Monday 2011-12-05, the month 2011-12 or the year 2011.
// Years have four digits, 0001 to 9999. For GrainNone it appends the value as gold.Value.Append does.
func AppendGrain(dst []byte, k gold.Kind, v int64, g gold.Grain) []byte {
	layout := time.DateOnly
	switch g {
	case gold.Day, gold.Week:
	case gold.Month:
		layout = "2006-01"
	case gold.Year:
		layout = "2006"
	case gold.GrainNone:
		return gold.NewIntegral(k, v).Append(dst, 0)
	}
	start, _ := Period(k, v, g)
	return midnight(start).AppendFormat(dst, layout)
}

// Period returns the first day of the period of a grain, in UTC, that holds v, a Date's days or a Time's milliseconds
// since 1970, and the first day after it, both in days since 1970-01-01. GrainNone has the periods of Day.
func Period(k gold.Kind, v int64, g gold.Grain) (start, end int64) {
	day := v
	if k == gold.Time {
		day = floorDiv(v, millisPerDay)
	}
	switch g {
	case gold.Week:
		// 1970-01-01 was a Thursday, three days after its Monday.
		start = floorDiv(day+3, daysPerWeek)*daysPerWeek - 3
		return start, start + daysPerWeek
	case gold.Month:
		year, month, _ := midnight(day).Date()
		return dayOf(year, month), dayOf(year, month+1)
	case gold.Year:
		year := midnight(day).Year()
		return dayOf(year, time.January), dayOf(year+1, time.January)
	case gold.GrainNone, gold.Day:
	}
	return day, day + 1
}

// midnight returns the instant at which a day, counted from 1970-01-01, begins in UTC.
func midnight(day int64) time.Time { return time.Unix(day*secondsPerDay, 0).UTC() }

// dayOf returns the first day of a month, counted from 1970-01-01; month 13 is the next year's first.
func dayOf(year int, month time.Month) int64 {
	return floorDiv(time.Date(year, month, 1, 0, 0, 0, 0, time.UTC).Unix(), secondsPerDay)
}

// floorDiv rounds towards minus infinity: the last millisecond of 1969 belongs to its last day.
func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
