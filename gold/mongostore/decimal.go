package mongostore

import (
	"encoding/binary"
	"math/big"

	"go.mongodb.org/mongo-driver/v2/bson"

	"goldserve/gold"
)

// sortable reports whether a WideDecimal is stored as text that sorts as its numbers do: it may have more digits than a
// decimal128.
func sortable(f *gold.Field) bool { return f.Precision > gold.Decimal128Digits }

// wideBits returns unscaled·10^-scale in decimal128; false where it has more digits.
func wideBits(unscaled gold.Int128, scale int) (high, low uint64, ok bool) {
	abs := unscaled.Abs()
	high = uint64(decimalBias-scale)<<49 | uint64(abs.High)
	if unscaled.High < 0 {
		high |= 1 << 63
	}
	return high, abs.Low, unscaled.Fits(gold.Decimal128Digits)
}

// appendWide appends a WideDecimal as a field is stored.
func appendWide(dst []byte, n gold.Int128, f *gold.Field) []byte {
	if !sortable(f) {
		high, low, _ := wideBits(n, f.Scale)
		return binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(dst, low), high)
	}
	start := len(dst)
	dst = append(n.AppendSortable(append(dst, 0, 0, 0, 0), f.Scale), 0)
	binary.LittleEndian.PutUint32(dst[start:], uint32(len(dst)-start-4))
	return dst
}

// wideValue returns a WideDecimal that the driver encodes. One with more digits than any that is stored is beyond them all:
// an infinity is, too.
func wideValue(n gold.Int128, f *gold.Field) any {
	if sortable(f) {
		return string(n.AppendSortable(nil, f.Scale))
	}
	high, low, ok := wideBits(n, f.Scale)
	if !ok {
		const infinity = 0x78 << 56
		return bson.NewDecimal128(high&(1<<63)|infinity, 0)
	}
	return bson.NewDecimal128(high, low)
}

// wideOf returns the digits of a value of a field as it is stored, or as a decimal128 of another exponent.
func wideOf(v bson.RawValue, f *gold.Field) (gold.Int128, bool) {
	if sortable(f) {
		length := int(binary.LittleEndian.Uint32(v.Value))
		return gold.ParseSortable(v.Value[4 : 4+length-1])
	}
	low, high := binary.LittleEndian.Uint64(v.Value), binary.LittleEndian.Uint64(v.Value[8:])
	if high<<1>>50 == uint64(decimalBias-f.Scale) {
		n := gold.Int128{High: int64(high << 15 >> 15), Low: low}
		if high>>63 != 0 {
			n = n.Neg()
		}
		return n, n.Fits(gold.MaxDigits)
	}
	n, exponent, err := bson.NewDecimal128(high, low).BigInt()
	if err != nil {
		return gold.Int128{}, false
	}
	unit, rest := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(exponent+f.Scale, -exponent-f.Scale))), nil), new(big.Int)
	if exponent >= -f.Scale {
		n.Mul(n, unit)
	} else {
		n.QuoRem(n, unit, rest)
	}
	wide, ok := gold.Int128OfBig(n)
	return wide, ok && rest.Sign() == 0
}
