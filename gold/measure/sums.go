package measure

import (
	"math"

	"goldserve/gold"
)

// counts is the state of Count.
type counts struct{ rows []int64 }

func (c *counts) grow(n int) { c.rows = growTo(c.rows, n) }

func (c *counts) add(v vector) { addCounts(c.rows, &v) }

func addCounts(rows []int64, v *vector) {
	if v.groups == nil {
		rows[0] += int64(v.n)
		return
	}
	for _, g := range v.groups {
		rows[g]++
	}
}

func (c *counts) merge(other state, to []int32) { mergeCounts(c.rows, other.(*counts).rows, to) }

func mergeCounts(rows, other []int64, to []int32) {
	for g, n := range other {
		rows[target(to, g)] += n
	}
}

func (c *counts) value(g int) (gold.Value, error) { return gold.NewInt(c.rows[g]), nil }

func (c *counts) bytes() int64 { return int64(cap(c.rows)) * 8 }

// doubleSums is the state of Sum and Avg of a Double.
type doubleSums struct {
	avg    bool
	sums   []Sum
	rows   []int64 // of averages
	digits int64   // bytes held by the sums' digits
}

func (d *doubleSums) grow(n int) {
	d.sums = growTo(d.sums, n)
	if d.avg {
		d.rows = growTo(d.rows, n)
	}
}

func (d *doubleSums) add(v vector) {
	if d.avg {
		addCounts(d.rows, &v)
	}
	if v.groups == nil {
		before := d.sums[0].bytes()
		d.sums[0].AddSlice(v.doubles)
		d.digits += d.sums[0].bytes() - before
		return
	}
	for i, g := range v.groups {
		s := &d.sums[g]
		before := s.bytes()
		s.Add(v.doubles[i])
		d.digits += s.bytes() - before
	}
}

func (d *doubleSums) merge(other state, to []int32) {
	o := other.(*doubleSums)
	mergeCounts(d.rows, o.rows, to)
	for g := range o.sums {
		s := &d.sums[target(to, g)]
		before := s.bytes()
		s.Merge(&o.sums[g])
		d.digits += s.bytes() - before
	}
}

func (d *doubleSums) value(g int) (gold.Value, error) {
	switch {
	case !d.avg:
		return gold.NewDouble(d.sums[g].Value()), nil
	case d.rows[g] == 0:
		return gold.Value{}, nil
	default:
		return gold.NewDouble(d.sums[g].Mean(d.rows[g])), nil
	}
}

func (d *doubleSums) bytes() int64 {
	const sumBytes = 32
	return int64(cap(d.sums))*sumBytes + int64(cap(d.rows))*8 + d.digits
}

// intSums is the state of Sum and Avg of an Int, Decimal or Duration.
type intSums struct {
	measure gold.Measure
	field   gold.Field
	sums    []wide
	rows    []int64 // of averages
}

func (s *intSums) grow(n int) {
	s.sums = growTo(s.sums, n)
	if s.measure.Func == gold.Avg {
		s.rows = growTo(s.rows, n)
	}
}

func (s *intSums) add(v vector) {
	if s.measure.Func == gold.Avg {
		addCounts(s.rows, &v)
	}
	if v.groups == nil {
		// Fewer than 2^31 halves of 32 bits need no carry between them.
		var high, low int64
		for _, n := range v.ints {
			high += n >> 32
			low += n & math.MaxUint32
		}
		s.sums[0].add(low)
		s.sums[0].merge(wide{high: high >> 32, low: uint64(high) << 32})
		return
	}
	for i, g := range v.groups {
		s.sums[g].add(v.ints[i])
	}
}

func (s *intSums) merge(other state, to []int32) {
	o := other.(*intSums)
	mergeCounts(s.rows, o.rows, to)
	for g, sum := range o.sums {
		s.sums[target(to, g)].merge(sum)
	}
}

func (s *intSums) value(g int) (gold.Value, error) {
	if s.measure.Func == gold.Avg {
		if s.rows[g] == 0 {
			return gold.Value{}, nil
		}
		return gold.NewDouble(realOf(s.sums[g], s.field) / float64(s.rows[g])), nil
	}
	if s.field.Kind == gold.Decimal {
		return gold.NewWideDecimal(s.wide(g)), nil
	}
	sum, ok := s.sums[g].int64()
	if !ok {
		return gold.Value{}, gold.Overflow(s.measure, s.field.Kind)
	}
	return gold.NewIntegral(s.field.Kind, sum), nil
}

// wide returns a sum of Decimals: of fewer than 2^63 rows it has at most 37 digits.
func (s *intSums) wide(g int) gold.Int128 {
	return gold.Int128{High: s.sums[g].high, Low: s.sums[g].low}
}

func (s *intSums) bytes() int64 { return int64(cap(s.sums))*16 + int64(cap(s.rows))*8 }

// realOf returns an integer of a field as a number in its unit: a Decimal or Duration is scaled.
func realOf(w wide, f gold.Field) float64 {
	if f.Kind.Scaled() {
		return w.float64() / gold.Pow10(f.Scale)
	}
	return w.float64()
}
