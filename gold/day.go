package gold

import "time"

// A day of a Date is counted from 1970-01-01; the days of a Time are those of UTC.
const (
	MillisPerHour = 3_600_000
	MillisPerDay  = 86_400_000
	secondsPerDay = 86_400
)

// FloorDiv divides by b > 0, rounds towards minus infinity, and returns the remainder: a = q·b + rest, 0 ≤ rest < b. So
// the last millisecond of 1969 belongs to its last day.
func FloorDiv(a, b int64) (q, rest int64) {
	q, rest = a/b, a%b
	if rest < 0 {
		return q - 1, rest + b
	}
	return q, rest
}

// DayOf returns the day that holds a Time's milliseconds.
func DayOf(millis int64) int64 {
	day, _ := FloorDiv(millis, MillisPerDay)
	return day
}

// Midnight returns the instant at which a day begins, in UTC.
func Midnight(day int64) time.Time { return time.Unix(day*secondsPerDay, 0).UTC() }
