package postgres

import (
	"encoding/binary"
	"math/bits"

	"goldserve/gold"
)

// appendNumeric appends a decimal of scale digits after the point as PostgreSQL sends numerics (numeric_recv): how many digits of
// base 10,000, the power of the first, the sign, the scale, and the digits without zeros at either end.
func appendNumeric(dst []byte, unscaled gold.Int128, scale int) []byte {
	const base, negative = 10_000, 0x4000
	sign := uint16(0)
	if unscaled.High < 0 {
		sign = negative
	}
	abs := unscaled.Abs()
	high, low := uint64(abs.High), abs.Low
	var digits [11]uint16 // the lowest first: 38 decimal ones, those after the point from a full digit on
	n := 0
	take := func(by uint64) uint16 {
		var rest uint64
		high, rest = high/by, high%by
		low, rest = bits.Div64(rest, low, by)
		return uint16(rest)
	}
	if over := scale % 4; over != 0 { // the last digit of the fraction is not whole
		by := [4]uint64{1, 10, 100, 1000}[over]
		digits[0] = take(by) * uint16(base/by)
		n = 1
	}
	for high|low != 0 {
		digits[n] = take(base)
		n++
	}
	first := 0 // of those that are not zero
	for first < n && digits[first] == 0 {
		first++
	}
	for n > first && digits[n-1] == 0 {
		n--
	}
	fraction := (scale + 3) / 4
	weight := n - fraction - 1
	if n == first {
		first, n, weight, sign = 0, 0, 0, 0
	}
	order := binary.BigEndian
	dst = order.AppendUint32(dst, uint32(8+2*(n-first)))
	dst = order.AppendUint16(dst, uint16(n-first))
	dst = order.AppendUint16(dst, uint16(int16(weight)))
	dst = order.AppendUint16(dst, sign)
	dst = order.AppendUint16(dst, uint16(scale))
	for i := n - 1; i >= first; i-- {
		dst = order.AppendUint16(dst, digits[i])
	}
	return dst
}
