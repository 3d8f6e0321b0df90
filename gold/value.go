package gold

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Value is one typed value, or null (the zero Value). Values are comparable with ==.
type Value struct {
	kind Kind
	bits uint64
	text string // of a WideDecimal: its key
}

// NewBool returns a Bool value.
func NewBool(v bool) Value {
	if v {
		return Value{kind: Bool, bits: 1}
	}
	return Value{kind: Bool}
}

// NewInt returns an Int value.
func NewInt(v int64) Value { return Value{kind: Int, bits: uint64(v)} }

// NewDouble returns a Double value; NaN gives null and -0 gives 0.
func NewDouble(v float64) Value {
	if v != v {
		return Value{}
	}
	if v == 0 {
		v = 0
	}
	return Value{kind: Double, bits: math.Float64bits(v)}
}

// NewDecimal returns a Decimal value from its unscaled digits.
func NewDecimal(unscaled int64) Value { return Value{kind: Decimal, bits: uint64(unscaled)} }

// NewWideDecimal returns a WideDecimal value from its unscaled digits, at most MaxDigits.
func NewWideDecimal(unscaled Int128) Value {
	return Value{kind: WideDecimal, text: string(unscaled.AppendKey(make([]byte, 0, key128)))}
}

// newInBytes returns a value of a kind that a Column holds in Bytes.
func newInBytes(k Kind, b []byte) Value { return Value{kind: k, text: string(b)} }

// NewText returns a Text value.
func NewText(v string) Value { return Value{kind: Text, text: v} }

// NewDate returns a Date value from days since 1970-01-01.
func NewDate(days int64) Value { return Value{kind: Date, bits: uint64(days)} }

// NewTime returns a Time value from milliseconds since 1970-01-01T00:00:00Z.
func NewTime(millis int64) Value { return Value{kind: Time, bits: uint64(millis)} }

// NewIntegral returns a value of a kind that a Column holds in Ints: Bool, Int, Decimal, Date, Time or Duration.
func NewIntegral(k Kind, v int64) Value { return Value{kind: k, bits: uint64(v)} }

// Kind returns the value's kind, Null for null.
func (v Value) Kind() Kind { return v.kind }

// IsNull reports whether the value is null.
func (v Value) IsNull() bool { return v.kind == Null }

// Bool returns the value of a Bool.
func (v Value) Bool() bool { return v.bits != 0 }

// Int returns the integer that a Bool, Int, Decimal, Date, Time or Duration holds.
func (v Value) Int() int64 { return int64(v.bits) }

// Double returns the value of a Double.
func (v Value) Double() float64 { return math.Float64frombits(v.bits) }

// Int128 returns the unscaled digits of an Int, Decimal or WideDecimal.
func (v Value) Int128() Int128 {
	if v.kind == WideDecimal {
		return Int128OfKey([]byte(v.text))
	}
	return Int128Of(v.Int())
}

// Zero returns 0 of a number's kind.
func Zero(k Kind) Value {
	switch k {
	case Double:
		return NewDouble(0)
	case WideDecimal:
		return NewWideDecimal(Int128{})
	default:
		return NewIntegral(k, 0)
	}
}

// Text returns the value of a Text, the key of a WideDecimal.
func (v Value) Text() string { return v.text }

// Time returns the instant of a Date (its midnight, UTC) or Time.
func (v Value) Time() time.Time {
	if v.kind == Date {
		return Midnight(v.Int())
	}
	return time.UnixMilli(v.Int()).UTC()
}

// Number returns an Int or Double as a float64, a Decimal or Duration as its unscaled digits.
func (v Value) Number() float64 {
	switch v.kind {
	case Double:
		return v.Double()
	case WideDecimal:
		return v.Int128().Double(0)
	default:
		return float64(v.Int())
	}
}

// Real returns a number as the float64 nearest to it: that of a decimal with scale digits after the point.
func (v Value) Real(scale int) float64 {
	switch v.kind {
	case Decimal, Duration:
		return v.Number() / Pow10(scale)
	case WideDecimal:
		return v.Int128().Double(scale)
	default:
		return v.Number()
	}
}

// MaxExact bounds the integers that a double holds exactly, with all their neighbours.
const MaxExact = 1 << 53

// Pow10 returns 10^n for 0 ≤ n ≤ 22, exactly.
func Pow10(n int) float64 {
	p := 1.0
	for range n {
		p *= 10
	}
	return p
}

// Compare orders two values of one kind, or two decimals of one scale, as every store does: null first, numbers by size, text by bytes.
// It returns -1, 0 or 1.
func Compare(a, b Value) int {
	switch {
	case a.kind == Null || b.kind == Null:
		return cmp.Compare(min(a.kind, 1), min(b.kind, 1))
	case a.kind.InBytes() || b.kind.InBytes():
		if a.kind != b.kind { // a WideDecimal and a Decimal
			a, b = NewWideDecimal(a.Int128()), NewWideDecimal(b.Int128())
		}
		return strings.Compare(a.text, b.text)
	case a.kind == Double || b.kind == Double:
		return cmp.Compare(a.Number(), b.Number())
	default:
		return cmp.Compare(a.Int(), b.Int())
	}
}

// Format formats a value as HTTP answers and messages show it: doubles in the shortest form that reads back the same,
// times as 2011-12-08T12:12:00Z (with milliseconds only if they are not zero), dates as 2011-12-08. scale is the
// Decimal field's number of digits after the point.
func (v Value) Format(scale int) string { return string(v.Append(nil, scale)) }

// String is Format for messages, with no scale.
func (v Value) String() string { return v.Format(0) }

// Append appends what Format returns.
func (v Value) Append(dst []byte, scale int) []byte {
	switch v.kind {
	case Null:
		return append(dst, "null"...)
	case Bool:
		return strconv.AppendBool(dst, v.Bool())
	case Int:
		return strconv.AppendInt(dst, v.Int(), 10)
	case Double:
		return AppendDouble(dst, v.Double())
	case Decimal:
		return AppendDecimal(dst, v.Int(), scale)
	case WideDecimal:
		return v.Int128().Append(dst, scale)
	case Date:
		return AppendDate(dst, v.Int())
	case Time:
		return AppendTime(dst, v.Int())
	case Duration:
		return AppendDuration(dst, v.Int(), DurationScale)
	default:
		return append(dst, v.text...)
	}
}

// AppendDouble appends a finite double in the shortest decimal form that reads back the same, written as
// JavaScript writes numbers: no exponent from 1e-6 up to 1e21.
func AppendDouble(dst []byte, f float64) []byte { return appendShortest(dst, f, 64) }

// appendShortest appends the shortest decimal that reads back the same as a float of the given number of bits.
func appendShortest(dst []byte, f float64, bits int) []byte {
	least := 1e-6
	if bits == 32 {
		least = float64(float32(least))
	}
	if a := math.Abs(f); a != 0 && (a < least || a >= 1e21) {
		dst = strconv.AppendFloat(dst, f, 'e', -1, bits)
		// e-09 becomes e-9, as encoding/json writes it.
		if n := len(dst); n >= 4 && dst[n-4] == 'e' && (dst[n-3] == '-' || dst[n-3] == '+') && dst[n-2] == '0' {
			dst[n-2] = dst[n-1]
			dst = dst[:n-1]
		}
		return dst
	}
	return strconv.AppendFloat(dst, f, 'f', -1, bits)
}

// AppendDecimal appends an unscaled decimal with scale digits after the point.
func AppendDecimal(dst []byte, unscaled int64, scale int) []byte {
	return Int128Of(unscaled).Append(dst, scale)
}

// AppendTime appends milliseconds since 1970 as 2011-12-08T12:12:00Z, with three more digits if the milliseconds are
// not zero.
func AppendTime(dst []byte, millis int64) []byte {
	day, ofDay := FloorDiv(millis, MillisPerDay)
	rest := int(ofDay)
	hour, minute, second, milli := rest/3_600_000, rest/60_000%60, rest/1000%60, rest%1000
	dst = append(AppendDate(dst, day), 'T', digit(hour/10), digit(hour), ':', digit(minute/10), digit(minute), ':', digit(second/10), digit(second))
	if milli != 0 {
		dst = append(dst, '.', digit(milli/100), digit(milli/10), digit(milli))
	}
	return append(dst, 'Z')
}

// Instant returns a time as AppendTime writes it.
func Instant(t time.Time) string { return string(AppendTime(nil, t.UnixMilli())) }

// AppendDate appends days since 1970 as 2011-12-08. The year, month and day are computed as in
// https://howardhinnant.github.io/date_algorithms.html (civil_from_days): years begin in March, in eras of 400.
func AppendDate(dst []byte, days int64) []byte {
	const era, toMarch0000 = 146_097, 719_468
	eras, rest := FloorDiv(days+toMarch0000, era)
	ofEra := int(rest)
	yearOfEra := (ofEra - ofEra/1460 + ofEra/36_524 - ofEra/(era-1)) / 365
	ofYear := ofEra - (365*yearOfEra + yearOfEra/4 - yearOfEra/100)
	fromMarch := (5*ofYear + 2) / 153
	year, month := int(eras)*400+yearOfEra, fromMarch+3
	if month > 12 {
		year, month = year+1, month-12
	}
	day := ofYear - (153*fromMarch+2)/5 + 1
	return append(dst, digit(year/1000), digit(year/100), digit(year/10), digit(year), '-', digit(month/10), digit(month), '-', digit(day/10), digit(day))
}

// digit returns the last digit of n ≥ 0.
func digit(n int) byte { return byte('0' + n%10) }

// Limits of Date and Time values: years 0001 to 9999.
const (
	MinDate = -719162
	MaxDate = 2932896
	MinTime = MinDate * MillisPerDay
	MaxTime = (MaxDate+1)*MillisPerDay - 1
)

// ParseValue parses one value of a kind, as in filters, keys and cursors. A time without a zone is UTC. Periods (a
// month given for a time) are not values: see gold/query/param. The error says what was expected.
func ParseValue(k Kind, scale int, text string) (Value, error) {
	switch k {
	case Bool:
		switch text {
		case "true":
			return NewBool(true), nil
		case "false":
			return NewBool(false), nil
		}
		return Value{}, fmt.Errorf("expected true or false")
	case Int:
		if !plainInteger(text) {
			return Value{}, fmt.Errorf("expected a whole number such as 542")
		}
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return Value{}, fmt.Errorf("expected a whole number between -9223372036854775808 and 9223372036854775807")
		}
		return NewInt(n), nil
	case Double:
		if !plainNumber(text) {
			return Value{}, fmt.Errorf("expected a number such as 0.65")
		}
		f, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return Value{}, fmt.Errorf("expected a number within the range of a double")
		}
		return NewDouble(f), nil
	case Decimal, WideDecimal:
		return parseDecimal(k, text, scale)
	case Text:
		if !utf8.ValidString(text) {
			return Value{}, fmt.Errorf("expected valid UTF-8")
		}
		return NewText(text), nil
	case Date:
		t, err := time.Parse(time.DateOnly, text)
		if err != nil || t.Year() < 1 {
			return Value{}, fmt.Errorf("expected a date such as 2011-12-08")
		}
		return NewDate(DayOf(t.UnixMilli())), nil
	case Time:
		return parseTime(text)
	case Duration:
		return parseDuration(text)
	default:
		return Value{}, fmt.Errorf("a %s has no text", k)
	}
}

func parseTime(text string) (Value, error) {
	v, _, err := parseInstant(text)
	return v, err
}

// parseInstant parses a time, and reports whether the text has a zone.
func parseInstant(text string) (v Value, zoned bool, err error) {
	for i, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999", "2006-01-02T15:04", time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			if ms := t.UnixMilli(); ms >= MinTime && ms <= MaxTime {
				return NewTime(ms), i == 0, nil
			}
		}
	}
	return Value{}, false, fmt.Errorf("expected an instant such as 2011-12-08T12:12:00Z")
}

func parseDecimal(k Kind, text string, scale int) (Value, error) {
	expected := fmt.Errorf("expected a decimal number with at most %s after the point", Counted(scale, "digit"))
	if !plainNumber(text) || strings.ContainsAny(text, "eE") {
		return Value{}, expected
	}
	whole, fraction, _ := strings.Cut(text, ".")
	fraction = strings.TrimRight(fraction, "0")
	if len(fraction) > scale {
		return Value{}, expected
	}
	digits := whole + fraction + strings.Repeat("0", scale-len(fraction))
	if k == WideDecimal {
		n, ok := ParseInt128(digits)
		if !ok {
			return Value{}, fmt.Errorf("expected a decimal number of at most %d digits", MaxDigits)
		}
		return NewWideDecimal(n), nil
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return Value{}, fmt.Errorf("expected a decimal number of at most %d digits", NarrowDigits)
	}
	return NewDecimal(n), nil
}

// plainInteger reports whether text is an optional minus and ASCII digits.
func plainInteger(text string) bool {
	text = strings.TrimPrefix(text, "-")
	return text != "" && strings.Trim(text, "0123456789") == ""
}

// plainNumber reports whether text is a decimal number without plus, hexadecimal, underscores, infinities.
func plainNumber(text string) bool {
	mantissa, exponent, has := strings.Cut(strings.ToLower(text), "e")
	if has && !plainInteger(strings.TrimPrefix(exponent, "+")) {
		return false
	}
	whole, fraction, dot := strings.Cut(mantissa, ".")
	return plainInteger(whole) && (!dot || fraction != "" && strings.Trim(fraction, "0123456789") == "")
}

type valueJSON struct {
	Kind Kind   `json:"k"`
	Text string `json:"v"`
}

// MarshalJSON writes null, or kind and text, for the stores' own records; HTTP answers are written elsewhere.
func (v Value) MarshalJSON() ([]byte, error) {
	switch v.kind {
	case Null:
		return []byte("null"), nil
	case Text:
		return json.Marshal(valueJSON{Text, v.text})
	case Double:
		return json.Marshal(valueJSON{Double, strconv.FormatFloat(v.Double(), 'g', -1, 64)})
	case WideDecimal:
		return json.Marshal(valueJSON{WideDecimal, v.Format(0)})
	default:
		return json.Marshal(valueJSON{v.kind, strconv.FormatInt(v.Int(), 10)})
	}
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (v *Value) UnmarshalJSON(data []byte) error {
	*v = Value{}
	if string(data) == "null" {
		return nil
	}
	var j valueJSON
	if err := json.Unmarshal(data, &j); err != nil {
		return err
	}
	switch j.Kind {
	case Null:
		return fmt.Errorf("value without a kind")
	case Text:
		*v = NewText(j.Text)
	case Double:
		f, err := strconv.ParseFloat(j.Text, 64)
		if err != nil {
			return err
		}
		*v = NewDouble(f)
	case WideDecimal:
		n, ok := ParseInt128(j.Text)
		if !ok {
			return fmt.Errorf("%q is no decimal of at most %d digits", j.Text, MaxDigits)
		}
		*v = NewWideDecimal(n)
	default:
		n, err := strconv.ParseInt(j.Text, 10, 64)
		if err != nil {
			return err
		}
		*v = NewIntegral(j.Kind, n)
	}
	return nil
}
