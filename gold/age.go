package gold

import (
	"strconv"
	"strings"
)

// Age makes a group of the whole periods that have passed at a Date or Time since another one of the same row, by the
// clocks of the group's Calendar: 0 in the first period, null before it and where either is null. Exactly one of Days and
// Months is set: the length of a period. A Date is its midnight. A month has passed when its day of the month and its time of
// the day come again, or else when the month has ended.
type Age struct {
	Since  string
	Days   int
	Months int
	Join   *Join // looks up Since; nil: it is the row's own
}

// AgeUnits are the words for periods of ages, beside a number of days such as 30d.
var AgeUnits = []string{"day", "week", "month", "quarter", "year"}

// maxAgeDays bounds the days of a period.
const maxAgeDays = 9999

// ParseAgeUnit reads the length of the periods of an age: one of AgeUnits, or a number of days such as 30d.
func ParseAgeUnit(text string) (days, months int, ok bool) {
	switch text {
	case "day":
		return 1, 0, true
	case "week":
		return 7, 0, true
	case "month":
		return 0, 1, true
	case "quarter":
		return 0, 3, true
	case "year":
		return 0, 12, true
	}
	digits, ok := strings.CutSuffix(text, "d")
	if !ok || !plainInteger(digits) || strings.HasPrefix(digits, "0") {
		return 0, 0, false
	}
	days, err := strconv.Atoi(digits)
	return days, 0, err == nil && days > 0 && days <= maxAgeDays
}
