package param

import (
	"bytes"
	"encoding/binary"
	"math"
	"slices"

	"goldserve/gold"
	"goldserve/gold/query"
)

// Key is the cache key of a typed question: two questions with the same bytes have the same answer. Texts have their
// lengths before them; conditions and lists of values are sets.
type Key struct{ Bytes []byte }

// usualKey is the room for most keys.
const usualKey = 256

// Text appends texts with their lengths.
func (c *Key) Text(texts ...string) {
	if c.Bytes == nil {
		c.Bytes = make([]byte, 0, usualKey)
	}
	for _, t := range texts {
		c.Bytes = appendText(c.Bytes, t)
	}
}

// texts appends a list with its length.
func (c *Key) texts(list []string) {
	c.Int(int64(len(list)))
	c.Text(list...)
}

// Int appends a number.
func (c *Key) Int(n int64) { c.Bytes = binary.AppendVarint(c.Bytes, n) }

// Bool appends a truth value.
func (c *Key) Bool(v bool) {
	if v {
		c.Int(1)
	} else {
		c.Int(0)
	}
}

func (c *Key) join(v *gold.Join) {
	if v == nil {
		c.Int(0)
		return
	}
	c.Int(1)
	c.Text(v.Version.Dataset.Name, v.On, v.Key)
	if v.Next != nil {
		c.join(v.Next)
	}
}

func (c *Key) predicates(list []gold.Predicate) {
	c.items(keysOf(make([][]byte, 0, len(list)), list))
}

// items appends a set.
func (c *Key) items(items [][]byte) {
	items = setOf(items)
	c.Int(int64(len(items)))
	for _, item := range items {
		c.Int(int64(len(item)))
		c.Bytes = append(c.Bytes, item...)
	}
}

// setOf sorts items, and leaves each once.
func setOf(items [][]byte) [][]byte {
	slices.SortFunc(items, bytes.Compare)
	return slices.CompactFunc(items, bytes.Equal)
}

// keysOf appends the keys of predicates. Alternatives are a set too, in the place of a comparison whose field has no name; a
// single one is its predicates.
func keysOf(items [][]byte, list []gold.Predicate) [][]byte {
	for _, p := range list {
		if p.Any == nil {
			items = append(items, keyOfComparison(p))
			continue
		}
		alternatives := make([][]byte, len(p.Any))
		for i := range p.Any {
			var of Key
			of.predicates(p.Any[i])
			alternatives[i] = of.Bytes
		}
		if alternatives = setOf(alternatives); len(alternatives) == 1 {
			items = keysOf(items, p.Any[0])
			continue
		}
		var item Key
		item.Text("")
		item.items(alternatives)
		items = append(items, item.Bytes)
	}
	return items
}

func keyOfComparison(p gold.Predicate) []byte {
	values := p.Values
	if p.Op == gold.In || p.Op == gold.NotIn {
		values = slices.Clone(values)
		slices.SortFunc(values, gold.Compare)
		values = slices.Compact(values)
	}
	item := &Key{make([]byte, 0, usualKey/4)}
	item.Text(p.Field)
	item.Int(int64(p.Op))
	item.join(p.Join)
	item.Values(values)
	return item.Bytes
}

// Values appends a list of values with its length.
func (c *Key) Values(values []gold.Value) {
	c.Int(int64(len(values)))
	for _, v := range values {
		c.Bytes = appendTyped(c.Bytes, v)
	}
}

// Sort appends the terms of an order.
func (c *Key) Sort(terms []gold.Sort) {
	c.Int(int64(len(terms)))
	for _, t := range terms {
		c.Text(t.Field)
		c.Bool(t.Desc)
	}
}

func (c *Key) groups(groups []gold.Group) {
	c.Int(int64(len(groups)))
	for _, g := range groups {
		c.Text(g.Field, g.Name())
		c.Int(int64(g.Grain))
		c.join(g.Join)
		if g.Age != nil {
			c.Text("age", g.Age.Since)
			c.Int(int64(g.Age.Days))
			c.Int(int64(g.Age.Months))
			c.join(g.Age.Join)
		}
		c.texts(g.Exact)
		c.Int(int64(len(g.Bins)))
		for _, edge := range g.Bins {
			c.Bytes = binary.LittleEndian.AppendUint64(c.Bytes, math.Float64bits(edge))
		}
	}
}

// Rows appends a question for rows without its position.
func (c *Key) Rows(q *query.RowsQuery) {
	fields := q.Fields
	if fields == nil {
		fields = q.Scope.Version.Dataset.FieldNames()
	}
	c.Int(q.Limit)
	c.Bool(q.Exact)
	c.Sort(q.Sort)
	c.texts(fields)
	c.predicates(q.Where)
	c.predicates(q.Origin)
	c.Bool(q.Growth != nil)
}

// Aggregate appends a question for groups without its position.
func (c *Key) Aggregate(q *query.AggregateQuery) {
	c.groups(q.Groups)
	c.Int(int64(len(q.Measures)))
	for _, f := range q.Measures {
		c.Text(f.Name, f.Measure.String())
		if f.Metric == nil {
			c.Text("")
		} else {
			c.Text(f.Metric.Name)
		}
	}
	c.predicates(q.Where)
	c.predicates(q.Having)
	c.Sort(q.Sort)
	c.Int(q.Limit)
	c.Bool(q.Totals)
	c.Text(q.Compare)
	c.Bool(q.Previous == query.PreviousPresent)
}

// ValuesOf appends a question for the values of a field.
func (c *Key) ValuesOf(q *query.ValuesQuery) {
	c.Text(q.Field.Name, q.Text)
	c.Int(q.Limit)
	c.predicates(q.Where)
}

// KPIs appends a question for key figures without their comparison.
func (c *Key) KPIs(q *query.KPIQuery) {
	for i := range q.KPIs {
		c.Text(q.KPIs[i].Name, q.KPIs[i].Reason)
		c.predicates(q.KPIs[i].Where)
	}
}
