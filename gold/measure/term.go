package measure

import (
	"cmp"
	"slices"

	"goldserve/gold"
)

// term is one field, grain or bins to group by. It numbers its values from 0 in the order in which they come; null has
// its own number.
type term struct {
	group   gold.Group
	field   gold.Field
	source  source
	exact   []string          // of bins with exact edges: their keys
	numbers numbering[int64]  // of Ints and Floats: the value, a double's bits, a period's first day, a bin
	texts   numbering[string] // of a kind in bytes, without bins
	held    int64             // bytes of texts
	ids     []int32
	periods Periods // of a grain
	since   *source // of an age: the other date
	ages    Ages
	aged    gold.Column
	days    *[daysKept]numberedDay // of a grain: cached days, at their number modulo daysKept
}

// daysKept is the number of days whose period a term caches: data usually spans years rather than centuries.
const daysKept = 512

type numberedDay struct {
	day int64
	id  int32 // plus one; 0: none
}

// numbering gives numbers to keys.
type numbering[K comparable] struct {
	ids  map[K]int32
	keys []K   // by number; of null the zero key
	null int32 // number of null; -1: none met
}

func newNumbering[K comparable]() numbering[K] {
	return numbering[K]{ids: map[K]int32{}, null: -1}
}

func (n *numbering[K]) number(key K) int32 {
	id, ok := n.ids[key]
	if !ok {
		id = n.add(key)
	}
	return id
}

func (n *numbering[K]) add(key K) int32 {
	id := int32(len(n.keys))
	n.ids[key] = id
	n.keys = append(n.keys, key)
	return id
}

func (n *numbering[K]) numberOfNull() int32 {
	if n.null < 0 {
		var none K
		n.null = int32(len(n.keys))
		n.keys = append(n.keys, none)
	}
	return n.null
}

// merge numbers the keys of another numbering and returns the number here of each of its numbers.
func (n *numbering[K]) merge(other *numbering[K]) []int32 {
	to := make([]int32, len(other.keys))
	for id, key := range other.keys {
		if int32(id) == other.null {
			to[id] = n.numberOfNull()
		} else {
			to[id] = n.number(key)
		}
	}
	return to
}

// bytes estimates the memory held, but for what keys point to, from the bytes of a map's slot and of a key.
func (n *numbering[K]) bytes(slot, key int) int64 {
	return mapBytes(len(n.ids), slot) + int64(cap(n.keys))*int64(key)
}

// ranks returns the rank of each number in the order of keys, null first.
func (n *numbering[K]) ranks(compare func(a, b K) int) []int32 {
	order := make([]int32, len(n.keys))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int {
		switch n.null {
		case a:
			return -1
		case b:
			return 1
		}
		return compare(n.keys[a], n.keys[b])
	})
	ranks := make([]int32, len(order))
	for rank, id := range order {
		ranks[id] = int32(rank)
	}
	return ranks
}

func newTerm(fields []gold.Field, g gold.Group) (*term, error) {
	if g.Join != nil {
		return nil, gold.Errorf(gold.Internal, gold.CodeInternal, "group by %s: a looked-up field must be a column of the batch", g.Name())
	}
	if err := CheckGroup(fields, g); err != nil {
		return nil, err
	}
	source := newSource(fields, g.Field)
	t := &term{
		group: g, field: fields[source.index], source: source,
		numbers: newNumbering[int64](), texts: newNumbering[string](),
		exact: ExactEdges(g, fields[source.index].Scale),
	}
	if g.Grain != gold.GrainNone {
		t.periods, t.days = PeriodsOf(t.field.Kind, g), new([daysKept]numberedDay)
	}
	if g.Age != nil {
		if g.Age.Join != nil {
			return nil, gold.Errorf(gold.Internal, gold.CodeInternal, "group by %s: a looked-up date must be a column of the batch", g.Name())
		}
		if err := CheckAge(fields, g); err != nil {
			return nil, err
		}
		since := newSource(fields, g.Age.Since)
		t.since, t.ages = &since, AgesOf(t.field.Kind, since.kind, g)
		t.field = gold.Field{Name: g.Name(), Kind: gold.Int}
	}
	return t, nil
}

// column returns the column of a batch that has the term's values: of an age, one made of two.
func (t *term) column(b *gold.Batch) (*gold.Column, error) {
	c, err := t.source.column(b)
	if t.since == nil || err != nil {
		return c, err
	}
	since, err := t.since.column(b)
	if err != nil {
		return nil, err
	}
	t.aged = gold.Column{Kind: gold.Int, Ints: t.aged.Ints[:0], Nulls: t.aged.Nulls[:0]}
	for i := range b.Rows {
		v := gold.Value{}
		if !c.IsNull(i) && !since.IsNull(i) {
			if age, ok := t.ages.Of(c.Ints[i], since.Ints[i]); ok {
				v = gold.NewInt(age)
			}
		}
		t.aged.Append(v)
	}
	return &t.aged, nil
}

// number returns the numbers of n rows of the term's column; rows nil: the first n. They are valid until the next call.
func (t *term) number(c *gold.Column, n int, rows []int32) []int32 {
	t.ids = t.ids[:0]
	for i := range n {
		if rows != nil {
			i = int(rows[i])
		}
		t.ids = append(t.ids, t.numberOf(c, i))
	}
	return t.ids
}

// inTexts reports whether the term's values are texts or keys.
func (t *term) inTexts() bool { return t.field.Kind.InBytes() && len(t.group.Bins) == 0 }

// valueOfText returns the value of a text, or of the key of a WideDecimal.
func valueOfText(k gold.Kind, text string) gold.Value {
	if k == gold.WideDecimal {
		return gold.NewWideDecimal(gold.Int128OfKey([]byte(text)))
	}
	return gold.NewText(text)
}

func (t *term) numberOf(c *gold.Column, i int) int32 {
	switch {
	case c.Kind == gold.Text || c.Kind == gold.WideDecimal && len(t.group.Bins) == 0:
		return t.numberOfText(c, i)
	case c.IsNull(i):
		return t.numbers.numberOfNull()
	case t.group.Grain != gold.GrainNone:
		return t.numberOfPeriod(c.Ints[i])
	case len(t.exact) > 0:
		return t.numbers.number(int64(ExactBinIndex(t.exact, c.Text(i))))
	case len(t.group.Bins) > 0:
		return t.numbers.number(int64(BinIndex(t.group.Bins, c.Real(i, t.field.Scale))))
	case c.Kind == gold.Double:
		return t.numbers.number(doubleKey(c.Floats[i]))
	default:
		return t.numbers.number(c.Ints[i])
	}
}

func (t *term) numberOfText(c *gold.Column, i int) int32 {
	if c.IsNull(i) {
		return t.texts.numberOfNull()
	}
	text := c.Text(i)
	if id, ok := t.texts.ids[string(text)]; ok {
		return id
	}
	t.held += textBytes(len(text))
	return t.texts.add(string(text))
}

func (t *term) numberOfPeriod(v int64) int32 {
	if !t.periods.ByDay() {
		return t.numbers.number(t.periods.Key(v))
	}
	day := t.periods.Day(v)
	kept := &t.days[uint64(day)%daysKept]
	if kept.id == 0 || kept.day != day {
		start, _ := t.periods.Of(day)
		kept.day, kept.id = day, t.numbers.number(start)+1
	}
	return kept.id - 1
}

// merge numbers the values of another term and returns the number here of each of its numbers.
func (t *term) merge(other *term) []int32 {
	if !t.inTexts() {
		return t.numbers.merge(&other.numbers)
	}
	before := len(t.texts.keys)
	to := t.texts.merge(&other.texts)
	for _, text := range t.texts.keys[before:] {
		t.held += textBytes(len(text))
	}
	return to
}

// ranks returns the rank of each number in ascending order, null first.
func (t *term) ranks() []int32 {
	switch {
	case t.inTexts():
		return t.texts.ranks(cmp.Compare[string])
	case t.field.Kind == gold.Double && len(t.group.Bins) == 0:
		return t.numbers.ranks(func(a, b int64) int { return cmp.Compare(doubleOf(a), doubleOf(b)) })
	default:
		return t.numbers.ranks(cmp.Compare[int64])
	}
}

// value returns the value of a number as the answer shows it.
func (t *term) value(id int32) gold.Value {
	switch {
	case t.inTexts():
		if id == t.texts.null {
			return gold.Value{}
		}
		return valueOfText(t.field.Kind, t.texts.keys[id])
	case id == t.numbers.null:
		return gold.Value{}
	}
	key := t.numbers.keys[id]
	switch {
	case t.group.Grain != gold.GrainNone:
		return t.periods.Value(key)
	case len(t.group.Bins) > 0:
		return gold.NewText(GroupLabel(t.group, int(key)))
	case t.field.Kind == gold.Double:
		return gold.NewDouble(doubleOf(key))
	default:
		return gold.NewIntegral(t.field.Kind, key)
	}
}

func (t *term) bytes() int64 {
	return t.numbers.bytes(16, 8) + t.texts.bytes(24, 16) + t.held + int64(cap(t.ids))*4
}
