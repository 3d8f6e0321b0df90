package measure

import (
	"math"

	"goldserve/gold"
)

// Groups computes measures of groups of rows. Without a group there is exactly one, even over no rows.
//
// A group is identified by numbering its values pair by pair: the numbers of the first two terms make a pair that has a
// number, which makes a pair with the third's, and so on. Different groups can't have the same number, whatever their
// texts contain.
type Groups struct {
	out      []gold.Field
	terms    []*term
	pairs    []numbering[uint64] // pairs[k]: number of the first k+1 terms in the high half, of term k+1 in the low one
	measures []measured
	bound    int64 // bytes; 0: none
	account  *gold.Account
	numbers  []int32
}

// measured is one measure with its field; Count has none.
type measured struct {
	gold.Measure
	source    *source
	condition *condition // nil: of all rows
	order     []source   // of First and Last
	columns   []*gold.Column
	*Accumulator
}

// NewGroups returns groups over rows with these fields. Measures may repeat. memory limits the memory, in estimated
// bytes; 0 is no limit. Errors are those of CheckGroup and CheckMeasure. A group's Join must be nil: a looked-up field
// is a column like any other.
func NewGroups(fields []gold.Field, by []gold.Group, measures []gold.Measure, memory int64) (*Groups, error) {
	g := &Groups{bound: memory}
	for i, group := range by {
		t, err := newTerm(fields, group)
		if err != nil {
			return nil, err
		}
		g.terms = append(g.terms, t)
		if i > 0 {
			g.pairs = append(g.pairs, newNumbering[uint64]())
		}
	}
	for _, m := range measures {
		if err := CheckMeasure(fields, m); err != nil {
			return nil, err
		}
		measured := measured{Measure: m}
		var f gold.Field
		if m.Field != "" {
			s := newSource(fields, m.Field)
			measured.source, f = &s, fields[s.index]
		}
		var err error
		if measured.condition, err = newCondition(fields, m); err != nil {
			return nil, err
		}
		for _, name := range m.Order() {
			measured.order = append(measured.order, newSource(fields, name))
		}
		measured.columns = make([]*gold.Column, len(measured.order))
		measured.Accumulator = newAccumulator(m, f)
		measured.Grow(g.Len())
		g.measures = append(g.measures, measured)
	}
	a := gold.Aggregation{Version: &gold.Version{Dataset: gold.Dataset{Fields: fields}}, Group: by, Measures: measures}
	g.out = a.OutFields()
	return g, nil
}

// Charge also accounts the groups' memory to an account: Add and Merge may then return its errors.
func (g *Groups) Charge(a *gold.Account) { g.account = a }

// Fields returns the fields of Batch: the groups', then the measures', by their Name.
func (g *Groups) Fields() []gold.Field { return g.out }

// Len returns the number of groups.
func (g *Groups) Len() int {
	switch {
	case len(g.terms) == 0:
		return 1
	case len(g.pairs) > 0:
		return len(g.pairs[len(g.pairs)-1].keys)
	default:
		return g.terms[0].len()
	}
}

func (t *term) len() int {
	if t.inTexts() {
		return len(t.texts.keys)
	}
	return len(t.numbers.keys)
}

// Add adds every row of a batch. Invalid memory_limit if the limit is exceeded; the groups must not be used afterwards.
func (g *Groups) Add(b *gold.Batch) error { return g.add(b, b.Rows, nil) }

// add adds the first n rows of a batch, or those of some indexes.
func (g *Groups) add(b *gold.Batch, n int, rows []int32) error {
	if n == 0 {
		return nil
	}
	numbers, err := g.number(b, n, rows)
	if err != nil {
		return err
	}
	groups := g.Len()
	for _, m := range g.measures {
		var c *gold.Column
		if m.source != nil {
			if c, err = m.source.column(b); err != nil {
				return err
			}
		}
		m.Grow(groups)
		chosen := Selection{N: n, Rows: rows, Groups: numbers}
		if m.condition != nil {
			if chosen, err = m.condition.choose(b, chosen); err != nil {
				return err
			}
		}
		for i := range m.order {
			if m.columns[i], err = m.order[i].column(b); err != nil {
				return err
			}
		}
		chosen.Order = m.columns
		m.Add(c, chosen)
	}
	return g.checkMemory()
}

// number returns the group of each row; nil without terms.
func (g *Groups) number(b *gold.Batch, n int, rows []int32) ([]int32, error) {
	for k, t := range g.terms {
		c, err := t.column(b)
		if err != nil {
			return nil, err
		}
		numbers := t.number(c, n, rows)
		if k == 0 {
			g.numbers = append(g.numbers[:0], numbers...)
			continue
		}
		pairs := &g.pairs[k-1]
		for i, id := range numbers {
			g.numbers[i] = pairs.number(pair(g.numbers[i], id))
		}
	}
	return g.numbers, nil
}

func pair(high, low int32) uint64 { return uint64(high)<<32 | uint64(low) }

// Merge adds the groups of another Groups of the same fields, groups and measures, which is unchanged. Invalid
// memory_limit as in Add.
func (g *Groups) Merge(other *Groups) error {
	var to []int32
	for k, t := range g.terms {
		ids := t.merge(other.terms[k])
		if k == 0 {
			to = ids
			continue
		}
		pairs := &g.pairs[k-1]
		merged := make([]int32, len(other.pairs[k-1].keys))
		for id, key := range other.pairs[k-1].keys {
			merged[id] = pairs.number(pair(to[key>>32], ids[key&math.MaxUint32]))
		}
		to = merged
	}
	for i, m := range g.measures {
		m.Grow(g.Len())
		m.Merge(other.measures[i].Accumulator, to)
	}
	return g.checkMemory()
}

// checkMemory checks the memory limit, and that an int32 can number the groups.
func (g *Groups) checkMemory() error {
	if g.Len() > math.MaxInt32-gold.MaxBatch {
		return gold.Errorf(gold.Invalid, gold.CodeMemoryLimit, "more than %d groups: group by fewer fields", g.Len())
	}
	if g.bound <= 0 && g.account == nil {
		return nil
	}
	held, largest, what := int64(0), int64(-1), ""
	weigh := func(bytes int64, name string) {
		held += bytes
		if bytes > largest {
			largest, what = bytes, name
		}
	}
	for _, m := range g.measures {
		weigh(m.Bytes(), m.String())
	}
	for _, t := range g.terms {
		weigh(t.bytes(), "group by "+t.group.Name())
	}
	for i := range g.pairs {
		weigh(g.pairs[i].bytes(16, 8), "group by "+g.terms[i+1].group.Name())
	}
	if g.bound <= 0 || held <= g.bound {
		return g.account.Set(held)
	}
	return gold.Errorf(gold.Invalid, gold.CodeMemoryLimit,
		"%s needs more than %s of memory (%d groups so far)", what, gold.FormatBytes(g.bound), g.Len())
}

// values returns the numbers of a group's terms, in their order.
func (g *Groups) values(group int32, dst []int32) []int32 {
	dst = growTo(dst[:0], len(g.terms))
	for k := len(g.terms) - 1; k > 0; k-- {
		key := g.pairs[k-1].keys[group]
		dst[k], group = int32(key&math.MaxUint32), int32(key>>32)
	}
	if len(dst) > 0 {
		dst[0] = group
	}
	return dst
}
