package gold

import (
	"encoding/binary"
	"math/big"
	"math/bits"
	"strconv"
	"strings"
)

// Int128 is a signed 128-bit integer: the unscaled digits of a WideDecimal, of which there are at most MaxDigits.
type Int128 struct {
	High int64
	Low  uint64
}

// The digits of decimals: a Decimal has at most NarrowDigits, a WideDecimal at most MaxDigits, MongoDB's numbers at most
// Decimal128Digits.
const (
	NarrowDigits     = 18
	Decimal128Digits = 34
	MaxDigits        = 38
)

// powers128 holds the powers of ten up to 10^MaxDigits.
var powers128 = func() (powers [MaxDigits + 1]Int128) {
	powers[0] = Int128{Low: 1}
	for i := 1; i < len(powers); i++ {
		powers[i] = powers[i-1].times10(0)
	}
	return powers
}()

// times10 returns ten times a number that is not negative, plus a digit.
func (n Int128) times10(digit byte) Int128 {
	high, low := bits.Mul64(n.Low, 10)
	low, carry := bits.Add64(low, uint64(digit), 0)
	return Int128{High: n.High*10 + int64(high+carry), Low: low}
}

// Int128Of returns an int64 as an Int128.
func Int128Of(v int64) Int128 { return Int128{High: v >> 63, Low: uint64(v)} }

// Int128OfBig returns a big number as an Int128, and whether it has at most MaxDigits digits.
func Int128OfBig(n *big.Int) (Int128, bool) {
	if n.BitLen() > 127 {
		return Int128{}, false
	}
	var b [16]byte
	n.FillBytes(b[:])
	v := Int128{High: int64(binary.BigEndian.Uint64(b[:])), Low: binary.BigEndian.Uint64(b[8:])}
	if n.Sign() < 0 {
		v = v.Neg()
	}
	return v, v.Fits(MaxDigits)
}

// Int64 returns the number as an int64, and whether it is one.
func (n Int128) Int64() (int64, bool) {
	v := int64(n.Low)
	return v, n.High == v>>63
}

// Big returns the number as a big one.
func (n Int128) Big() *big.Int {
	abs := n.Abs()
	var b [16]byte
	binary.BigEndian.PutUint64(b[:], uint64(abs.High))
	binary.BigEndian.PutUint64(b[8:], abs.Low)
	v := new(big.Int).SetBytes(b[:])
	if n.High < 0 {
		v.Neg(v)
	}
	return v
}

// Plus returns the sum of two numbers, which must have at most 127 bits.
func (n Int128) Plus(m Int128) Int128 {
	low, carry := bits.Add64(n.Low, m.Low, 0)
	return Int128{High: n.High + m.High + int64(carry), Low: low}
}

// Neg returns the number with the other sign.
func (n Int128) Neg() Int128 {
	low, borrow := bits.Sub64(0, n.Low, 0)
	high, _ := bits.Sub64(0, uint64(n.High), borrow)
	return Int128{High: int64(high), Low: low}
}

// Abs returns the number without its sign.
func (n Int128) Abs() Int128 {
	if n.High < 0 {
		return n.Neg()
	}
	return n
}

// less reports whether n is below m.
func (n Int128) less(m Int128) bool {
	return n.High < m.High || n.High == m.High && n.Low < m.Low
}

// Fits reports whether the number has at most so many digits.
func (n Int128) Fits(digits int) bool {
	abs := n.Abs()
	return abs.High >= 0 && abs.less(powers128[min(digits, MaxDigits)])
}

// appendDigits appends the digits of a number that is not negative, at least so many.
func (n Int128) appendDigits(dst []byte, least int) []byte {
	const word = 1e19
	high, low := bits.Div64(uint64(n.High), n.Low, word)
	if high == 0 {
		return appendPadded(dst, low, least)
	}
	return appendPadded(appendPadded(dst, high, least-19), low, 19)
}

func appendPadded(dst []byte, n uint64, least int) []byte {
	var digits [20]byte
	text := strconv.AppendUint(digits[:0], n, 10)
	for range least - len(text) {
		dst = append(dst, '0')
	}
	return append(dst, text...)
}

// Append appends the number with scale digits after the point.
func (n Int128) Append(dst []byte, scale int) []byte {
	if n.High < 0 {
		dst = append(dst, '-')
	}
	return insertPoint(n.Abs().appendDigits(dst, scale+1), scale)
}

// insertPoint puts a point before the last scale digits.
func insertPoint(dst []byte, scale int) []byte {
	if scale <= 0 {
		return dst
	}
	dst = append(dst, 0)
	at := len(dst) - 1 - scale
	copy(dst[at+1:], dst[at:])
	dst[at] = '.'
	return dst
}

// Double returns the double nearest to the number with scale digits after the point, half to even.
func (n Int128) Double(scale int) float64 {
	var text [MaxDigits + 8]byte
	v, err := strconv.ParseFloat(string(n.Append(text[:0], scale)), 64)
	if err != nil {
		return 0 // a decimal number in plain digits is always one
	}
	return v
}

// ParseInt128 parses an optional minus and digits, and reports whether they are such a number of at most MaxDigits
// digits, zeros before it not counted.
func ParseInt128(text string) (Int128, bool) {
	digits, negative := strings.CutPrefix(text, "-")
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return Int128{}, false
	}
	if digits = strings.TrimLeft(digits, "0"); len(digits) > MaxDigits {
		return Int128{}, false
	}
	var n Int128
	for i := range len(digits) {
		n = n.times10(digits[i] - '0')
	}
	if negative {
		n = n.Neg()
	}
	return n, true
}

// The first byte of AppendSortable's texts.
const (
	sortableNegative = '!'
	sortablePositive = '0'
)

// ExactDecimal writes a number, which may have an exponent, with all its digits and no more: 1.50 as 1.5. It reports whether the
// text is a finite decimal number.
func ExactDecimal(text string) (string, bool) {
	n, ok := new(big.Rat).SetString(text)
	if !ok {
		return "", false
	}
	digits, exact := n.FloatPrec()
	return n.FloatString(digits), exact
}

// AppendSortable appends a number of at most MaxDigits digits as a text of fixed width whose order by bytes is that of
// the numbers: 0 and the 38 digits of a number that is not negative, with a point before the last scale of them if scale
// is not 0; ! and the digits' complements to 9 of a negative one.
func (n Int128) AppendSortable(dst []byte, scale int) []byte {
	first := byte(sortablePositive)
	if n.High < 0 {
		first = sortableNegative
	}
	dst = append(dst, first)
	start := len(dst)
	dst = n.Abs().appendDigits(dst, MaxDigits)
	if n.High < 0 {
		for i := start; i < len(dst); i++ {
			dst[i] = '9' - (dst[i] - '0')
		}
	}
	return insertPoint(dst, scale)
}

// ParseSortable reads what AppendSortable wrote, with a point or without one.
func ParseSortable(text []byte) (Int128, bool) {
	if len(text) < MaxDigits+1 || len(text) > MaxDigits+2 {
		return Int128{}, false
	}
	var n Int128
	negative, seen := text[0] == sortableNegative, 0
	if !negative && text[0] != sortablePositive {
		return Int128{}, false
	}
	for _, c := range text[1:] {
		switch {
		case c == '.':
			continue
		case c < '0' || c > '9':
			return Int128{}, false
		case negative:
			n = n.times10('9' - c)
		default:
			n = n.times10(c - '0')
		}
		seen++
	}
	if negative {
		n = n.Neg()
	}
	return n, seen == MaxDigits
}

// key128 is the length of a WideDecimal in a Column's Bytes.
const key128 = 16

// AppendKey appends the number as 16 bytes whose order is that of the numbers: as a Column holds a WideDecimal.
func (n Int128) AppendKey(dst []byte) []byte {
	dst = binary.BigEndian.AppendUint64(dst, uint64(n.High)^1<<63)
	return binary.BigEndian.AppendUint64(dst, n.Low)
}

// Int128OfKey returns the number of AppendKey's bytes.
func Int128OfKey(key []byte) Int128 {
	_ = key[key128-1]
	return Int128{High: int64(binary.BigEndian.Uint64(key) ^ 1<<63), Low: binary.BigEndian.Uint64(key[8:])}
}
