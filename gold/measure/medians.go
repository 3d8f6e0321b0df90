package measure

import (
	"cmp"
	"math"
	"math/big"
	"slices"
	"strconv"

	"goldserve/gold"
)

// medians is the state of Median and Quantile: every value, in one list for all groups.
type medians[T cmp.Ordered] struct {
	of     func(*vector) []T
	at     func(sorted []T) float64 // the measure of at least one value
	values []T
	groups []int32 // of each value; nil: all 0
	starts []int   // where sorted: group g is values[starts[g]:starts[g+1]], ascending
	n      int
	held   int64 // bytes of a value
}

func (m *medians[T]) grow(n int) {
	if n > m.n {
		m.n, m.starts = n, nil
	}
}

func (m *medians[T]) add(v vector) {
	m.starts = nil
	m.append(m.of(&v), v.groups)
}

// append adds values; groups nil: all of group 0.
func (m *medians[T]) append(values []T, groups []int32) {
	switch {
	case groups != nil:
		m.groups = append(growTo(m.groups, len(m.values)), groups...)
	case m.groups != nil:
		m.groups = growTo(m.groups, len(m.values)+len(values))
	}
	m.values = append(m.values, values...)
}

func (m *medians[T]) merge(other state, to []int32) {
	o := other.(*medians[T])
	m.starts = nil
	if to == nil {
		m.append(o.values, o.groups)
		return
	}
	groups := make([]int32, len(o.values))
	for i := range groups {
		if o.groups != nil {
			groups[i] = o.groups[i]
		}
		groups[i] = to[groups[i]]
	}
	m.append(o.values, groups)
}

func (m *medians[T]) value(g int) (gold.Value, error) {
	if m.starts == nil {
		m.sort()
	}
	values := m.values[m.starts[g]:m.starts[g+1]]
	if len(values) == 0 {
		return gold.Value{}, nil
	}
	return gold.NewDouble(m.at(values)), nil
}

// sort brings the values of each group together and into ascending order.
func (m *medians[T]) sort() {
	m.starts = make([]int, m.n+1)
	if m.groups == nil {
		for g := range m.n {
			m.starts[g+1] = len(m.values)
		}
		slices.Sort(m.values)
		return
	}
	for _, g := range m.groups {
		m.starts[g+1]++
	}
	for g := range m.n {
		m.starts[g+1] += m.starts[g]
	}
	next := slices.Clone(m.starts)
	values := make([]T, len(m.values))
	for i, g := range m.groups {
		values[next[g]] = m.values[i]
		next[g]++
	}
	m.values = values
	for g := range m.n {
		slices.Sort(values[m.starts[g]:m.starts[g+1]])
		for i := m.starts[g]; i < m.starts[g+1]; i++ {
			m.groups[i] = int32(g)
		}
	}
}

func (m *medians[T]) bytes() int64 {
	return int64(cap(m.values))*m.held + int64(cap(m.groups))*4 + int64(m.n)*8
}

// medianOf returns the median by the mean of the middle two, which are one for an odd number of values.
func medianOf[T any](middle func(a, b T) float64) func([]T) float64 {
	return func(sorted []T) float64 { return middle(sorted[(len(sorted)-1)/2], sorted[len(sorted)/2]) }
}

// quantileOf returns the quantile of a level by linear interpolation: numpy's method "linear", with its order of
// operations, so that the bits are the same.
func quantileOf[T any](level float64, real func(T) float64) func([]T) float64 {
	return func(sorted []T) float64 {
		place := level * float64(len(sorted)-1)
		below := int(place)
		a, b := real(sorted[below]), real(sorted[min(below+1, len(sorted)-1)])
		t := place - float64(below)
		switch step := b - a; {
		case math.IsInf(step, 0):
			return a*(1-t) + b*t
		case t >= 0.5:
			return b - step*(1-t)
		default:
			return a + step*t
		}
	}
}

// exactQuantileOf is quantileOf of decimals: the rank is that of the level as it is written, so that it falls on a value
// where it does by hand, and the result is rounded once, to the nearest double.
func exactQuantileOf[T any](level float64, scale int, digits func(T) *big.Int) func([]T) float64 {
	written, ok := new(big.Rat).SetString(strconv.FormatFloat(level, 'f', -1, 64))
	if !ok {
		written = new(big.Rat)
	}
	return func(sorted []T) float64 {
		rank, rest := new(big.Int).Mul(written.Num(), big.NewInt(int64(len(sorted)-1))), new(big.Int)
		rank.QuoRem(rank, written.Denom(), rest)
		below := int(rank.Int64())
		sum := digits(sorted[below])
		if rest.Sign() == 0 {
			return quotient(sum, 1, scale)
		}
		step := digits(sorted[below+1])
		step.Sub(step, sum).Mul(step, rest)
		return rounded(sum.Mul(sum, written.Denom()).Add(sum, step), written.Denom(), scale)
	}
}

func middleOfDoubles(a, b float64) float64 {
	if sum := a + b; !math.IsInf(sum, 0) {
		return sum / 2
	}
	return a/2 + b/2
}

// keysOf returns the keys of WideDecimals.
func keysOf(v *vector) []string {
	keys := make([]string, v.n)
	for i := range keys {
		keys[i] = string(v.text(i))
	}
	return keys
}

// keyBytes is what a key takes: its string and its bytes.
const keyBytes = 32

// middleOfKeys rounds once.
func middleOfKeys(scale int) func(a, b string) float64 {
	return func(a, b string) float64 {
		var sum sum256
		sum.add(gold.Int128OfKey([]byte(a)))
		sum.add(gold.Int128OfKey([]byte(b)))
		return quotient(sum.big(), 2, scale)
	}
}

func middleOfInts(f gold.Field) func(a, b int64) float64 {
	return func(a, b int64) float64 {
		var sum wide
		sum.add(a)
		sum.add(b)
		if n, ok := sum.int64(); f.Kind == gold.Decimal && (!ok || n < -gold.MaxExact || n > gold.MaxExact) {
			return quotient(sum.big(), 2, f.Scale)
		}
		return realOf(sum, f) / 2
	}
}
