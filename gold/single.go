package gold

import (
	"fmt"
	"math"
	"strconv"
)

// Parse parses one value of the field, as ParseValue does. For a Single it is the float32 nearest to the text, so that
// 0.7165 finds the stored 0.7164999842643738, which answers show as 0.7165.
func (f *Field) Parse(text string) (Value, error) {
	v, err := ParseValue(f.Kind, f.Scale, text)
	if err != nil || !f.Single {
		return v, err
	}
	// Not via a double: rounding twice may give another float32.
	single, err := strconv.ParseFloat(text, 32)
	if err != nil {
		return Value{}, fmt.Errorf("expected a number within the range of a 32-bit float")
	}
	return NewDouble(single), nil
}

// Append appends a value of the field as HTTP answers and messages show it.
func (f *Field) Append(dst []byte, v Value) []byte {
	if f.Single && v.Kind() == Double {
		return AppendSingle(dst, v.Double())
	}
	return v.Append(dst, f.Scale)
}

// Format returns what Append appends.
func (f *Field) Format(v Value) string { return string(f.Append(nil, v)) }

// AppendSingle appends a double that is a float32's exact value in the shortest decimal form that reads back as that
// float32, any other double as AppendDouble does.
func AppendSingle(dst []byte, f float64) []byte {
	if !IsSingle(f) {
		return AppendDouble(dst, f)
	}
	return appendShortest(dst, f, 32)
}

// IsSingle reports whether a finite double is a float32's exact value.
func IsSingle(f float64) bool { return math.Abs(f) <= math.MaxFloat32 && float64(float32(f)) == f }
