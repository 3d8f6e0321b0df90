package parquet

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/parquet-go/parquet-go/format"

	"goldserve/gold"
	"goldserve/gold/lake/content"
)

// jsonValue appends value k of a leaf as JSON, as it stands within a list, map or struct: numbers with all their digits,
// times with all those of their unit, bytes as base64, NaN as null.
type jsonValue func(dst []byte, v *values, k int) ([]byte, *valueProblem)

// jsonValueOf returns how a leaf's values are written, or nil where they can't be.
func jsonValueOf(m meaning, physical format.Type) jsonValue {
	switch m.kind {
	case integers, decimals:
		return jsonDecimal(decimalReader(m, physical), m.scale)
	case texts:
		return jsonText
	case days:
		return jsonDay
	case instants:
		return jsonInstant(m.digits)
	case clocks, uuids, periods, durations:
		return jsonQuoted(textConversion(m, physical))
	case halves:
		return func(dst []byte, v *values, k int) ([]byte, *valueProblem) {
			return appendJSONDouble(dst, halfToDouble(binary.LittleEndian.Uint16(v.fixed(k))), gold.AppendSingle)
		}
	case plainValues:
		return jsonPlain(physical)
	case allNulls:
		return func(dst []byte, _ *values, _ int) ([]byte, *valueProblem) {
			_, fault := convertNothing(nil, nil, 0, 0, nil)
			return dst, fault
		}
	default:
		return nil
	}
}

// jsonPlain is jsonValueOf for a physical type that says all.
func jsonPlain(physical format.Type) jsonValue {
	switch physical {
	case format.Boolean:
		return func(dst []byte, v *values, k int) ([]byte, *valueProblem) {
			return strconv.AppendBool(dst, v.bools[k] != 0), nil
		}
	case format.Int32, format.Int64:
		return jsonDecimal(decimalReader(meaning{}, physical), 0)
	case format.Int96:
		return func(dst []byte, v *values, k int) ([]byte, *valueProblem) {
			day, nanos := int96Parts(v.fixed(k))
			seconds, fraction := gold.FloorDiv(nanos, pow10[9])
			return appendJSONInstant(dst, day*24*60*60+seconds, fraction, 9)
		}
	case format.Float:
		return func(dst []byte, v *values, k int) ([]byte, *valueProblem) {
			return appendJSONDouble(dst, float64(v.floats[k]), gold.AppendSingle)
		}
	case format.Double:
		return func(dst []byte, v *values, k int) ([]byte, *valueProblem) {
			return appendJSONDouble(dst, v.doubles[k], gold.AppendDouble)
		}
	case format.ByteArray:
		return func(dst []byte, v *values, k int) ([]byte, *valueProblem) {
			return appendJSONBytes(dst, v.text(k)), nil
		}
	case format.FixedLenByteArray:
		return func(dst []byte, v *values, k int) ([]byte, *valueProblem) {
			return appendJSONBytes(dst, v.fixed(k)), nil
		}
	default:
		return nil
	}
}

func jsonDecimal(read unscaled, scale int) jsonValue {
	return func(dst []byte, v *values, k int) ([]byte, *valueProblem) {
		x, n := read(v, k)
		return appendDecimal(dst, x, n, scale), nil
	}
}

func appendJSONDouble(dst []byte, x float64, write func([]byte, float64) []byte) ([]byte, *valueProblem) {
	switch {
	case x != x:
		return append(dst, "null"...), nil
	case math.IsInf(x, 0):
		return dst, infinite(x)
	default:
		return write(dst, x+0), nil // -0 becomes 0
	}
}

func jsonText(dst []byte, v *values, k int) ([]byte, *valueProblem) {
	text := v.text(k)
	switch {
	case len(text) > maxCell:
		return dst, tooLong(len(text))
	case !utf8.Valid(text):
		return dst, notUTF8(text)
	}
	return content.AppendJSONText(dst, text), nil
}

func jsonDay(dst []byte, v *values, k int) ([]byte, *valueProblem) {
	d, fault := day(v, k)
	if fault != nil {
		return dst, fault
	}
	return append(gold.AppendDate(append(dst, '"'), d), '"'), nil
}

func jsonInstant(digits int) jsonValue {
	return func(dst []byte, v *values, k int) ([]byte, *valueProblem) {
		seconds, fraction := gold.FloorDiv(v.int64s[k], pow10[digits])
		return appendJSONInstant(dst, seconds, fraction, digits)
	}
}

// appendJSONInstant appends a time, with the digits of its fraction where that is not zero.
func appendJSONInstant(dst []byte, seconds, fraction int64, digits int) ([]byte, *valueProblem) {
	if seconds < gold.MinTime/1000 || seconds > gold.MaxTime/1000 {
		return dst, outOfYears(time.Unix(seconds, 0).UnixMilli())
	}
	dst = gold.AppendTime(append(dst, '"'), seconds*1000)
	if fraction > 0 {
		dst = fmt.Appendf(dst[:len(dst)-1], ".%0*dZ", digits, fraction)
	}
	return append(dst, '"'), nil
}

// jsonQuoted writes what a conversion to text gives, which needs no escapes.
func jsonQuoted(convert conversion) jsonValue {
	return func(dst []byte, v *values, k int) ([]byte, *valueProblem) {
		dst = append(dst, '"')
		one := gold.Column{Kind: gold.Text, Bytes: dst[len(dst):]}
		_, fault := convert(&one, v, k, k+1, nil)
		return append(append(dst, one.Bytes...), '"'), fault
	}
}

func appendJSONBytes(dst, b []byte) []byte {
	return append(base64.StdEncoding.AppendEncode(append(dst, '"'), b), '"')
}
