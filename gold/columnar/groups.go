package columnar

import (
	"slices"

	"goldserve/gold"
	"goldserve/gold/measure"
)

// columnMeasure is one measure of an aggregation, and the column it is computed of.
type columnMeasure struct {
	gold.Measure
	column *column // nil: of Count
	field  gold.Field
	where  []condition // of the rows that it counts
	order  []*column   // of First and Last
}

// coded reports whether the measure is computed of codes rather than of values, where it comes to the same.
func (f *columnMeasure) coded() bool {
	if f.column == nil || f.column.doubles != nil {
		return false
	}
	switch f.Func {
	case gold.CountDistinct:
		return true
	case gold.Min, gold.Max:
		return f.column.texts != nil
	default:
		return false
	}
}

// overflows reports whether a measure may leave its range.
func (f *columnMeasure) overflows() bool { return f.Func == gold.Sum && f.field.Kind.Overflows() }

// value returns the measure as the answer has it: texts are measured by their codes.
func (f *columnMeasure) value(v gold.Value) gold.Value {
	if f.coded() && f.Func != gold.CountDistinct && !v.IsNull() {
		return f.column.value(uint64(v.Int()))
	}
	return v
}

// inputs are the columns that measures are computed of, each loaded once for a chunk.
type inputs struct {
	all      []input
	codes    []uint64
	filtered filtered
	order    []*gold.Column
}

func newInputs(measures []columnMeasure) *inputs {
	in := &inputs{codes: make([]uint64, 0, defaultGrid.chunk)}
	need := func(c *column, coded bool) {
		if in.place(c, coded) >= 0 {
			return
		}
		kind := c.field.Kind
		if coded {
			kind = gold.Int
		}
		in.all = append(in.all, input{column: c, coded: coded, values: gold.Column{Kind: kind}})
	}
	for _, f := range measures {
		if f.column != nil {
			need(f.column, f.coded())
		}
		for _, c := range f.order {
			need(c, c.texts != nil)
		}
	}
	return in
}

// place returns the place of a column's codes or values; -1: it is not there.
func (in *inputs) place(c *column, coded bool) int {
	return slices.IndexFunc(in.all, func(i input) bool { return i.column == c && i.coded == coded })
}

// add adds a chunk's rows, of these groups, to a measure's accumulator.
func (in *inputs) add(a *measure.Accumulator, f *columnMeasure, ch chunk, groups []int32) {
	s := measure.Selection{N: ch.len(), Groups: groups}
	if f.Where != "" {
		s = in.filtered.of(f.where, ch, groups)
	}
	if f.column == nil {
		a.Add(nil, s)
		return
	}
	in.order = in.order[:0]
	for _, c := range f.order {
		in.order = append(in.order, &in.all[in.place(c, c.texts != nil)].values)
	}
	s.Order = in.order
	a.Add(&in.all[in.place(f.column, f.coded())].values, s)
}

func (in *inputs) load(ch chunk) {
	for i := range in.all {
		in.all[i].load(ch, in.codes)
	}
}

// dense computes measures of groups whose number is made of their terms' numbers: few enough for an array of them.
type dense struct {
	account      *gold.Account
	terms        []*term
	measures     []columnMeasure
	accumulators []*measure.Accumulator
	in           *inputs
	rows         []int64 // by group
	groups       []int32
	codes        []uint64
}

// maxDense is the number of groups up to which there is room for each of them.
const maxDense = 1 << 18

// newDense returns the groups once the account holds what they take.
func newDense(account *gold.Account, terms []*term, measures []columnMeasure, size int) (*dense, error) {
	bytes := int64(size) * 8
	for i := range measures {
		bytes += measures[i].bytes(size)
	}
	if err := account.Set(bytes); err != nil {
		return nil, err
	}
	d := &dense{account: account, terms: terms, measures: measures, in: newInputs(measures), rows: make([]int64, size), codes: make([]uint64, 0, defaultGrid.chunk)}
	for _, f := range measures {
		a, err := f.accumulator(size)
		if err != nil {
			return nil, err
		}
		if a != nil {
			a.Grow(size)
		}
		d.accumulators = append(d.accumulators, a)
	}
	return d, nil
}

// maxBits bounds the bits by which the different values of each group are counted.
const maxBits = 1 << 27

// counted reports whether a measure of so many groups counts different values by a bit for each of them.
func (f *columnMeasure) counted(groups int) bool {
	return f.Func == gold.CountDistinct && f.coded() && f.column.last < maxBits/uint64(groups)
}

// bytes returns what a measure of so many groups takes before there are any rows.
func (f *columnMeasure) bytes(groups int) int64 {
	switch {
	case f.countsRows():
		return 0
	case f.counted(groups):
		return int64(groups) * int64(f.column.last+64) / 8
	case f.column != nil && (f.column.doubles != nil || f.column.texts != nil) && (f.Func == gold.Sum || f.Func == gold.Avg):
		return int64(groups) * 40
	default:
		return int64(groups) * 24
	}
}

// countsRows reports whether the measure is the number of rows.
func (f *columnMeasure) countsRows() bool { return f.column == nil && f.Where == "" }

// accumulator returns what computes a measure of so many groups, any number where it is 0; nil where it is the number of
// rows.
func (f *columnMeasure) accumulator(groups int) (*measure.Accumulator, error) {
	switch {
	case f.countsRows():
		return nil, nil
	case groups > 0 && f.counted(groups):
		return measure.NewDistinctBelow(int64(f.column.last) + 1), nil
	case f.column != nil && f.column.doubles != nil:
		return measure.NewAccumulatorWithin(f.Measure, f.field, f.column.within)
	default:
		return measure.NewAccumulator(f.Measure, f.field)
	}
}

// accumulated returns the bytes that accumulators hold, and what the measures take once more while they are worked out:
// medians are sorted into another list.
func accumulated(measures []columnMeasure, accumulators []*measure.Accumulator) (held, finishing int64) {
	for i, a := range accumulators {
		if a == nil {
			continue
		}
		bytes := a.Bytes()
		held += bytes
		if measures[i].Func == gold.Median || measures[i].Func == gold.Quantile {
			finishing += bytes
		}
	}
	return held, finishing
}

func (d *dense) wants(int) bool { return true }

func (d *dense) take(c chunk) error {
	n := c.len()
	var groups []int32
	if len(d.terms) == 0 {
		d.rows[0] += int64(n)
	} else {
		groups = d.number(c, n)
		for _, g := range groups {
			d.rows[g]++
		}
	}
	d.in.load(c)
	for i, a := range d.accumulators {
		if a != nil {
			d.in.add(a, &d.measures[i], c, groups)
		}
	}
	return d.account.Set(d.bytes())
}

// bytes returns what is held, and will be once the measures are worked out.
func (d *dense) bytes() int64 {
	held, finishing := accumulated(d.measures, d.accumulators)
	return int64(len(d.rows))*8 + held + finishing
}

// number returns the group of each row.
func (d *dense) number(c chunk, n int) []int32 {
	if cap(d.groups) < n {
		d.groups = make([]int32, n)
	}
	d.groups = d.groups[:n]
	clear(d.groups)
	for _, t := range d.terms {
		t.addTo(d.groups, c, d.codes)
	}
	return d.groups
}

// merge adds another's measures, and lets go of the other.
func (d *dense) merge(other *dense) error {
	if err := d.account.Set(d.bytes() + other.bytes()); err != nil {
		return err
	}
	for g, n := range other.rows {
		d.rows[g] += n
	}
	for i, a := range d.accumulators {
		if a != nil {
			a.Merge(other.accumulators[i], nil)
			other.accumulators[i] = nil
		}
	}
	other.account.Close()
	return d.account.Set(d.bytes())
}

// result returns the groups that have rows, and without terms the one there is.
func (d *dense) result() (*result, error) {
	there := 1
	if len(d.terms) > 0 {
		there = len(d.rows) - countZeros(d.rows)
	}
	if err := d.account.Set(d.bytes() + int64(there)*rowBytes(d.terms, d.measures)); err != nil {
		return nil, err
	}
	res := newResult(d.terms, d.measures, there)
	for g, n := range d.rows {
		if n == 0 && len(d.terms) > 0 {
			continue
		}
		rest := uint64(g)
		at := len(res.numbers)
		res.numbers = append(res.numbers, make([]uint64, len(d.terms))...)
		for k, t := range slices.Backward(d.terms) {
			res.numbers[at+k] = rest % t.size
			rest /= t.size
		}
		for i, a := range d.accumulators {
			if a == nil {
				res.values[i].Append(gold.NewInt(n))
			} else if err := a.AppendValue(&res.values[i], g); err != nil {
				return nil, err
			}
		}
		res.groups++
	}
	return res, d.account.Set(res.bytes())
}

func countZeros(rows []int64) (n int) {
	for _, r := range rows {
		if r == 0 {
			n++
		}
	}
	return n
}
