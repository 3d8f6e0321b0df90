package measure

import (
	"math"
	"math/bits"
	"slices"
)

// Sum is the exact sum of any number of doubles. The zero Sum is 0. Whatever the order of Add, AddSlice and Merge,
// Value has the same bits: those of the exact sum rounded once, to the nearest double, half to even, like Python's
// math.fsum.
//
// It is a superaccumulator (R. Neal, Fast exact summation using small and large superaccumulators, arXiv:1505.05571): a
// fixed-point number in digits of 32 bits, of which only those in use are held: about five digits for amounts of money,
// 66 at most. No intermediate sum can overflow: 1e308 + 1e308 - 1e308 is 1e308.
type Sum struct {
	digits  []int64 // digits[i] counts units of 2^(32·(base+i)-1074); between carries they leave [0, 2^32)
	base    int16
	pending int16 // values added since the last carry
	special special
}

// special says which values that are not finite were added.
type special uint8

const (
	sawPositiveInf special = 1 << iota
	sawNegativeInf
	sawNaN
)

const (
	digitBits = 32
	digitMask = 1<<digitBits - 1
	// A value adds less than 2^52 to a digit, so after 1,024 of them a digit is far from 2^63.
	maxPending = 1024
	// The lowest bit of a double is 2^-1074; the largest sum of 2^63 doubles stays below 2^1087.
	lowestExponent = -1074
	maxDigits      = (1087-lowestExponent)/digitBits + 2
)

// Add adds one value. Infinities and NaN make the sum infinite or NaN as IEEE 754 does, in any order.
func (s *Sum) Add(v float64) {
	if s.pending >= maxPending {
		s.carry()
	}
	s.pending++
	b := math.Float64bits(v)
	exponent := int(b>>52) & 0x7ff
	mantissa := b & (1<<52 - 1)
	switch exponent {
	case 0:
		if mantissa == 0 {
			return
		}
		exponent = 1
	case 0x7ff:
		s.addSpecial(v)
		return
	default:
		mantissa |= 1 << 52
	}
	position := exponent - 1
	i := position/digitBits - int(s.base)
	if i < 0 || i+1 >= len(s.digits) {
		s.extend(position / digitBits)
		i = position/digitBits - int(s.base)
	}
	sign := int64(b) >> 63
	shift := uint(position % digitBits)
	low := int64(mantissa << shift & digitMask)
	high := int64(mantissa >> (digitBits - shift))
	s.digits[i] += low ^ sign - sign
	s.digits[i+1] += high ^ sign - sign
}

// AddSlice adds every value of a slice.
func (s *Sum) AddSlice(values []float64) {
	for len(values) > 0 {
		s.carry()
		n := min(len(values), maxPending)
		s.addBlock(values[:n])
		values = values[n:]
	}
}

// addBlock is Add over at most maxPending values, after a carry.
func (s *Sum) addBlock(values []float64) {
	s.pending = int16(len(values))
	digits, base := s.digits, int(s.base)
	for _, v := range values {
		b := math.Float64bits(v)
		exponent := int(b>>52) & 0x7ff
		mantissa := b&(1<<52-1) | 1<<52
		if uint(exponent-1) >= 0x7fe { // zero, subnormal, infinite or NaN
			if v == 0 {
				continue
			}
			if exponent != 0 {
				s.addSpecial(v)
				continue
			}
			exponent, mantissa = 1, b&(1<<52-1)
		}
		position := uint(exponent - 1)
		i := int(position/digitBits) - base
		if i < 0 || i+1 >= len(digits) {
			s.extend(int(position / digitBits))
			digits, base = s.digits, int(s.base)
			i = int(position/digitBits) - base
		}
		sign := int64(b) >> 63
		shift := position % digitBits
		low := int64(mantissa << shift & digitMask)
		high := int64(mantissa >> (digitBits - shift))
		digits[i] += low ^ sign - sign
		digits[i+1] += high ^ sign - sign
	}
}

func (s *Sum) addSpecial(v float64) {
	switch {
	case v > 0:
		s.special |= sawPositiveInf
	case v < 0:
		s.special |= sawNegativeInf
	default:
		s.special |= sawNaN
	}
}

// extend widens digits so that they hold the digit at a place (counted from 2^-1074) and the one above it.
func (s *Sum) extend(place int) {
	if len(s.digits) == 0 {
		s.base = int16(place)
		s.digits = make([]int64, 2, 4)
		return
	}
	if below := int(s.base) - place; below > 0 {
		s.digits = slices.Insert(s.digits, 0, make([]int64, below)...)
		s.base = int16(place)
	}
	for len(s.digits) < place+2-int(s.base) {
		s.digits = append(s.digits, 0)
	}
}

// carry brings all digits but the highest back into [0, 2^32); the highest keeps the sign.
func (s *Sum) carry() {
	s.pending = 0
	if len(s.digits) == 0 {
		return
	}
	last := len(s.digits) - 1
	if top := carryDigits(s.digits); top < -digitMask || top > digitMask {
		s.digits[last] = top & digitMask
		s.digits = append(s.digits, top>>digitBits)
	}
}

// carryDigits carries from the lowest digit up and returns the highest, which is not reduced.
func carryDigits(digits []int64) int64 {
	last := len(digits) - 1
	for i := range last {
		digits[i+1] += digits[i] >> digitBits
		digits[i] &= digitMask
	}
	return digits[last]
}

// Merge adds another sum, which is unchanged.
func (s *Sum) Merge(other *Sum) {
	s.special |= other.special
	if len(other.digits) == 0 {
		return
	}
	s.carry()
	s.extend(int(other.base))
	s.extend(int(other.base) + len(other.digits) - 1)
	s.pending = 1
	for i, d := range other.digits {
		to := s.digits[i+int(other.base)-int(s.base):]
		to[0] += d & digitMask
		to[1] += d >> digitBits
	}
}

// Value returns the sum, rounded once: 0 for no values, ±Inf if the exact sum is beyond the largest double (or an
// infinity was added), NaN if a NaN or both infinities were added. Never -0.
func (s *Sum) Value() float64 {
	switch s.special {
	case 0:
		return s.scaled(0)
	case sawPositiveInf:
		return math.Inf(1)
	case sawNegativeInf:
		return math.Inf(-1)
	default:
		return math.NaN()
	}
}

// Mean returns Value divided by n > 0. It is finite if the mean is, even if the sum is not.
func (s *Sum) Mean(n int64) float64 {
	v := s.Value()
	if math.IsInf(v, 0) && s.special == 0 {
		return math.Ldexp(s.scaled(-64)/float64(n), 64)
	}
	return v / float64(n)
}

// scaled returns the finite part of the sum, times 2^exponent, rounded to a double.
func (s *Sum) scaled(exponent int) float64 {
	if len(s.digits) == 0 {
		return 0
	}
	var buffer [maxDigits + 2]int64
	digits := append(buffer[:0], s.digits...)
	negative := carryDigits(digits) < 0
	if negative {
		for i := range digits {
			digits[i] = -digits[i]
		}
		carryDigits(digits)
	}
	last := len(digits) - 1
	digits = append(digits, digits[last]>>digitBits)
	digits[last] &= digitMask
	v := roundDigits(digits, digitBits*int(s.base)+lowestExponent+exponent)
	if negative {
		return -v
	}
	return v
}

// roundDigits returns the nearest double to a number in digits of 32 bits, the lowest first, whose units are 2^exponent.
func roundDigits(digits []int64, exponent int) float64 {
	top := len(digits) - 1
	for top >= 0 && digits[top] == 0 {
		top--
	}
	if top < 0 {
		return 0
	}
	digit := func(i int) uint64 {
		if i < 0 {
			return 0
		}
		return uint64(digits[i])
	}
	leading := bits.LeadingZeros32(uint32(digits[top]))
	window := (digit(top)<<digitBits|digit(top-1))<<leading | digit(top-2)>>(digitBits-leading)
	sticky := digit(top-2)<<leading&digitMask != 0
	for i := top - 3; i >= 0 && !sticky; i-- {
		sticky = digits[i] != 0
	}
	return roundWindow(window, sticky, exponent+digitBits*(top-1)-leading)
}

// roundWindow returns the nearest double to window·2^exponent, half to even. The highest bit of window is set; sticky
// says that the number is larger by less than 2^exponent.
func roundWindow(window uint64, sticky bool, exponent int) float64 {
	const dropped = 64 - 53
	const half = 1 << (dropped - 1)
	mantissa := window >> dropped
	if rest := window & (1<<dropped - 1); rest > half || rest == half && (sticky || mantissa&1 != 0) {
		mantissa++
	}
	return math.Ldexp(float64(mantissa), exponent+dropped)
}

// bytes returns the memory that the sum's digits hold.
func (s *Sum) bytes() int64 { return int64(cap(s.digits)) * 8 }
