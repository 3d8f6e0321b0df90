package measure

import (
	"math/big"

	"goldserve/gold"
)

// wideSums is the state of Sum and Avg of a WideDecimal.
type wideSums struct {
	measure gold.Measure
	scale   int
	sums    []sum256
	rows    []int64 // of averages
}

// sum256 is the sum of Int128s: their high and their low halves, each summed in 128 bits, so that no order of 2^63
// additions overflows.
type sum256 struct{ high, low wide }

func (s *sum256) add(v gold.Int128) {
	s.high.add(v.High)
	s.low.merge(wide{low: v.Low})
}

func (s *sum256) merge(v sum256) {
	s.high.merge(v.high)
	s.low.merge(v.low)
}

// big returns the sum as one number.
func (s *sum256) big() *big.Int {
	n := s.high.big()
	return n.Add(n.Lsh(n, 64), s.low.big())
}

// big returns the number as a big one.
func (w wide) big() *big.Int { return gold.Int128{High: w.high, Low: w.low}.Big() }

func (s *wideSums) grow(n int) {
	s.sums = growTo(s.sums, n)
	if s.measure.Func == gold.Avg {
		s.rows = growTo(s.rows, n)
	}
}

func (s *wideSums) add(v vector) {
	if s.measure.Func == gold.Avg {
		addCounts(s.rows, &v)
	}
	for i := range v.n {
		s.sums[v.group(i)].add(gold.Int128OfKey(v.text(i)))
	}
}

func (s *wideSums) merge(other state, to []int32) {
	o := other.(*wideSums)
	mergeCounts(s.rows, o.rows, to)
	for g, sum := range o.sums {
		s.sums[target(to, g)].merge(sum)
	}
}

func (s *wideSums) value(g int) (gold.Value, error) {
	sum := s.sums[g].big()
	if s.measure.Func == gold.Avg {
		if s.rows[g] == 0 {
			return gold.Value{}, nil
		}
		return gold.NewDouble(quotient(sum, s.rows[g], s.scale)), nil
	}
	v, ok := gold.Int128OfBig(sum)
	if !ok {
		return gold.Value{}, gold.Overflow(s.measure, gold.WideDecimal)
	}
	return gold.NewWideDecimal(v), nil
}

func (s *wideSums) bytes() int64 {
	return int64(cap(s.sums))*32 + int64(cap(s.rows))*8
}

// quotient returns the double nearest to digits with a point before the last scale of them, divided by n.
func quotient(digits *big.Int, n int64, scale int) float64 {
	return rounded(digits, big.NewInt(n), scale)
}

func rounded(digits, n *big.Int, scale int) float64 {
	unit := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale)), nil)
	v, _ := new(big.Rat).SetFrac(digits, unit.Mul(unit, n)).Float64()
	return v
}
