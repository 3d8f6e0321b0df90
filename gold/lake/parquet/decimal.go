package parquet

import (
	"encoding/binary"
	"math"
	"math/big"
	"strconv"
	"strings"

	"github.com/parquet-go/parquet-go/format"

	"goldserve/gold"
)

// unscaled returns the digits of a decimal, without its point: as an int64 where they fit, else as a big number.
type unscaled func(v *values, k int) (int64, *big.Int)

// decimalReader returns the reader of decimals in each physical form, and of integers, which are decimals of scale 0;
// nil for other columns.
func decimalReader(m meaning, physical format.Type) unscaled {
	if m.kind != decimals && m.kind != integers && m.kind != plainValues {
		return nil
	}
	switch {
	case physical == format.Int32 && m.unsigned:
		return func(v *values, k int) (int64, *big.Int) { return int64(uint32(v.int32s[k])), nil }
	case physical == format.Int32:
		return func(v *values, k int) (int64, *big.Int) { return int64(v.int32s[k]), nil }
	case physical == format.Int64 && m.unsigned:
		return func(v *values, k int) (int64, *big.Int) {
			if x := v.int64s[k]; x < 0 {
				return 0, new(big.Int).SetUint64(uint64(x))
			}
			return v.int64s[k], nil
		}
	case physical == format.Int64:
		return func(v *values, k int) (int64, *big.Int) { return v.int64s[k], nil }
	case m.kind != decimals:
		return nil
	case physical == format.FixedLenByteArray:
		return func(v *values, k int) (int64, *big.Int) { return bigEndian(v.fixed(k)) }
	case physical == format.ByteArray:
		return func(v *values, k int) (int64, *big.Int) { return bigEndian(v.text(k)) }
	default:
		return nil
	}
}

// bigEndian reads a big-endian number in two's complement.
func bigEndian(b []byte) (int64, *big.Int) {
	// Bytes that repeat the sign say nothing.
	for len(b) > 1 && (b[0] == 0 && b[1] < 0x80 || b[0] == 0xff && b[1] >= 0x80) {
		b = b[1:]
	}
	if len(b) > 8 {
		n := new(big.Int).SetBytes(b)
		if b[0] >= 0x80 {
			n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
		}
		return 0, n
	}
	if len(b) == 0 {
		return 0, nil
	}
	var padded [8]byte
	if b[0] >= 0x80 {
		padded = [8]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}
	}
	copy(padded[8-len(b):], b)
	return int64(binary.BigEndian.Uint64(padded[:])), nil
}

// decimalText writes a decimal in full.
func decimalText(x int64, n *big.Int, scale int) string {
	if n == nil {
		return string(gold.AppendDecimal(nil, x, scale))
	}
	digits := new(big.Int).Abs(n).String()
	if pad := scale + 1 - len(digits); pad > 0 {
		digits = strings.Repeat("0", pad) + digits
	}
	if scale > 0 {
		digits = digits[:len(digits)-scale] + "." + digits[len(digits)-scale:]
	}
	if n.Sign() < 0 {
		return "-" + digits
	}
	return digits
}

// convertDecimal moves the point from one scale to another without loss. To scale 0 it gives the integers of an Int.
func convertDecimal(read unscaled, from, to int) conversion {
	return func(dst *gold.Column, v *values, i, j int, _ *int64) (int, *valueProblem) {
		for k := i; k < j; k++ {
			x, n := read(v, k)
			scaled, f := rescale(x, n, from, to, dst.Kind)
			if f != nil {
				return k - i, f
			}
			dst.Ints = append(dst.Ints, scaled)
		}
		return j - i, nil
	}
}

func rescale(x int64, n *big.Int, from, to int, kind gold.Kind) (int64, *valueProblem) {
	limit, expected := pow10[18]-1, "a decimal number of at most 18 digits"
	if kind == gold.Int {
		limit, expected = math.MaxInt64, "an integer between -9223372036854775808 and 9223372036854775807"
	}
	if n == nil && from == to && (kind == gold.Int || x <= limit && x >= -limit) {
		return x, nil
	}
	wide := n
	if n == nil {
		wide = big.NewInt(x)
	}
	if to >= from {
		wide = new(big.Int).Mul(wide, bigPow10(to-from))
	} else {
		var rest big.Int
		wide, _ = new(big.Int).QuoRem(wide, bigPow10(from-to), &rest)
		if rest.Sign() != 0 {
			expected = expectedWords(gold.Field{Kind: gold.Decimal, Scale: to})
			if kind == gold.Int {
				expected = "an integer, not a fraction"
			}
			return 0, &valueProblem{gold.CodeValueType, decimalText(x, n, from), expected}
		}
	}
	if !wide.IsInt64() || kind != gold.Int && (wide.Int64() > limit || wide.Int64() < -limit) {
		return 0, &valueProblem{gold.CodeValueRange, decimalText(x, n, from), expected}
	}
	return wide.Int64(), nil
}

func bigPow10(n int) *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil) }

// convertDecimalDouble rounds decimals to the nearest double. That is no loss up to 15 digits; one with more must be
// the decimal that its double is written as.
func convertDecimalDouble(read unscaled, scale int) conversion {
	return func(dst *gold.Column, v *values, i, j int, _ *int64) (int, *valueProblem) {
		for k := i; k < j; k++ {
			x, n := read(v, k)
			if n == nil && scale < 19 && x <= pow10[15] && x >= -pow10[15] {
				// Both are exact, so the division rounds once.
				dst.Floats = append(dst.Floats, float64(x)/float64(pow10[scale]))
				continue
			}
			text := decimalText(x, n, scale)
			double, ok := exactDouble(text)
			if !ok {
				return k - i, &valueProblem{gold.CodeValueRange, text, "a number that a double holds (15 digits; a decimal field holds 18)"}
			}
			dst.Floats = append(dst.Floats, double)
		}
		return j - i, nil
	}
}

// exactDouble reads a decimal as the nearest double and reports whether the decimal has at most 15 digits or is the
// shortest one that reads back as that double.
func exactDouble(text string) (float64, bool) {
	x, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return 0, false
	}
	x += 0
	exact, ok := new(big.Rat).SetString(text)
	if !ok {
		return 0, false
	}
	for _, digits := range []int{15, -1} {
		precision := digits
		if digits > 0 {
			precision-- // digits after the first
		}
		written, ok := new(big.Rat).SetString(strconv.FormatFloat(x, 'e', precision, 64))
		if ok && written.Cmp(exact) == 0 {
			return x, true
		}
	}
	return x, false
}
