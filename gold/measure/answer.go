package measure

import (
	"cmp"
	"slices"

	"goldserve/gold"
)

// Batch returns the groups as rows with the fields of Fields. The default order is that of the groups, ascending, null
// first, bins by their edges; sort names fields, and the groups break ties. limit 0 means all. The batch belongs to the
// caller; with more than gold.MaxBatch groups it is larger than a store takes: see Each.
func (g *Groups) Batch(sort []gold.Sort, limit int64) (*gold.Batch, error) {
	a, err := g.answer(sort, limit)
	if err != nil {
		return nil, err
	}
	b := gold.NewBatch(g.out, len(a.order))
	a.fill(b, a.order)
	return b, nil
}

// answer is the finished groups in their order.
type answer struct {
	groups   *Groups
	order    []int32
	ids      [][]int32     // by term: its number in each group
	ranks    [][]int32     // by term: the place of each of its numbers
	measures []gold.Column // by measure: the value of each group
}

func (g *Groups) answer(sort []gold.Sort, limit int64) (*answer, error) {
	a := &answer{groups: g, order: make([]int32, g.Len()), ids: make([][]int32, len(g.terms))}
	var numbers []int32
	for i := range a.order {
		a.order[i] = int32(i)
		numbers = g.values(int32(i), numbers)
		for k, id := range numbers {
			a.ids[k] = append(a.ids[k], id)
		}
	}
	for _, t := range g.terms {
		a.ranks = append(a.ranks, t.ranks())
	}
	a.measures = gold.NewBatch(g.out[len(g.terms):], len(a.order)).Columns
	for k, m := range g.measures {
		for i := range a.order {
			if err := m.AppendValue(&a.measures[k], i); err != nil {
				return nil, err
			}
		}
	}
	compare, err := a.comparison(sort)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(a.order, compare)
	if limit > 0 && limit < int64(len(a.order)) {
		a.order = a.order[:limit]
	}
	return a, nil
}

// comparison returns the order of two groups: by the terms of sort, then by the groups.
func (a *answer) comparison(sort []gold.Sort) (func(x, y int32) int, error) {
	var by []func(x, y int32) int
	for _, s := range sort {
		i := slices.IndexFunc(a.groups.out, func(f gold.Field) bool { return f.Name == s.Field })
		if i < 0 {
			_, err := fieldOf(a.groups.out, s.Field, "sort by "+s.String())
			return nil, err
		}
		compare := a.column(i)
		if s.Desc {
			ascending := compare
			compare = func(x, y int32) int { return ascending(y, x) }
		}
		by = append(by, compare)
	}
	for k := range a.ids {
		by = append(by, a.column(k))
	}
	return func(x, y int32) int {
		for _, compare := range by {
			if c := compare(x, y); c != 0 {
				return c
			}
		}
		return 0
	}, nil
}

// column returns the ascending order of two groups by a field of the answer.
func (a *answer) column(i int) func(x, y int32) int {
	if i < len(a.ids) {
		ids, ranks := a.ids[i], a.ranks[i]
		return func(x, y int32) int { return cmp.Compare(ranks[ids[x]], ranks[ids[y]]) }
	}
	c := &a.measures[i-len(a.ids)]
	return func(x, y int32) int { return c.Compare(int(x), c, int(y)) }
}

// fill appends groups to a batch.
func (a *answer) fill(b *gold.Batch, groups []int32) {
	for k, t := range a.groups.terms {
		for _, group := range groups {
			b.Columns[k].Append(t.value(a.ids[k][group]))
		}
	}
	for k := range a.measures {
		c := &b.Columns[len(a.groups.terms)+k]
		for _, group := range groups {
			c.AppendFrom(&a.measures[k], int(group))
		}
	}
	b.Rows += len(groups)
}
