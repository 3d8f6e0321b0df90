package parquet

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"

	"github.com/parquet-go/parquet-go/format"

	"goldserve/gold"
)

// unscaled returns the digits of a decimal, without its point: as a big number where 128 bits don't hold them.
type unscaled func(v *values, k int) (gold.Int128, *big.Int)

// decimalReader returns the reader of decimals in each physical form, and of integers, which are decimals of scale 0;
// nil for other columns.
func decimalReader(m meaning, physical format.Type) unscaled {
	if m.kind != decimals && m.kind != integers && m.kind != plainValues {
		return nil
	}
	switch {
	case physical == format.Int32 && m.unsigned:
		return func(v *values, k int) (gold.Int128, *big.Int) {
			return gold.Int128{Low: uint64(uint32(v.int32s[k]))}, nil
		}
	case physical == format.Int32:
		return func(v *values, k int) (gold.Int128, *big.Int) { return gold.Int128Of(int64(v.int32s[k])), nil }
	case physical == format.Int64 && m.unsigned:
		return func(v *values, k int) (gold.Int128, *big.Int) { return gold.Int128{Low: uint64(v.int64s[k])}, nil }
	case physical == format.Int64:
		return func(v *values, k int) (gold.Int128, *big.Int) { return gold.Int128Of(v.int64s[k]), nil }
	case m.kind != decimals:
		return nil
	case physical == format.FixedLenByteArray:
		return func(v *values, k int) (gold.Int128, *big.Int) { return bigEndian(v.fixed(k)) }
	case physical == format.ByteArray:
		return func(v *values, k int) (gold.Int128, *big.Int) { return bigEndian(v.text(k)) }
	default:
		return nil
	}
}

// bigEndian reads a big-endian number in two's complement.
func bigEndian(b []byte) (gold.Int128, *big.Int) {
	if len(b) == 16 {
		return gold.Int128{High: int64(binary.BigEndian.Uint64(b)), Low: binary.BigEndian.Uint64(b[8:])}, nil
	}
	// Bytes that repeat the sign say nothing.
	for len(b) > 16 && (b[0] == 0 && b[1] < 0x80 || b[0] == 0xff && b[1] >= 0x80) {
		b = b[1:]
	}
	if len(b) > 16 {
		n := new(big.Int).SetBytes(b)
		if b[0] >= 0x80 {
			n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
		}
		return gold.Int128{}, n
	}
	var padded [16]byte
	if len(b) > 0 && b[0] >= 0x80 {
		for i := range padded[:16-len(b)] {
			padded[i] = 0xff
		}
	}
	copy(padded[16-len(b):], b)
	return bigEndian(padded[:])
}

// decimalText returns a decimal in full.
func decimalText(x gold.Int128, n *big.Int, scale int) string {
	return string(appendDecimal(nil, x, n, scale))
}

// appendDecimal appends what decimalText returns.
func appendDecimal(dst []byte, x gold.Int128, n *big.Int, scale int) []byte {
	if n == nil {
		return x.Append(dst, scale)
	}
	if n.Sign() < 0 {
		dst = append(dst, '-')
	}
	digits := new(big.Int).Abs(n).String()
	if pad := scale + 1 - len(digits); pad > 0 {
		digits = strings.Repeat("0", pad) + digits
	}
	if scale > 0 {
		digits = digits[:len(digits)-scale] + "." + digits[len(digits)-scale:]
	}
	return append(dst, digits...)
}

// convertDecimal moves the point from one scale to another without loss. To scale 0 it gives the integers of an Int.
func convertDecimal(read unscaled, from, to int) conversion {
	return func(dst *gold.Column, v *values, i, j int, _ *int64) (int, *valueProblem) {
		limit, expected := pow10[gold.NarrowDigits]-1, digitsExpected(gold.NarrowDigits)
		if dst.Kind == gold.Int {
			limit, expected = math.MaxInt64, "an integer between -9223372036854775808 and 9223372036854775807"
		}
		for k := i; k < j; k++ {
			x, n := read(v, k)
			narrow, ok := x.Int64()
			if n == nil && ok && from == to && (dst.Kind == gold.Int || narrow <= limit && narrow >= -limit) {
				dst.Ints = append(dst.Ints, narrow)
				continue
			}
			moved, f := movePoint(x, n, from, to, dst.Kind)
			if f != nil {
				return k - i, f
			}
			if narrow = moved.Int64(); !moved.IsInt64() || dst.Kind != gold.Int && (narrow > limit || narrow < -limit) {
				return k - i, &valueProblem{gold.CodeValueRange, decimalText(x, n, from), expected}
			}
			dst.Ints = append(dst.Ints, narrow)
		}
		return j - i, nil
	}
}

// convertWideDecimal is convertDecimal of a WideDecimal of so many digits.
func convertWideDecimal(read unscaled, from, to, precision int) conversion {
	return func(dst *gold.Column, v *values, i, j int, _ *int64) (int, *valueProblem) {
		for k := i; k < j; k++ {
			x, n := read(v, k)
			wide, ok := x, n == nil
			if n != nil || from != to {
				moved, f := movePoint(x, n, from, to, dst.Kind)
				if f != nil {
					return k - i, f
				}
				wide, ok = gold.Int128OfBig(moved)
			}
			if !ok || !wide.Fits(precision) {
				return k - i, &valueProblem{gold.CodeValueRange, decimalText(x, n, from), digitsExpected(precision)}
			}
			dst.AppendInt128(wide)
		}
		return j - i, nil
	}
}

func digitsExpected(digits int) string {
	return fmt.Sprintf("a decimal number of at most %s", gold.Counted(digits, "digit"))
}

// movePoint returns the digits of a decimal of another scale, which must have all of its fraction.
func movePoint(x gold.Int128, n *big.Int, from, to int, kind gold.Kind) (*big.Int, *valueProblem) {
	wide := n
	if n == nil {
		wide = x.Big()
	}
	if to >= from {
		return new(big.Int).Mul(wide, bigPow10(to-from)), nil
	}
	var rest big.Int
	moved, _ := new(big.Int).QuoRem(wide, bigPow10(from-to), &rest)
	if rest.Sign() == 0 {
		return moved, nil
	}
	expected := "an integer, not a fraction"
	if kind != gold.Int {
		expected = fmt.Sprintf("%s: write DECIMAL(p,%d) in the contract, or number alone to round", expectedWords(gold.Field{Kind: kind, Scale: to}), from)
	}
	return nil, &valueProblem{gold.CodeValueType, decimalText(x, n, from), expected}
}

func bigPow10(n int) *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil) }

// convertDecimalDouble rounds decimals to the nearest double, and counts those whose digits the double is not written
// with: no decimal of up to 15 digits.
func convertDecimalDouble(read unscaled, scale int) conversion {
	return func(dst *gold.Column, v *values, i, j int, lost *int64) (int, *valueProblem) {
		for k := i; k < j; k++ {
			x, n := read(v, k)
			if narrow, ok := x.Int64(); n == nil && ok && scale < 19 && narrow <= pow10[15] && narrow >= -pow10[15] {
				// Both are exact, so the division rounds once.
				dst.Floats = append(dst.Floats, float64(narrow)/float64(pow10[scale]))
				continue
			}
			text := decimalText(x, n, scale)
			double, err := strconv.ParseFloat(text, 64)
			if err != nil {
				return k - i, &valueProblem{gold.CodeValueRange, text, "a number within the range of a double"}
			}
			dst.Floats = append(dst.Floats, double+0)
			if scale > 0 {
				text = strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
			}
			if strconv.FormatFloat(double, 'f', -1, 64) != text {
				*lost++
			}
		}
		return j - i, nil
	}
}
