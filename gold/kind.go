package gold

import (
	"fmt"
	"strconv"
)

// Kind is the type of a field or value. The zero Kind is null's.
type Kind uint8

// The kinds, and the representation of their values.
const (
	Null        Kind = iota
	Bool             // false or true
	Int              // int64
	Double           // never NaN (null), never -0 (0): the lake guarantees this
	Decimal          // int64 unscaled, Field.Scale digits after the point, at most 18 digits
	Text             // valid UTF-8
	Date             // days since 1970-01-01, years 0001 to 9999
	Time             // milliseconds since 1970-01-01T00:00:00Z, years 0001 to 9999
	Duration         // microseconds; Field.Scale is DurationScale, so that as a number it is seconds
	WideDecimal      // Int128 unscaled, Field.Scale digits after the point, at most Field.Precision digits (19 to 38)
)

var kindNames = [...]string{"null", "bool", "int", "double", "decimal", "text", "date", "time", "duration", "wide_decimal"}

// String returns the kind as people know it: a WideDecimal is a decimal too.
func (k Kind) String() string {
	if k == WideDecimal {
		k = Decimal
	}
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "kind(" + strconv.Itoa(int(k)) + ")"
}

// WithArticle names the kind for a sentence: "an int", "a date".
func (k Kind) WithArticle() string {
	if k == Int {
		return "an int"
	}
	return "a " + k.String()
}

// Numeric reports whether values of the kind are numbers.
func (k Kind) Numeric() bool { return k == Int || k == Double || k.Exact() }

// Exact reports whether values of the kind are decimals.
func (k Kind) Exact() bool { return k == Decimal || k == WideDecimal }

// InBytes reports whether a Column holds values of the kind in Bytes: a Text's own, a WideDecimal's key of 16, which
// compare as the values do.
func (k Kind) InBytes() bool { return k == Text || k == WideDecimal }

// Measurable reports whether values of the kind have sums, averages and bins: numbers, and durations as their seconds.
func (k Kind) Measurable() bool { return k.Numeric() || k == Duration }

// Scaled reports whether values of the kind are integers with Field.Scale digits after the point.
func (k Kind) Scaled() bool { return k.Exact() || k == Duration }

// Overflows reports whether a sum of values of the kind may exceed the range of sums.
func (k Kind) Overflows() bool { return k == Int || k == Duration || k == WideDecimal }

// Temporal reports whether values of the kind are dates or times.
func (k Kind) Temporal() bool { return k == Date || k == Time }

// MarshalText writes the kind's name.
func (k Kind) MarshalText() ([]byte, error) {
	if int(k) < len(kindNames) {
		return []byte(kindNames[k]), nil
	}
	return []byte(k.String()), nil
}

// UnmarshalText reads a kind's name.
func (k *Kind) UnmarshalText(text []byte) error { return unmarshalName(k, "kind", kindNames[:], text) }

// unmarshalName sets *dst to the index of text among names.
func unmarshalName[T ~uint8](dst *T, what string, names []string, text []byte) error {
	for i, name := range names {
		if name == string(text) {
			*dst = T(i)
			return nil
		}
	}
	return fmt.Errorf("unknown %s %q", what, text)
}
