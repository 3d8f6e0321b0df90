package gold

import (
	"strconv"
	"strings"
)

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
