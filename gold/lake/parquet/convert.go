package parquet

import (
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"unicode/utf8"

	"github.com/parquet-go/parquet-go/format"

	"goldserve/gold"
)

// conversionOf returns the conversion of a leaf's values to a field's kind, or nil where there is none without loss.
func conversionOf(f gold.Field, physical format.Type, m meaning) conversion {
	if m.kind == allNulls {
		return convertNothing
	}
	if f.Cast != nil {
		return castConversion(f, m, physical)
	}
	switch f.Kind {
	case gold.Bool:
		if m.kind == plainValues && physical == format.Boolean {
			return convertBool
		}
	case gold.Int:
		return intConversion(m, physical)
	case gold.Double:
		convert := doubleConversion(m, physical)
		if f.Single && convert != nil && physical != format.Float && m.kind != halves {
			return convertSingle(convert)
		}
		return convert
	case gold.Decimal:
		if read := decimalReader(m, physical); read != nil {
			return convertDecimal(read, m.scale, f.Scale)
		}
	case gold.WideDecimal:
		if read := decimalReader(m, physical); read != nil {
			return convertWideDecimal(read, m.scale, f.Scale, f.Precision)
		}
	case gold.Text:
		if convert := bytesConversion(m, physical); f.Base64 && convert != nil {
			return convert
		}
		return textConversion(m, physical)
	case gold.Date:
		switch {
		case m.kind == days:
			return convertDate
		case m.kind == instants || m.kind == plainValues && physical == format.Int96:
			return convertMidnight(instantReader(m))
		}
	case gold.Duration:
		switch m.kind {
		case durations:
			return convertDuration(m.digits)
		case texts:
			return convertDurationText
		default:
		}
	case gold.Time:
		switch {
		case m.kind == instants || m.kind == plainValues && physical == format.Int96:
			if read := zonedReader(instantReader(m), m.basis, f.DefaultZone); read != nil {
				return convertTime(read)
			}
		case m.kind == days:
			return convertDayTime(f.DefaultZone)
		}
	default:
	}
	return nil
}

// convertNothing is for columns that declare to hold nulls alone.
func convertNothing(_ *gold.Column, _ *values, _, _ int, _ *int64) (int, *valueProblem) {
	return 0, &valueProblem{gold.CodeValueType, "a value", "nothing but nulls, as the column's type says"}
}

func convertBool(dst *gold.Column, v *values, i, j int, _ *int64) (int, *valueProblem) {
	for _, b := range v.bools[i:j] {
		dst.Ints = append(dst.Ints, int64(b))
	}
	return j - i, nil
}

func intConversion(m meaning, physical format.Type) conversion {
	switch {
	case m.kind == plainValues && physical == format.Double:
		return convertIntegral(func(v *values, i int) float64 { return v.doubles[i] })
	case m.kind == plainValues && physical == format.Float:
		return convertIntegral(func(v *values, i int) float64 { return float64(v.floats[i]) })
	case m.kind == decimals:
		read := decimalReader(m, physical)
		return convertDecimal(read, m.scale, 0)
	case m.kind != plainValues && m.kind != integers:
		return nil
	case physical == format.Int64 && m.unsigned:
		return convertUint64
	case physical == format.Int64:
		return func(dst *gold.Column, v *values, i, j int, _ *int64) (int, *valueProblem) {
			dst.Ints = append(dst.Ints, v.int64s[i:j]...)
			return j - i, nil
		}
	case physical == format.Int32 && m.unsigned:
		return func(dst *gold.Column, v *values, i, j int, _ *int64) (int, *valueProblem) {
			for _, x := range v.int32s[i:j] {
				dst.Ints = append(dst.Ints, int64(uint32(x)))
			}
			return j - i, nil
		}
	case physical == format.Int32:
		return func(dst *gold.Column, v *values, i, j int, _ *int64) (int, *valueProblem) {
			for _, x := range v.int32s[i:j] {
				dst.Ints = append(dst.Ints, int64(x))
			}
			return j - i, nil
		}
	default:
		return nil
	}
}

func convertUint64(dst *gold.Column, v *values, i, j int, _ *int64) (int, *valueProblem) {
	for k, x := range v.int64s[i:j] {
		if x < 0 {
			return k, &valueProblem{gold.CodeValueRange, strconv.FormatUint(uint64(x), 10), "an integer up to 9223372036854775807"}
		}
		dst.Ints = append(dst.Ints, x)
	}
	return j - i, nil
}

// convertIntegral takes counts that came as doubles, as pandas writes them where some are missing.
func convertIntegral(at func(*values, int) float64) conversion {
	return func(dst *gold.Column, v *values, i, j int, _ *int64) (int, *valueProblem) {
		for k := i; k < j; k++ {
			x := at(v, k)
			switch {
			case x != x:
				dst.AppendNull()
			case x == math.Trunc(x) && math.Abs(x) <= gold.MaxExact:
				dst.Ints = append(dst.Ints, int64(x))
			case math.IsInf(x, 0) || math.Abs(x) > gold.MaxExact:
				return k - i, &valueProblem{gold.CodeValueRange, doubleText(x), "an integer; those in a column of doubles are exact up to 9007199254740992"}
			default:
				return k - i, &valueProblem{gold.CodeValueType, doubleText(x), "an integer, not a fraction"}
			}
		}
		return j - i, nil
	}
}

func doubleText(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }

func doubleConversion(m meaning, physical format.Type) conversion {
	switch {
	case m.kind == plainValues && physical == format.Double:
		return convertDouble
	case m.kind == plainValues && physical == format.Float:
		return convertFloat
	case m.kind == halves:
		return func(dst *gold.Column, v *values, i, j int, _ *int64) (int, *valueProblem) {
			for k := i; k < j; k++ {
				if f := appendDouble(dst, halfToDouble(binary.LittleEndian.Uint16(v.fixed(k)))); f != nil {
					return k - i, f
				}
			}
			return j - i, nil
		}
	case m.kind == decimals:
		return convertDecimalDouble(decimalReader(m, physical), m.scale)
	case m.kind != plainValues && m.kind != integers:
		return nil
	case physical == format.Int32 || physical == format.Int64:
		return convertIntDouble(physical, m.unsigned)
	default:
		return nil
	}
}

func convertDouble(dst *gold.Column, v *values, i, j int, _ *int64) (int, *valueProblem) {
	from := len(dst.Floats)
	dst.Floats = append(dst.Floats, v.doubles[i:j]...)
	for k, x := range dst.Floats[from:] {
		if x-x == 0 { // finite
			dst.Floats[from+k] = x + 0 // -0 becomes 0
			continue
		}
		// The rare ones, one by one.
		dst.Floats = dst.Floats[:from+k]
		for l := i + k; l < j; l++ {
			if f := appendDouble(dst, v.doubles[l]); f != nil {
				return l - i, f
			}
		}
		break
	}
	return j - i, nil
}

func convertFloat(dst *gold.Column, v *values, i, j int, _ *int64) (int, *valueProblem) {
	for k, x := range v.floats[i:j] {
		if f := appendDouble(dst, float64(x)); f != nil {
			return k, f
		}
	}
	return j - i, nil
}

// appendDouble appends a double: NaN as null, -0 as 0.
func appendDouble(dst *gold.Column, x float64) *valueProblem {
	switch {
	case x != x:
		dst.AppendNull()
	case math.IsInf(x, 0):
		return infinite(x)
	default:
		dst.Floats = append(dst.Floats, x+0)
	}
	return nil
}

func infinite(x float64) *valueProblem {
	return &valueProblem{gold.CodeValueRange, doubleText(x), "a finite number: JSON has no infinity"}
}

// convertSingle takes numbers that are float32s too: those that the contract says a column has.
func convertSingle(convert conversion) conversion {
	return func(dst *gold.Column, v *values, i, j int, lost *int64) (int, *valueProblem) {
		from := len(dst.Floats)
		n, f := convert(dst, v, i, j, lost)
		for k, x := range dst.Floats[from:] {
			if !gold.IsSingle(x) {
				truncate(dst, from+k)
				return k, &valueProblem{gold.CodeValueType, doubleText(x), "a 32-bit float, as the contract's physicalType says: write DOUBLE there"}
			}
		}
		return n, f
	}
}

// convertIntDouble widens integers that a double holds exactly.
func convertIntDouble(physical format.Type, unsigned bool) conversion {
	return func(dst *gold.Column, v *values, i, j int, _ *int64) (int, *valueProblem) {
		for k := i; k < j; k++ {
			var x int64
			switch {
			case physical == format.Int64:
				x = v.int64s[k]
			case unsigned:
				x = int64(uint32(v.int32s[k]))
			default:
				x = int64(v.int32s[k])
			}
			if x > gold.MaxExact || x < -gold.MaxExact || unsigned && x < 0 {
				text := strconv.FormatInt(x, 10)
				if unsigned {
					text = strconv.FormatUint(uint64(x), 10)
				}
				return k - i, &valueProblem{gold.CodeValueRange, text, "an integer that a double holds exactly (up to 9007199254740992)"}
			}
			dst.Floats = append(dst.Floats, float64(x))
		}
		return j - i, nil
	}
}

// convertText takes text. It stops where the column is full.
func convertText(dst *gold.Column, v *values, i, j int, _ *int64) (int, *valueProblem) {
	for k := i; k < j; k++ {
		if len(dst.Bytes) >= batchText {
			return k - i, nil
		}
		text := v.text(k)
		if len(text) > maxCell {
			return k - i, tooLong(len(text))
		}
		if !utf8.Valid(text) {
			return k - i, notUTF8(text)
		}
		dst.Bytes = append(dst.Bytes, text...)
		dst.Offsets = append(dst.Offsets, int32(len(dst.Bytes)))
	}
	return j - i, nil
}

func tooLong(bytes int) *valueProblem {
	return &valueProblem{gold.CodeValueRange, fmt.Sprintf("a text of %d bytes", bytes), fmt.Sprintf("at most %d bytes", maxCell)}
}

func notUTF8(text []byte) *valueProblem {
	return &valueProblem{gold.CodeValueType, quoteStart(text), "valid UTF-8 (" + bytesAdvice + ")"}
}

// quoteStart quotes the start of a text, which may be no UTF-8.
func quoteStart(text []byte) string {
	quoted := strconv.Quote(string(text[:min(len(text), 40)]))
	if len(text) > 40 {
		quoted += "…"
	}
	return quoted
}
