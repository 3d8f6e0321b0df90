package gold

import (
	"bytes"
	"errors"
	"math"
	"math/bits"
	"strconv"
	"strings"
)

// DurationScale is the Scale of every Duration: its digits are seconds with so many after the point.
const DurationScale = 6

const (
	second = 1_000_000 // microseconds
	minute = 60 * second
	hour   = 60 * minute
)

// AppendDuration appends a number of seconds, with so many digits after the point, as ISO 8601 writes a duration, in hours,
// minutes and seconds: PT36H0.5S. Days are none of its units, as a day may have 23 or 25 hours.
func AppendDuration(dst []byte, n int64, digits int) []byte {
	second := uint64(1)
	for range digits {
		second *= 10
	}
	minute, hour := 60*second, 3600*second
	rest := uint64(n)
	if n < 0 {
		dst, rest = append(dst, '-'), -rest
	}
	dst = append(dst, 'P', 'T')
	empty := len(dst)
	if n := rest / hour; n > 0 {
		dst = append(strconv.AppendUint(dst, n, 10), 'H')
	}
	if n := rest % hour / minute; n > 0 {
		dst = append(strconv.AppendUint(dst, n, 10), 'M')
	}
	if n := rest % minute; n > 0 || len(dst) == empty {
		dst = AppendDecimal(dst, int64(n), digits)
		if digits > 0 {
			dst = bytes.TrimRight(bytes.TrimRight(dst, "0"), ".")
		}
		dst = append(dst, 'S')
	}
	return dst
}

var (
	errDuration = errors.New("expected a duration such as PT1H30M or PT0.5S")
	errUnfixed  = errors.New("expected a duration of weeks, days of 24 hours, hours, minutes and seconds such as P1DT12H: years and months have no fixed length")
	errLong     = errors.New("expected a duration of at most 292,471 years")
	errFine     = errors.New("expected a duration of whole microseconds")
)

// durationUnits are the designators of ISO 8601 in their order, with the microseconds of each.
var durationUnits = []struct {
	designator byte
	micros     uint64
	ofTime     bool // behind the T
}{{'W', 7 * 24 * hour, false}, {'D', 24 * hour, false}, {'H', hour, true}, {'M', minute, true}, {'S', second, true}}

// parseDuration reads what AppendDuration writes, and weeks and days, which have 24 hours.
func parseDuration(text string) (Value, error) {
	rest, negative := strings.CutPrefix(text, "-")
	rest, isDuration := strings.CutPrefix(rest, "P")
	if !isDuration || rest == "" {
		return Value{}, errDuration
	}
	var total uint64
	ofTime, next := false, 0
	for rest != "" {
		if rest[0] == 'T' && !ofTime {
			ofTime, rest = true, rest[1:]
			if rest == "" {
				return Value{}, errDuration
			}
			continue
		}
		end := strings.IndexFunc(rest, func(r rune) bool { return (r < '0' || r > '9') && r != '.' })
		if end < 1 {
			return Value{}, errDuration
		}
		number, designator := rest[:end], rest[end]
		rest = rest[end+1:]
		if !ofTime && (designator == 'Y' || designator == 'M') {
			return Value{}, errUnfixed
		}
		for next < len(durationUnits) && (durationUnits[next].designator != designator || durationUnits[next].ofTime != ofTime) {
			next++
		}
		if next == len(durationUnits) {
			return Value{}, errDuration
		}
		micros, err := durationPart(number, durationUnits[next].micros)
		if err != nil {
			return Value{}, err
		}
		var carry uint64
		if total, carry = bits.Add64(total, micros, 0); carry > 0 {
			return Value{}, errLong
		}
		next++
	}
	switch {
	case negative && total <= 1<<63:
		return NewIntegral(Duration, -int64(total)), nil
	case negative || total > math.MaxInt64:
		return Value{}, errLong
	}
	return NewIntegral(Duration, int64(total)), nil
}

// durationPart returns the microseconds of a number of units; only seconds may have a fraction.
func durationPart(number string, unit uint64) (uint64, error) {
	whole, fraction, point := strings.Cut(number, ".")
	if whole == "" || point && (fraction == "" || unit != second || strings.Contains(fraction, ".")) {
		return 0, errDuration
	}
	n, err := strconv.ParseUint(whole, 10, 64)
	high, micros := bits.Mul64(n, unit)
	if err != nil || high > 0 {
		return 0, errLong
	}
	if fraction = strings.TrimRight(fraction, "0"); len(fraction) > DurationScale {
		return 0, errFine
	}
	if fraction != "" {
		n, _ = strconv.ParseUint(fraction+strings.Repeat("0", DurationScale-len(fraction)), 10, 64) // at most six digits
		var carry uint64
		if micros, carry = bits.Add64(micros, n, 0); carry > 0 {
			return 0, errLong
		}
	}
	return micros, nil
}
