package measure

import (
	"math/big"
	"slices"

	"goldserve/gold"
)

// Accumulator computes one measure of one field for any number of groups, numbered from 0. All measures but Count skip
// nulls.
type Accumulator struct {
	measure gold.Measure
	field   gold.Field
	state   state
	scratch struct {
		rows, groups []int32
		ints         []int64
		doubles      []float64
	}
}

// Selection says which rows of a batch count, and for which groups.
type Selection struct {
	N      int            // number of rows
	Rows   []int32        // their indexes in the batch; nil: the first N
	Groups []int32        // group of each of them; nil: all are of group 0
	Order  []*gold.Column // of First and Last: the columns of their order
}

// state holds the values of an accumulator's groups.
type state interface {
	// grow makes room for groups 0 to n-1.
	grow(n int)
	// add adds values, none of them null.
	add(v vector)
	// merge adds the groups of another state of the same kind: its group g is to[g] here.
	merge(other state, to []int32)
	// value returns the measure of a group that grow has made room for.
	value(g int) (gold.Value, error)
	// bytes estimates the memory held.
	bytes() int64
}

// vector is a column's chosen values without nulls: one of ints, doubles, or the rows of texts (nil: the first n), which
// may be the keys of WideDecimals.
type vector struct {
	n       int
	ints    []int64
	doubles []float64
	texts   *gold.Column
	rows    []int32
	groups  []int32 // of each value; nil: all 0
}

// group returns the group of value i.
func (v *vector) group(i int) int {
	if v.groups == nil {
		return 0
	}
	return int(v.groups[i])
}

// text returns the text of value i.
func (v *vector) text(i int) []byte {
	if v.rows != nil {
		i = int(v.rows[i])
	}
	return v.texts.Text(i)
}

// NewAccumulator returns an accumulator with one group. Invalid if the field's kind doesn't allow the measure; Count
// ignores the field.
func NewAccumulator(m gold.Measure, f gold.Field) (*Accumulator, error) {
	if err := checkKind(m, f.Kind); err != nil {
		return nil, err
	}
	a := newAccumulator(m, f)
	a.Grow(1)
	return a, nil
}

// newAccumulator returns an accumulator without groups for a checked measure.
func newAccumulator(m gold.Measure, f gold.Field) *Accumulator {
	return &Accumulator{measure: m, field: f, state: newState(m, f)}
}

func newState(m gold.Measure, f gold.Field) state {
	switch m.Func {
	case gold.CountDistinct:
		if f.Kind.InBytes() {
			return &distinctTexts{set: map[string]struct{}{}}
		}
		return &distinctNumbers{}
	case gold.Sum, gold.Avg:
		switch f.Kind {
		case gold.Double:
			return &doubleSums{avg: m.Func == gold.Avg}
		case gold.WideDecimal:
			return &wideSums{measure: m, scale: f.Scale}
		default:
			return &intSums{measure: m, field: f}
		}
	case gold.Min, gold.Max:
		switch f.Kind {
		case gold.Text, gold.WideDecimal:
			return &extremeTexts{largest: m.Func == gold.Max, kind: f.Kind}
		case gold.Double:
			return &extremes[float64]{largest: m.Func == gold.Max, of: doublesOf, wrap: gold.NewDouble}
		default:
			return &extremes[int64]{largest: m.Func == gold.Max, of: intsOf, wrap: func(v int64) gold.Value { return gold.NewIntegral(f.Kind, v) }}
		}
	case gold.Median:
		switch f.Kind {
		case gold.Double:
			return &medians[float64]{of: doublesOf, at: medianOf(middleOfDoubles), held: 8}
		case gold.WideDecimal:
			return &medians[string]{of: keysOf, at: medianOf(middleOfKeys(f.Scale)), held: keyBytes}
		default:
			return &medians[int64]{of: intsOf, at: medianOf(middleOfInts(f)), held: 8}
		}
	case gold.Quantile:
		switch f.Kind {
		case gold.Double:
			return &medians[float64]{of: doublesOf, at: quantileOf(m.Level, func(v float64) float64 { return v }), held: 8}
		case gold.WideDecimal:
			return &medians[string]{of: keysOf, at: exactQuantileOf(m.Level, f.Scale, func(key string) *big.Int { return gold.Int128OfKey([]byte(key)).Big() }), held: keyBytes}
		case gold.Decimal:
			return &medians[int64]{of: intsOf, at: exactQuantileOf(m.Level, f.Scale, big.NewInt), held: 8}
		default:
			return &medians[int64]{of: intsOf, at: quantileOf(m.Level, func(v int64) float64 { return gold.NewIntegral(f.Kind, v).Real(f.Scale) }), held: 8}
		}
	case gold.First, gold.Last:
		return &picks{last: m.Func == gold.Last, terms: len(m.Order())}
	default:
		return &counts{}
	}
}

func intsOf(v *vector) []int64      { return v.ints }
func doublesOf(v *vector) []float64 { return v.doubles }

// Grow makes room for groups 0 to n-1; it must come before rows of those groups.
func (a *Accumulator) Grow(n int) { a.state.grow(n) }

// Add adds the selected rows of a column of the accumulator's field. For Count the column may be nil.
func (a *Accumulator) Add(c *gold.Column, s Selection) {
	if a.measure.Func == gold.Count {
		a.state.add(vector{n: s.N, groups: s.Groups})
		return
	}
	if p, ok := a.state.(*picks); ok {
		p.addRows(c, s)
		return
	}
	if v := a.gather(c, s); v.n > 0 {
		a.state.add(v)
	}
}

// gather returns the selected values that are not null, without a copy if the whole column is selected.
func (a *Accumulator) gather(c *gold.Column, s Selection) vector {
	if slices.ContainsFunc(c.Nulls, func(w uint64) bool { return w != 0 }) {
		s = a.withoutNulls(c, s)
	}
	v := vector{n: s.N, groups: s.Groups}
	switch c.Kind {
	case gold.Text, gold.WideDecimal:
		v.texts, v.rows = c, s.Rows
	case gold.Double:
		v.doubles = pick(c.Floats, s, &a.scratch.doubles)
	default:
		v.ints = pick(c.Ints, s, &a.scratch.ints)
	}
	return v
}

func pick[T any](values []T, s Selection, scratch *[]T) []T {
	if s.Rows == nil {
		return values[:s.N]
	}
	picked := (*scratch)[:0]
	for _, row := range s.Rows {
		picked = append(picked, values[row])
	}
	*scratch = picked
	return picked
}

func (a *Accumulator) withoutNulls(c *gold.Column, s Selection) Selection {
	rows, groups := a.scratch.rows[:0], a.scratch.groups[:0]
	for i := range s.N {
		row := int32(i)
		if s.Rows != nil {
			row = s.Rows[i]
		}
		if c.IsNull(int(row)) {
			continue
		}
		rows = append(rows, row)
		if s.Groups != nil {
			groups = append(groups, s.Groups[i])
		}
	}
	a.scratch.rows, a.scratch.groups = rows, groups
	kept := Selection{N: len(rows), Rows: rows}
	if s.Groups != nil {
		kept.Groups = groups
	}
	return kept
}

// Merge adds the groups of another accumulator of the same measure and field, which is unchanged: its group g is to[g]
// here, which must have room. A nil to means the same numbers.
func (a *Accumulator) Merge(other *Accumulator, to []int32) { a.state.merge(other.state, to) }

// Value returns the measure of a group. Over no values, Count and CountDistinct are 0, Sum is 0 of the field's kind,
// all others are null. An average is the exact sum rounded once, scaled (Decimal), and divided by the number of values.
// That of a WideDecimal is rounded once, after the division. Invalid integer_overflow if the sum of an Int or Duration
// exceeds int64, or that of a WideDecimal has more than gold.MaxDigits digits; a sum of doubles beyond the largest double is
// infinite. That of Decimals is a WideDecimal.
func (a *Accumulator) Value(group int) (gold.Value, error) { return a.state.value(group) }

// AppendValue appends Value of a group to a column of the measure's kind.
func (a *Accumulator) AppendValue(c *gold.Column, group int) error {
	if s, ok := a.state.(*intSums); ok && c.Kind == gold.WideDecimal {
		c.AppendInt128(s.wide(group))
		return nil
	}
	v, err := a.state.value(group)
	if err == nil {
		c.Append(v)
	}
	return err
}

// Bytes estimates the memory that the accumulator holds for its groups.
func (a *Accumulator) Bytes() int64 { return a.state.bytes() }

// growTo returns s with room for n elements.
func growTo[T any](s []T, n int) []T {
	if n <= len(s) {
		return s
	}
	return append(s, make([]T, n-len(s))...)
}

// target returns the number here of group g of a merged state.
func target(to []int32, g int) int {
	if to == nil {
		return g
	}
	return int(to[g])
}
