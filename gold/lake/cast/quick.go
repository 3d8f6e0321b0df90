package cast

import (
	"time"

	"goldserve/gold"
)

// quickOf returns a function that appends a value in the common form of its kind, and reports whether the text has that form:
// most values do, and need none of the steps that others need. What it does not take may be a value all the same. nil: the
// cast has no common form, or takes some text of that form for null.
func (c *Cast) quickOf() func(dst *gold.Column, text []byte) bool {
	quick := c.quickOfKind()
	if quick == nil {
		return nil
	}
	for _, word := range c.nulls {
		column := gold.NewColumn(c.field.Kind, 1)
		if quick(&column, []byte(word)) {
			return nil
		}
	}
	return quick
}

func (c *Cast) quickOfKind() func(dst *gold.Column, text []byte) bool {
	switch c.field.Kind {
	case gold.Int:
		return quickInt
	case gold.Double:
		if len(c.numbers.point) == 1 && !c.field.Single {
			return quickDouble(c.numbers.point[0])
		}
	case gold.Decimal:
		if len(c.numbers.point) == 1 {
			return quickDecimal(c.numbers.point[0], c.field.Scale)
		}
	case gold.Date:
		if c.times.layouts == nil {
			return quickDate
		}
	case gold.Time:
		if c.times.layouts == nil && c.times.unit == 0 {
			return quickTime(c.times.zone)
		}
	default:
	}
	return nil
}

// digitsOf reads the digits that a text begins with, and returns their number; one of more than fewDigits may be wrong.
func digitsOf(text []byte) (n int64, count int) {
	for count < len(text) {
		digit := text[count] - '0'
		if digit > 9 {
			break
		}
		n = n*10 + int64(digit)
		count++
	}
	return n, count
}

func quickInt(dst *gold.Column, text []byte) bool {
	digits := text
	if len(text) > 0 && text[0] == '-' {
		digits = text[1:]
	}
	n, count := digitsOf(digits)
	if count == 0 || count > fewDigits || count < len(digits) {
		return false
	}
	if len(digits) < len(text) {
		n = -n
	}
	dst.Ints = append(dst.Ints, n)
	return true
}

// parts reads -123.45 as -12345 and 2, the number of digits after the point.
func parts(text []byte, point byte) (n int64, scale int, negative, ok bool) {
	if len(text) > 0 && text[0] == '-' {
		negative, text = true, text[1:]
	}
	n, whole := digitsOf(text)
	if whole == 0 || whole > fewDigits {
		return 0, 0, false, false
	}
	if whole == len(text) {
		return n, 0, negative, true
	}
	fraction := text[whole+1:]
	digits, scale := digitsOf(fraction)
	if text[whole] != point || scale == 0 || scale < len(fraction) || whole+scale > fewDigits {
		return 0, 0, false, false
	}
	return n*powers[scale] + digits, scale, negative, true
}

// powers are those of ten that an int64 holds.
var powers = func() (p [fewDigits + 1]int64) {
	p[0] = 1
	for i := 1; i < len(p); i++ {
		p[i] = p[i-1] * 10
	}
	return p
}()

// quickDouble takes numbers whose digits and power of ten a double both holds, so that their quotient is the nearest double.
func quickDouble(point byte) func(dst *gold.Column, text []byte) bool {
	return func(dst *gold.Column, text []byte) bool {
		n, scale, negative, ok := parts(text, point)
		if !ok || n > gold.MaxExact {
			return false
		}
		x := float64(n)
		if scale > 0 {
			x /= float64(powers[scale])
		}
		if negative && n != 0 {
			x = -x
		}
		dst.Floats = append(dst.Floats, x)
		return true
	}
}

func quickDecimal(point byte, to int) func(dst *gold.Column, text []byte) bool {
	return func(dst *gold.Column, text []byte) bool {
		n, scale, negative, ok := parts(text, point)
		if !ok || scale > to || to-scale > fewDigits || n > powers[fewDigits]/powers[to-scale] {
			return false
		}
		if n *= powers[to-scale]; negative {
			n = -n
		}
		dst.Ints = append(dst.Ints, n)
		return true
	}
}

// dayOf reads 2011-12-08 as days since 1970.
func dayOf(text []byte) (day int64, ok bool) {
	if len(text) != len(time.DateOnly) || text[4] != '-' || text[7] != '-' {
		return 0, false
	}
	year, a := digitsOf(text[:4])
	month, b := digitsOf(text[5:7])
	dayOfMonth, c := digitsOf(text[8:10])
	if a+b+c != 8 || year == 0 || month < 1 || month > 12 || dayOfMonth < 1 || dayOfMonth > 28 {
		return 0, false // the last days of months are left to the calendar
	}
	// Days of years that begin in March, in eras of 400 years.
	if month <= 2 {
		year, month = year-1, month+12
	}
	era := year / 400
	ofEra := year - era*400
	return era*146_097 + ofEra*365 + ofEra/4 - ofEra/100 + (153*(month-3)+2)/5 + dayOfMonth - 1 - 719_468, true
}

func quickDate(dst *gold.Column, text []byte) bool {
	day, ok := dayOf(text)
	if ok {
		dst.Ints = append(dst.Ints, day)
	}
	return ok
}

// quickTime takes 2011-12-08T12:12:00 with a T or a blank, with or without three digits of a fraction and a Z.
func quickTime(zone *gold.Zone) func(dst *gold.Column, text []byte) bool {
	return func(dst *gold.Column, text []byte) bool {
		if len(text) < len("2011-12-08T12:12:00") || text[10] != 'T' && text[10] != ' ' || text[13] != ':' || text[16] != ':' {
			return false
		}
		day, ok := dayOf(text[:10])
		hour, a := digitsOf(text[11:13])
		minute, b := digitsOf(text[14:16])
		second, c := digitsOf(text[17:19])
		if !ok || a+b+c != 6 || hour > 23 || minute > 59 || second > 59 {
			return false
		}
		ms := ((day*24+hour)*60+minute)*60_000 + second*1000
		rest := text[19:]
		if len(rest) >= 4 && rest[0] == '.' {
			fraction, count := digitsOf(rest[1:4])
			if count != 3 {
				return false
			}
			ms, rest = ms+fraction, rest[4:]
		}
		switch {
		case len(rest) == 1 && rest[0] == 'Z':
		case len(rest) > 0:
			return false
		case zone != nil:
			ms = zone.Instant(ms)
		}
		if ms < gold.MinTime || ms > gold.MaxTime {
			return false
		}
		dst.Ints = append(dst.Ints, ms)
		return true
	}
}
