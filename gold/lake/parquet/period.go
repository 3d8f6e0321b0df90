package parquet

import (
	"fmt"
	"slices"
	"strings"

	"goldserve/gold"
)

// periodFrequency says what the numbers of pandas' periods count, from 1970 on.
type periodFrequency struct {
	unit   periodUnit
	last   int64 // day of 1970 on which the first week ends
	digits int   // of a second's fraction
}

type periodUnit uint8

const (
	years    periodUnit = iota // or fiscal ones, named by the year in which they end
	quarters                   // of such years
	months
	weeks
	singleDays
	businessDays // Monday to Friday
	hours
	minutes
	seconds
)

// periodUnits are the frequencies of pandas without what follows a hyphen, those of earlier versions too. See
// https://pandas.pydata.org/docs/user_guide/timeseries.html#period-aliases.
var periodUnits = map[string]periodFrequency{
	"Y": {unit: years}, "A": {unit: years}, "Q": {unit: quarters}, "M": {unit: months}, "D": {unit: singleDays}, "B": {unit: businessDays},
	"h": {unit: hours}, "H": {unit: hours}, "min": {unit: minutes}, "T": {unit: minutes}, "s": {unit: seconds}, "S": {unit: seconds},
	"ms": {unit: seconds, digits: 3}, "L": {unit: seconds, digits: 3}, "us": {unit: seconds, digits: 6}, "U": {unit: seconds, digits: 6},
	"ns": {unit: seconds, digits: 9}, "N": {unit: seconds, digits: 9},
}

// weekEnds are the last days of pandas' weeks, in the order of the days of 1970 from Thursday, the first, on.
var weekEnds = []string{"THU", "FRI", "SAT", "SUN", "MON", "TUE", "WED"}

// parseFrequency reads a frequency such as M, Q-DEC, W-SUN or 15min: a number before it is how many of them a period is long,
// and doesn't change how its start is counted.
func parseFrequency(text string) (f periodFrequency, known bool) {
	name, end, _ := strings.Cut(strings.TrimLeft(text, "0123456789"), "-")
	if name == "W" {
		day := slices.Index(weekEnds, end)
		return periodFrequency{unit: weeks, last: int64(day)}, day >= 0
	}
	f, known = periodUnits[name]
	return f, known
}

// convertPeriodText writes periods as pandas does: 2011, 2011Q4, 2011-12, 2011-12-05/2011-12-11, 2011-12-08 or
// 2011-12-08 12:00.
func convertPeriodText(f periodFrequency) conversion {
	return func(dst *gold.Column, v *values, i, j int, _ *int64) (int, *valueProblem) {
		for k := i; k < j; k++ {
			if len(dst.Bytes) >= batchText {
				return k - i, nil
			}
			text, ok := f.append(dst.Bytes, v.int64s[k])
			if !ok {
				return k - i, &valueProblem{gold.CodeValueRange, fmt.Sprintf("the period %d from 1970", v.int64s[k]), "a period in the years 0001 to 9999"}
			}
			dst.Bytes = text
			dst.Offsets = append(dst.Offsets, int32(len(dst.Bytes)))
		}
		return j - i, nil
	}
}

// append appends the period n, and reports whether its years are 0001 to 9999.
func (f periodFrequency) append(dst []byte, n int64) ([]byte, bool) {
	const first, last = 1 - 1970, 9999 - 1970
	switch f.unit {
	case years:
		return fmt.Appendf(dst, "%04d", n+1970), n >= first && n <= last
	case quarters:
		year, quarter := gold.FloorDiv(n, 4)
		return fmt.Appendf(dst, "%04dQ%d", year+1970, quarter+1), year >= first && year <= last
	case months:
		year, month := gold.FloorDiv(n, 12)
		return fmt.Appendf(dst, "%04d-%02d", year+1970, month+1), year >= first && year <= last
	case weeks:
		if n < gold.MinDate/7 || n > gold.MaxDate/7 {
			return dst, false
		}
		end := f.last + (n-1)*7
		if end-6 < gold.MinDate || end > gold.MaxDate {
			return dst, false
		}
		return gold.AppendDate(append(gold.AppendDate(dst, end-6), '/'), end), true
	case singleDays:
		return appendDays(dst, n)
	case businessDays:
		week, day := gold.FloorDiv(n+3, 5) // 1970 began on a Thursday
		if week < gold.MinDate || week > gold.MaxDate {
			return dst, false
		}
		return appendDays(dst, week*7+day-3)
	case hours:
		day, hour := gold.FloorDiv(n, 24)
		dst, ok := appendDays(dst, day)
		return fmt.Appendf(dst, " %02d:00", hour), ok
	case minutes:
		day, minute := gold.FloorDiv(n, 24*60)
		dst, ok := appendDays(dst, day)
		return fmt.Appendf(dst, " %02d:%02d", minute/60, minute%60), ok
	default:
		n, fraction := gold.FloorDiv(n, pow10[f.digits])
		day, second := gold.FloorDiv(n, 24*60*60)
		dst, ok := appendDays(dst, day)
		dst = fmt.Appendf(dst, " %02d:%02d:%02d", second/3600, second/60%60, second%60)
		if f.digits > 0 {
			dst = fmt.Appendf(dst, ".%0*d", f.digits, fraction)
		}
		return dst, ok
	}
}

// appendDays appends a day, and reports whether its year is 0001 to 9999.
func appendDays(dst []byte, day int64) ([]byte, bool) {
	if day < gold.MinDate || day > gold.MaxDate {
		return dst, false
	}
	return gold.AppendDate(dst, day), true
}
