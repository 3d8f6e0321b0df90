package columnar

import (
	"cmp"
	"slices"

	"goldserve/gold"
)

// result is the groups of an aggregation.
type result struct {
	terms    []*term
	measures []columnMeasure
	groups   int
	numbers  []uint64      // of each group, by term
	values   []gold.Column // by measure: of each group
}

// newResult returns a result with room for groups.
func newResult(terms []*term, measures []columnMeasure, groups int) *result {
	res := &result{terms: terms, measures: measures, numbers: make([]uint64, 0, groups*len(terms))}
	for _, f := range measures {
		res.values = append(res.values, gold.NewColumn(f.Kind(f.field.Kind), groups))
	}
	return res
}

// rowBytes returns what a group of a result takes, and its place in an order.
func rowBytes(terms []*term, measures []columnMeasure) int64 {
	bytes := int64(8*(len(terms)+len(measures)) + 4)
	for _, f := range measures {
		if f.Kind(f.field.Kind) == gold.WideDecimal {
			bytes += 12 // 16 and an offset
		}
	}
	return bytes
}

func (res *result) bytes() int64 { return int64(res.groups) * rowBytes(res.terms, res.measures) }

// add appends the groups of another result.
func (res *result) add(other *result) {
	res.groups += other.groups
	res.numbers = append(res.numbers, other.numbers...)
	for i := range res.values {
		for g := range other.groups {
			res.values[i].AppendFrom(&other.values[i], g)
		}
	}
	other.numbers, other.values = nil, nil
}

// value returns a column of a group: of its terms, then of its measures.
func (res *result) value(group int32, column int) gold.Value {
	if column -= len(res.terms); column >= 0 {
		return res.measures[column].value(res.values[column].Value(int(group)))
	}
	column += len(res.terms)
	return res.terms[column].shown(res.numbers[int(group)*len(res.terms)+column])
}

// appendTo appends a column of a group to a column of its kind.
func (res *result) appendTo(c *gold.Column, group int32, column int) {
	if k := column - len(res.terms); k >= 0 && !res.measures[k].coded() {
		c.AppendFrom(&res.values[k], int(group))
		return
	}
	c.Append(res.value(group, column))
}

// compare orders two groups by a column. Bins are ordered by their edges, texts by their codes.
func (res *result) compare(a, b int32, column int) int {
	n := len(res.terms)
	if column < n {
		return cmp.Compare(res.numbers[int(a)*n+column], res.numbers[int(b)*n+column])
	}
	c := &res.values[column-n]
	return c.Compare(int(a), c, int(b))
}

// narrowing is what an aggregation asks of its groups.
type narrowing struct {
	fields []gold.Field
	having gold.Test
	sort   []gold.Sort
	sorted []int // the column of each of sort
	limit  int64
}

func newNarrowing(a *gold.Aggregation) (*narrowing, error) {
	n := &narrowing{fields: a.OutFields(), sort: a.Sort, limit: a.Limit}
	column := func(name string) int {
		return slices.IndexFunc(n.fields, func(f gold.Field) bool { return f.Name == name })
	}
	var err error
	n.having, err = gold.NewTest(a.Having, func(p gold.Predicate) (int, error) {
		i := column(p.Field)
		if i < 0 || !askable(p, n.fields[i].Kind) {
			return 0, errMeaning
		}
		return i, nil
	})
	if err != nil {
		return nil, err
	}
	for _, s := range a.Sort {
		i := column(s.Field)
		if i < 0 {
			return nil, errMeaning
		}
		n.sorted = append(n.sorted, i)
	}
	return n, nil
}

// narrow returns the groups that are asked for, in their order.
func (res *result) narrow(n *narrowing) []int32 {
	order := make([]int32, 0, res.groups)
	var g int32
	value := func(column int) gold.Value { return res.value(g, column) }
	for g = range int32(res.groups) {
		if n.having.Holds(value) {
			order = append(order, g)
		}
	}
	compare := func(a, b int32) int {
		for i, s := range n.sort {
			c := res.compare(a, b, n.sorted[i])
			if s.Desc {
				c = -c
			}
			if c != 0 {
				return c
			}
		}
		k := len(res.terms)
		return slices.Compare(res.numbers[int(a)*k:int(a+1)*k], res.numbers[int(b)*k:int(b+1)*k])
	}
	if !slices.IsSortedFunc(order, compare) {
		slices.SortFunc(order, compare)
	}
	if n.limit > 0 && n.limit < int64(len(order)) {
		order = order[:n.limit]
	}
	return order
}
