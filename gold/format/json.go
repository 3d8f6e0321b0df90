package format

import (
	"math"
	"strconv"
	"unicode/utf8"

	"goldserve/gold"
)

// JSONEncoder writes rows of batches as JSON objects, without reflection or an allocation per value.
type JSONEncoder struct{ cells []cell }

// cell is how the values of one field are written.
type cell struct {
	name   []byte // `"mois":`, from the second on with a comma before it
	number number // of a Double
	scale  int    // of a Decimal
	quoted bool   // of exact numbers that are written as text
}

// NewJSONEncoder returns an encoder of batches whose first columns are fields; further columns are left out.
func NewJSONEncoder(fields []gold.Field) *JSONEncoder {
	const usual = 24 // bytes of a name
	e, names := &JSONEncoder{make([]cell, len(fields))}, make([]byte, 0, usual*len(fields))
	for i := range fields {
		f, start := &fields[i], len(names)
		if i > 0 {
			names = append(names, ',')
		}
		names = append(AppendString(names, []byte(f.Name)), ':')
		e.cells[i] = cell{names[start:], numberOf(f), f.Scale, asText(f)}
	}
	return e
}

// asText reports whether a field's numbers are text in JSON: exact ones whose format is text.
func asText(f *gold.Field) bool {
	return f.Doc.Format == "text" && (f.Kind == gold.Int || f.Kind.Exact())
}

// AppendRow appends row i of a batch as one JSON object.
func (e *JSONEncoder) AppendRow(dst []byte, b *gold.Batch, i int) []byte {
	dst = append(dst, '{')
	for f := range e.cells {
		dst = append(dst, e.cells[f].name...)
		dst = e.cells[f].append(dst, &b.Columns[f], i)
	}
	return append(dst, '}')
}

// append appends row i of a column.
func (e *cell) append(dst []byte, c *gold.Column, i int) []byte {
	if c.IsNull(i) {
		return append(dst, "null"...)
	}
	if e.quoted {
		return append(c.Value(i).Append(append(dst, '"'), e.scale), '"')
	}
	switch c.Kind {
	case gold.Text:
		return AppendString(dst, c.Text(i))
	case gold.Double:
		return e.number.append(dst, c.Floats[i])
	case gold.WideDecimal:
		return c.Int128(i).Append(dst, e.scale)
	default:
		return appendIntegral(dst, c.Kind, c.Ints[i], e.scale)
	}
}

// appendIntegral appends a value of a kind that columns hold in Ints. Integers are exact, even beyond 2^53.
func appendIntegral(dst []byte, k gold.Kind, v int64, scale int) []byte {
	switch k {
	case gold.Bool:
		return strconv.AppendBool(dst, v != 0)
	case gold.Decimal:
		return gold.AppendDecimal(dst, v, scale)
	case gold.Date:
		return append(gold.AppendDate(append(dst, '"'), v), '"')
	case gold.Time:
		return append(gold.AppendTime(append(dst, '"'), v), '"')
	case gold.Duration:
		return append(gold.AppendDuration(append(dst, '"'), v, gold.DurationScale), '"')
	default:
		return strconv.AppendInt(dst, v, 10)
	}
}

// AppendValue appends a single value of a field as JSON, as cell.append does for a column's. Its kind is the value's own.
func AppendValue(dst []byte, v gold.Value, f *gold.Field) []byte {
	if !v.IsNull() && asText(f) {
		return append(v.Append(append(dst, '"'), f.Scale), '"')
	}
	switch v.Kind() {
	case gold.Null:
		return append(dst, "null"...)
	case gold.Text:
		return AppendString(dst, []byte(v.Text()))
	case gold.Double:
		return numberOf(f).append(dst, v.Double())
	case gold.WideDecimal:
		return v.Append(dst, f.Scale)
	default:
		return appendIntegral(dst, v.Kind(), v.Int(), f.Scale)
	}
}

// Beyond maxDigits the scaled value of an ordinary number exceeds the integers that a double holds exactly.
const maxDigits = 9

// precision returns the number of digits after the point of a field's multipleOf (2 for 0.01), or -1 if it has none.
func precision(multipleOf float64) int {
	if !(multipleOf > 0) || math.IsInf(multipleOf, 0) {
		return -1
	}
	scaled := multipleOf
	for digits := range maxDigits + 1 {
		if math.Abs(scaled-math.Round(scaled)) < 1e-9*scaled {
			return digits
		}
		scaled = multipleOf * gold.Pow10(digits+1)
	}
	return -1
}

// number says how the doubles of a field are written.
type number struct {
	digits int // after the point, of a field with a precision; else -1
	single bool
}

func numberOf(f *gold.Field) number { return number{precision(f.MultipleOf), f.Single} }

// append appends a double: NaN and infinities as null; with digits ≥ 0 as the shortest decimal of that precision if
// this changes it by less than 1e-6 (sums of cents lose their noise); else in the shortest form that reads back the
// same.
func (n number) append(dst []byte, f float64) []byte {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return append(dst, "null"...)
	}
	if n.digits >= 0 {
		unit := gold.Pow10(n.digits)
		if scaled := math.Round(f * unit); math.Abs(scaled) < 1<<53 && math.Abs(scaled/unit-f) < 1e-6 {
			return AppendScaled(dst, int64(scaled), n.digits)
		}
	}
	return n.appendShortest(dst, f)
}

// appendShortest appends a finite double in the shortest form that reads back the same, as a float32 if the field's
// values are.
func (n number) appendShortest(dst []byte, f float64) []byte {
	if n.single {
		return gold.AppendSingle(dst, f)
	}
	return gold.AppendDouble(dst, f)
}

// AppendScaled appends n / 10^digits without trailing zeros.
func AppendScaled(dst []byte, n int64, digits int) []byte {
	for digits > 0 && n%10 == 0 {
		n /= 10
		digits--
	}
	if n < 0 {
		dst, n = append(dst, '-'), -n
	}
	var reversed [24]byte
	at := len(reversed)
	for i := 0; n > 0 || i <= digits; i++ {
		if i == digits && i > 0 {
			at--
			reversed[at] = '.'
		}
		at--
		reversed[at] = byte('0' + n%10)
		n /= 10
	}
	return append(dst, reversed[at:]...)
}

const hexDigits = "0123456789abcdef"

// AppendString appends a JSON string exactly as encoding/json does with HTML escaping: <, > and & can't close a
// script element, U+2028 and U+2029 can't end a line of JavaScript, invalid UTF-8 becomes U+FFFD.
func AppendString(dst, s []byte) []byte {
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); {
		if c := s[i]; c < utf8.RuneSelf {
			if plainByte[c] {
				i++
				continue
			}
			dst = append(dst, s[start:i]...)
			dst = appendEscape(dst, c)
			i++
			start = i
			continue
		}
		r, size := utf8.DecodeRune(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			dst = append(append(dst, s[start:i]...), `\ufffd`...)
			start = i + size
		case r == '\u2028' || r == '\u2029':
			dst = append(append(dst, s[start:i]...), `\u202`...)
			dst = append(dst, hexDigits[r&0xf])
			start = i + size
		}
		i += size
	}
	dst = append(dst, s[start:]...)
	return append(dst, '"')
}

// plainByte has the ASCII bytes that need no escape in a JSON string.
var plainByte = func() (plain [utf8.RuneSelf]bool) {
	for c := range plain {
		plain[c] = c >= ' ' && c != '"' && c != '\\' && c != '<' && c != '>' && c != '&'
	}
	return plain
}()

func appendEscape(dst []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\b':
		return append(dst, `\b`...)
	case '\f':
		return append(dst, `\f`...)
	case '\n':
		return append(dst, `\n`...)
	case '\r':
		return append(dst, `\r`...)
	case '\t':
		return append(dst, `\t`...)
	default:
		return append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&0xf])
	}
}
