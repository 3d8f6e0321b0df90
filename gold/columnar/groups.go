package columnar

import (
	"slices"

	"goldserve/gold"
	"goldserve/gold/measure"
)

// figure is one measure of an aggregation.
type figure struct {
	gold.Measure
	column *column // nil: of Count
	field  gold.Field
}

// coded reports whether the figure is computed of codes rather than of values, where it comes to the same.
func (f *figure) coded() bool {
	return f.column != nil && f.column.doubles == nil && (f.column.texts != nil || f.Func == gold.CountDistinct)
}

// value returns the figure as the answer has it: texts are measured by their codes.
func (f *figure) value(v gold.Value) gold.Value {
	if f.column != nil && f.column.texts != nil && f.Func != gold.CountDistinct && !v.IsNull() {
		return f.column.value(uint64(v.Int()))
	}
	return v
}

// inputs are the columns that figures are computed of, each loaded once for a chunk.
type inputs struct {
	all   []input
	codes []uint64
}

func newInputs(figures []figure) *inputs {
	in := &inputs{codes: make([]uint64, 0, usual.chunk)}
	for _, f := range figures {
		if f.column != nil && in.index(f) < 0 {
			in.all = append(in.all, input{column: f.column, coded: f.coded(), values: gold.Column{Kind: f.field.Kind}})
		}
	}
	return in
}

// index returns the place of what a figure is computed of; -1: it is not there.
func (in *inputs) index(f figure) int {
	return slices.IndexFunc(in.all, func(i input) bool { return i.column == f.column && i.coded == f.coded() })
}

func (in *inputs) load(ch chunk) {
	for i := range in.all {
		in.all[i].load(ch, in.codes)
	}
}

// dense computes figures of groups whose number is made of their terms' numbers: few enough for an array of them.
type dense struct {
	terms   []*term
	figures []figure
	figured []*measure.Accumulator
	in      *inputs
	rows    []int64 // by group
	groups  []int32
	codes   []uint64
}

// maxDense is the number of groups up to which there is room for each of them.
const maxDense = 1 << 18

func newDense(terms []*term, figures []figure, size int) (*dense, error) {
	d := &dense{terms: terms, figures: figures, in: newInputs(figures), rows: make([]int64, size), codes: make([]uint64, 0, usual.chunk)}
	for _, f := range figures {
		a, err := f.accumulator(size)
		if err != nil {
			return nil, err
		}
		if a != nil {
			a.Grow(size)
		}
		d.figured = append(d.figured, a)
	}
	return d, nil
}

// maxBits bounds the bits by which the different values of each group are counted.
const maxBits = 1 << 27

// accumulator returns what computes a figure of so many groups; nil where it is the number of rows.
func (f *figure) accumulator(groups int) (*measure.Accumulator, error) {
	switch {
	case f.column == nil:
		return nil, nil
	case f.Func == gold.CountDistinct && f.coded() && f.column.last < maxBits/uint64(groups):
		return measure.NewDistinctBelow(int64(f.column.last) + 1), nil
	case f.column.doubles != nil:
		return measure.NewAccumulatorWithin(f.Measure, f.field, f.column.within)
	default:
		return measure.NewAccumulator(f.Measure, f.field)
	}
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
	for i, a := range d.figured {
		if a != nil {
			a.Add(&d.in.all[d.in.index(d.figures[i])].values, measure.Selection{N: n, Groups: groups})
		}
	}
	return nil
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

// merge adds another's figures.
func (d *dense) merge(other *dense) {
	for g, n := range other.rows {
		d.rows[g] += n
	}
	for i, a := range d.figured {
		if a != nil {
			a.Merge(other.figured[i], nil)
		}
	}
}

// result returns the groups that have rows, and without terms the one there is.
func (d *dense) result() (*result, error) {
	res := newResult(d.terms, d.figures)
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
		for i, a := range d.figured {
			v := gold.NewInt(n)
			if a != nil {
				var err error
				if v, err = a.Value(g); err != nil {
					return nil, err
				}
			}
			res.figured[i].Append(v)
		}
		res.groups++
	}
	return res, nil
}

// sparse computes figures of any number of groups, as gold/measure does.
type sparse struct {
	terms   []*term
	figures []figure
	groups  *measure.Groups
	batch   *gold.Batch
	in      *inputs
	codes   []uint64
}

// sparseFields returns the fields of the batches that groups are made of: the numbers of the terms, then the columns.
func sparseFields(terms []*term, in *inputs) []gold.Field {
	fields := make([]gold.Field, 0, len(terms)+len(in.all))
	for i := range terms {
		fields = append(fields, gold.Field{Name: columnName("g", i), Kind: gold.Int})
	}
	for i := range in.all {
		f := in.all[i].column.field
		f.Name, f.Kind, f.Nullable = columnName("m", i), in.all[i].values.Kind, true
		fields = append(fields, f)
	}
	return fields
}

func newSparse(terms []*term, figures []figure, memory int64) (*sparse, error) {
	s := &sparse{terms: terms, figures: figures, in: newInputs(figures)}
	fields := sparseFields(terms, s.in)
	s.batch = gold.NewBatch(fields, usual.chunk)
	var by []gold.Group
	for i := range terms {
		by = append(by, gold.Group{Field: columnName("g", i)})
	}
	var measures []gold.Measure
	for _, f := range figures {
		m := gold.Measure{Func: f.Func}
		if f.column != nil {
			m.Field = columnName("m", s.in.index(f))
		}
		measures = append(measures, m)
	}
	var err error
	s.groups, err = measure.NewGroups(fields, by, measures, memory)
	return s, err
}

func (s *sparse) wants(int) bool { return true }

// signed turns numbers into integers of the same order.
const signed = 1 << 63

func (s *sparse) take(c chunk) error {
	s.batch.Rows = c.len()
	for k, t := range s.terms {
		s.codes = t.column.read(c, s.codes[:0])
		column := &s.batch.Columns[k]
		column.Ints = column.Ints[:0]
		for _, code := range s.codes {
			column.Ints = append(column.Ints, int64(t.number(code)^signed))
		}
	}
	s.in.load(c)
	for i := range s.in.all {
		s.batch.Columns[len(s.terms)+i] = s.in.all[i].values
	}
	return s.groups.Add(s.batch)
}

// result returns the groups.
func (s *sparse) result() (*result, error) {
	all, err := s.groups.Batch(nil, 0)
	if err != nil {
		return nil, err
	}
	res := newResult(s.terms, s.figures)
	res.groups = all.Rows
	for i := range all.Rows {
		for k := range s.terms {
			res.numbers = append(res.numbers, uint64(all.Columns[k].Ints[i])^signed)
		}
	}
	res.figured = all.Columns[len(s.terms):]
	return res, nil
}
