package measure

import (
	"time"

	"goldserve/gold"
)

// AppendGrain appends the text of the period of a grain, in UTC, that contains v, a Date's days or a Time's
// milliseconds since 1970: the day 2011-12-08, the week's Monday 2011-12-05, the month 2011-12 or the year 2011. Years
// have four digits, 0001 to 9999. For GrainNone it appends the value as gold.Value.Append does.
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
	return gold.Midnight(start).AppendFormat(dst, layout)
}

// Period returns the first day of the period of a grain, in UTC, that contains v, a Date's days or a Time's
// milliseconds since 1970, and the first day after it, both in days since 1970-01-01. GrainNone has the periods of Day.
func Period(k gold.Kind, v int64, g gold.Grain) (start, end int64) {
	day := v
	if k == gold.Time {
		day = gold.DayOf(v)
	}
	p := g.Unit().At(day)
	return p.First, p.Last + 1
}
