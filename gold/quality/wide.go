package quality

import (
	"math/big"
	"math/bits"

	"goldserve/gold"
)

// wideRange is intRange of WideDecimals, by their keys; an empty key is no bound.
type wideRange struct{ low, high string }

func newWideRange(f *gold.Field) *wideRange {
	r := &wideRange{}
	if f.Minimum != nil {
		r.low = f.Minimum.Text()
	}
	if f.Maximum != nil {
		r.high = f.Maximum.Text()
	}
	return r
}

func (r *wideRange) validate(c *gold.Column, rows int, fail func(int)) {
	for i := range rows {
		if key := c.Text(i); r.low > string(key) || r.high != "" && r.high < string(key) {
			fail(i)
		}
	}
}

// wideMultiples is multiples of WideDecimals. Most divisors have 64 bits.
type wideMultiples struct {
	divisor *big.Int
	small   uint64 // the divisor; 0: it is larger
}

func newWideMultiples(step string, scale int) *wideMultiples {
	m := &wideMultiples{divisor: gold.WideDivisor(step, scale)}
	if m.divisor.IsUint64() {
		m.small = m.divisor.Uint64()
	}
	return m
}

func (m *wideMultiples) validate(c *gold.Column, rows int, fail func(int)) {
	for i := range rows {
		if !m.divides(c.Int128(i)) {
			fail(i)
		}
	}
}

func (m *wideMultiples) divides(n gold.Int128) bool {
	if m.small == 0 {
		return new(big.Int).Rem(n.Big(), m.divisor).Sign() == 0
	}
	abs := n.Abs()
	_, rest := bits.Div64(uint64(abs.High)%m.small, abs.Low, m.small)
	return rest == 0
}
