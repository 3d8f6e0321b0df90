package measure

import "math/bits"

// wide is a 128-bit signed integer, which holds the sum of 2^63 int64 values, so that no order of additions overflows.
type wide struct {
	high int64
	low  uint64
}

func (w *wide) add(v int64) { w.merge(wide{high: v >> 63, low: uint64(v)}) }

func (w *wide) merge(v wide) {
	low, carry := bits.Add64(w.low, v.low, 0)
	w.low = low
	w.high += v.high + int64(carry)
}

// int64 returns the number, and whether it is one of int64's.
func (w wide) int64() (int64, bool) {
	v := int64(w.low)
	return v, w.high == v>>63
}

// float64 returns the nearest double, half to even.
func (w wide) float64() float64 {
	if v, ok := w.int64(); ok {
		return float64(v)
	}
	high, low := uint64(w.high), w.low
	if w.high < 0 {
		var borrow uint64
		low, borrow = bits.Sub64(0, low, 0)
		high, _ = bits.Sub64(0, high, borrow)
	}
	v := roundWide(high, low)
	if w.high < 0 {
		return -v
	}
	return v
}

func roundWide(high, low uint64) float64 {
	if high == 0 {
		return float64(low)
	}
	leading := bits.LeadingZeros64(high)
	window := high<<leading | low>>(64-leading)
	return roundWindow(window, low<<leading != 0, 64-leading)
}
