package measure

import (
	"math"

	"goldserve/gold"
)

// Magnitudes are the smallest and the largest absolute value of the doubles that an accumulator gets, zeros excluded.
type Magnitudes struct{ Smallest, Largest float64 }

// NewAccumulatorWithin is NewAccumulator for doubles whose magnitudes are known: if these are not too far apart, sums
// and averages take half the time. The results are the same, bit for bit. Values other than zero outside the magnitudes
// make the results wrong.
func NewAccumulatorWithin(m gold.Measure, f gold.Field, within Magnitudes) (*Accumulator, error) {
	a, err := NewAccumulator(m, f)
	if err != nil || f.Kind != gold.Double || m.Func != gold.Sum && m.Func != gold.Avg {
		return a, err
	}
	if s := newFixedSums(m.Func == gold.Avg, within); s != nil {
		s.grow(1)
		a.state = s
	}
	return a, nil
}

// fixedSums is the state of Sum and Avg of doubles with known exponents: each group's sum is a fixed-point number in
// units of the lowest bit that a value can have. Each value is split into two halves, which are summed separately in
// int64, so that a carry between them is needed only after many values.
type fixedSums struct {
	avg     bool
	lowest  uint // exponent of the smallest value, as its bits hold it
	split   uint // bits of the lower half
	room    int  // values that the halves have room for
	pending int  // values added since the last flush
	halves  []halves
	sums    []wide
	rows    []int64 // of averages
}

type halves struct{ high, low int64 }

const mantissaBits = 52

// newFixedSums returns nil if the magnitudes are too far apart, or too close to the limits of doubles.
func newFixedSums(avg bool, within Magnitudes) *fixedSums {
	if within.Largest == 0 { // zeros alone
		within = Magnitudes{1, 1}
	}
	const widest = 40
	exponent := func(v float64) uint { return uint(math.Float64bits(v) >> mantissaBits) }
	lowest, highest := exponent(within.Smallest), exponent(within.Largest)
	if lowest <= mantissaBits || highest >= 0x7ff || highest < lowest || highest-lowest > widest {
		return nil
	}
	split := (mantissaBits + 2 + highest - lowest) / 2 // both halves of a value are below 2^split
	return &fixedSums{avg: avg, lowest: lowest, split: split, room: 1 << (62 - split)}
}

func (s *fixedSums) grow(n int) {
	s.halves, s.sums = growTo(s.halves, n), growTo(s.sums, n)
	if s.avg {
		s.rows = growTo(s.rows, n)
	}
}

func (s *fixedSums) add(v vector) {
	if s.avg {
		addCounts(s.rows, &v)
	}
	for values, groups := v.doubles, v.groups; len(values) > 0; {
		if s.pending == s.room {
			s.flush()
		}
		n := min(len(values), s.room-s.pending)
		s.pending += n
		if groups == nil {
			s.addAll(values[:n])
		} else {
			s.addGrouped(values[:n], groups[:n])
			groups = groups[n:]
		}
		values = values[n:]
	}
}

// halve returns the halves of a value. The exponent of zero is far below the lowest, so that both halves are 0.
func (s *fixedSums) halve(v float64) (high, low int64) {
	b := math.Float64bits(v)
	shift := uint(b>>mantissaBits&0x7ff) - s.lowest
	mantissa := int64(b&(1<<mantissaBits-1) | 1<<mantissaBits)
	sign := int64(b) >> 63
	high = mantissa >> (s.split - shift)
	low = mantissa << shift & (1<<s.split - 1)
	return high ^ sign - sign, low ^ sign - sign
}

func (s *fixedSums) addAll(values []float64) {
	var sum halves
	for _, v := range values {
		high, low := s.halve(v)
		sum.high += high
		sum.low += low
	}
	s.halves[0].high += sum.high
	s.halves[0].low += sum.low
}

func (s *fixedSums) addGrouped(values []float64, groups []int32) {
	for i, v := range values {
		high, low := s.halve(v)
		h := &s.halves[groups[i]]
		h.high += high
		h.low += low
	}
}

// flush carries the halves into the sums.
func (s *fixedSums) flush() {
	s.pending = 0
	for g, h := range s.halves {
		s.sums[g].merge(wide{high: h.high >> (64 - s.split), low: uint64(h.high) << s.split})
		s.sums[g].add(h.low)
	}
	clear(s.halves)
}

func (s *fixedSums) merge(other state, to []int32) {
	o := other.(*fixedSums)
	o.flush()
	for g, sum := range o.sums {
		s.sums[target(to, g)].merge(sum)
	}
	mergeCounts(s.rows, o.rows, to)
}

func (s *fixedSums) value(g int) (gold.Value, error) {
	if s.pending > 0 {
		s.flush()
	}
	if s.avg && s.rows[g] == 0 {
		return gold.Value{}, nil
	}
	const bias = 1023
	var sum Sum
	sum.addWide(s.sums[g], int(s.lowest)-bias-mantissaBits)
	if s.avg {
		return gold.NewDouble(sum.Mean(s.rows[g])), nil
	}
	return gold.NewDouble(sum.Value()), nil
}

func (s *fixedSums) bytes() int64 {
	return int64(cap(s.halves)+cap(s.sums))*16 + int64(cap(s.rows))*8
}

// addWide adds w·2^exponent; exponent is at least lowestExponent.
func (s *Sum) addWide(w wide, exponent int) {
	sign := w.high >> 63
	magnitude := wide{high: w.high ^ sign, low: w.low ^ uint64(sign)}
	magnitude.add(-sign)
	s.carry()
	s.pending = 1
	place, shift := (exponent-lowestExponent)/digitBits, uint(exponent-lowestExponent)%digitBits
	high, low := uint64(magnitude.high), magnitude.low
	for _, digit := range [...]uint64{
		low << shift, (low >> (digitBits - shift)), high<<shift | low>>(2*digitBits-shift), high >> (digitBits - shift), high >> (2*digitBits - shift),
	} {
		if digit &= digitMask; digit != 0 {
			s.extend(place)
			s.digits[place-int(s.base)] += int64(digit) ^ sign - sign
		}
		place++
	}
}
