package api

import (
	"bytes"
	"encoding/binary"
	"math"
	"slices"

	"goldserve/gold"
)

// canon is the canonical form of a typed query: two queries with the same bytes have the same answer. Texts bear their
// lengths, conditions are a set, lists of values are sets too.
type canon struct{ b []byte }

func (c *canon) text(texts ...string) {
	for _, t := range texts {
		c.b = appendText(c.b, t)
	}
}

// texts appends a list with its length.
func (c *canon) texts(list []string) {
	c.int(int64(len(list)))
	c.text(list...)
}

func (c *canon) int(n int64) { c.b = binary.AppendVarint(c.b, n) }

func (c *canon) bool(v bool) {
	if v {
		c.int(1)
	} else {
		c.int(0)
	}
}

func (c *canon) via(v *gold.Via) {
	if v == nil {
		c.int(0)
		return
	}
	c.int(1)
	c.text(v.Version.Dataset.Name, v.On, v.Key)
}

func (c *canon) predicates(list []gold.Predicate) {
	items := make([][]byte, len(list))
	for i, p := range list {
		values := p.Values
		if p.Op == gold.In || p.Op == gold.NotIn {
			values = slices.Clone(values)
			slices.SortFunc(values, gold.Compare)
			values = slices.Compact(values)
		}
		item := &canon{}
		item.text(p.Field)
		item.int(int64(p.Op))
		item.via(p.Via)
		item.values(values)
		items[i] = item.b
	}
	slices.SortFunc(items, bytes.Compare)
	items = slices.CompactFunc(items, bytes.Equal)
	c.int(int64(len(items)))
	for _, item := range items {
		c.int(int64(len(item)))
		c.b = append(c.b, item...)
	}
}

func (c *canon) values(values []gold.Value) {
	c.int(int64(len(values)))
	for _, v := range values {
		c.b = appendTyped(c.b, v)
	}
}

func (c *canon) sort(terms []gold.Sort) {
	c.int(int64(len(terms)))
	for _, t := range terms {
		c.text(t.Field)
		c.bool(t.Desc)
	}
}

func (c *canon) groups(groups []gold.Group) {
	c.int(int64(len(groups)))
	for _, g := range groups {
		c.text(g.Field, g.Name())
		c.int(int64(g.Grain))
		c.via(g.Via)
		c.int(int64(len(g.Bins)))
		for _, edge := range g.Bins {
			c.b = binary.LittleEndian.AppendUint64(c.b, math.Float64bits(edge))
		}
	}
}

// rows appends a query of rows, but for where it starts.
func (c *canon) rows(q *rowsQuery) {
	fields := q.fields
	if fields == nil {
		fields = q.scope.version.Dataset.FieldNames()
	}
	c.int(q.limit)
	c.bool(q.exact)
	c.sort(q.sort)
	c.texts(fields)
	c.predicates(q.where)
	c.predicates(q.origin)
}

// aggregate appends a query of groups, but for where it starts.
func (c *canon) aggregate(q *aggregateQuery) {
	c.groups(q.groups)
	c.int(int64(len(q.figures)))
	for _, f := range q.figures {
		c.text(f.name, f.measure.String())
		if f.metric == nil {
			c.text("")
		} else {
			c.text(f.metric.Name)
		}
	}
	c.predicates(q.where)
	c.predicates(q.having)
	c.sort(q.sort)
	c.int(q.limit)
	c.bool(q.totals)
	c.text(q.compare)
}

// valuesOf appends a query of the values of a field.
func (c *canon) valuesOf(q *valuesQuery) {
	c.text(q.field.name, q.text)
	c.int(q.limit)
	c.predicates(q.where)
}

// kpis appends a query of key figures, but for their comparison.
func (c *canon) kpis(q *kpiQuery) {
	for i := range q.kpis {
		c.text(q.kpis[i].name, q.kpis[i].reason)
		c.predicates(q.kpis[i].where)
	}
}
