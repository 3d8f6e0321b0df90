package contract

import (
	"math"
	"slices"
	"strings"

	"goldserve/gold"
)

// defaultMaxLimit is the largest JSON page where the contract names none, highestMaxLimit the largest that it may name.
const (
	defaultMaxLimit = 10_000
	highestMaxLimit = 1_000_000
)

// settingsOf reads the goldserve settings of the dataset; nil for none. The fields are known by now.
func (d *draft) settingsOf(n *node) {
	if n == nil {
		n = &node{kind: mapNode, line: 1, column: 1}
	}
	o := d.object(n, "goldserve")
	set := &d.contract.Dataset
	if d.endpoint = o.take("endpoint"); d.endpoint != nil {
		set.Endpoint = d.endpointOf(d.endpoint)
	}
	if d.collection = o.take("collection"); d.collection != nil {
		set.Collection = d.collectionOf(d.collection)
	}
	d.derive, d.rollup, d.lookup = o.take("derive"), o.take("rollup"), o.take("lookup")
	if old := o.take("lend"); old != nil && d.lookup != nil {
		d.add(old, "goldserve: lend is the old word for lookup, which is there too: keep lookup")
	} else if old != nil {
		d.lookup = old
	}
	if s := o.take("source"); s != nil {
		d.contract.Source = d.source(s)
		if d.derive != nil {
			d.add(s, "goldserve: a derived dataset has no source")
		}
	} else if d.derive == nil {
		d.contract.Source = set.Name
	}
	if s := o.take("search"); s != nil {
		d.search(s)
	}
	d.filters(o.take("filters"))
	d.order(o.take("sorts"), o.take("defaultSort"))
	d.limits(o.take("defaultLimit"), o.take("maxLimit"))
	if b := o.take("bi"); b != nil {
		d.bi(b)
	}
	set.Indexes = d.indexes(o.take("indexes"), "goldserve: indexes", false)
	set.BIIndexes = d.indexes(o.take("biIndexes"), "goldserve: biIndexes", true)
	if m := o.take("metrics"); m != nil {
		d.readMetrics(m)
	}
	set.Accelerate = o.boolean("accelerate")
	o.describe(&set.Doc)
	o.done()
}

// search marks the text fields that contains and startswith may search.
func (d *draft) search(n *node) {
	for _, item := range d.words(n, "goldserve: search") {
		f := d.openField(item, "goldserve: search", item.text)
		switch {
		case f == nil:
		case f.Kind != gold.Text && f.Kind != gold.Null:
			d.add(item, "goldserve: search is for text, %s is %s", f.Name, aKind(f.Kind))
		default:
			f.Search = true
			f.Filters = withOps(f.Filters, searches()...)
		}
	}
}

// filters sets the operators that each field may be filtered by: a map from field to operators, or a list of fields
// for eq and in. Where nothing is declared it is eq and in on the key.
func (d *draft) filters(n *node) {
	set := &d.contract.Dataset
	switch {
	case n == nil:
		for _, key := range set.Key {
			f := set.Field(key)
			f.Filters = withOps(f.Filters, gold.Eq, gold.In)
		}
	case n.kind == mapNode:
		for _, e := range d.pairs(n, "goldserve: filters") {
			if f := d.openField(e.key, "goldserve: filters", e.key.text); f != nil {
				f.Filters = withOps(f.Filters, d.ops(e.value, f)...)
			}
		}
	default:
		for _, item := range d.words(n, "goldserve: filters") {
			if f := d.openField(item, "goldserve: filters", item.text); f != nil {
				f.Filters = withOps(f.Filters, gold.Eq, gold.In)
			}
		}
	}
}

// ops reads the operators of one field.
func (d *draft) ops(n *node, f *gold.Field) []gold.Op {
	var ops []gold.Op
	what := "goldserve: filters: " + f.Name
	for _, item := range d.words(n, what) {
		name, ok := d.word(item, what, gold.SpelledOps())
		if !ok {
			continue
		}
		op, _ := gold.SpelledOp(name)
		if reason := unfit(op, f); reason != "" {
			d.add(item, "%s: %s %s", what, name, reason)
			continue
		}
		ops = append(ops, op)
	}
	return ops
}

// unfit says why an operator can't be used on a field, "" where it can.
func unfit(op gold.Op, f *gold.Field) string {
	switch row := op.Row(); {
	case row.Search && !f.Search:
		return "needs the field under search as well"
	case op == gold.IsNull && !f.Nullable:
		return "is of no use: the field is required and never null"
	case row.Ordered && f.Kind == gold.Bool:
		return "has no meaning for a bool"
	default:
		return ""
	}
}

// searches are the operators of fields under search.
func searches() []gold.Op {
	var ops []gold.Op
	for _, o := range gold.Operators() {
		if o.Search {
			ops = append(ops, o.Op)
		}
	}
	return ops
}

// withOps returns ops with more added, each once, in the order of gold.Op.
func withOps(ops []gold.Op, more ...gold.Op) []gold.Op {
	all := append(slices.Clone(ops), more...)
	slices.Sort(all)
	return slices.Compact(all)
}

// order sets which fields may be sorted by, and the default order, made total by the key. The fields of the default
// order and of the key may always be sorted by.
func (d *draft) order(sorts, defaultSort *node) {
	set := &d.contract.Dataset
	if sorts != nil {
		for _, item := range d.words(sorts, "goldserve: sorts") {
			if f := d.openField(item, "goldserve: sorts", item.text); f != nil {
				f.Sortable = true
			}
		}
	}
	var order []gold.Sort
	if defaultSort != nil {
		order = d.sorts(defaultSort, "goldserve: defaultSort", false)
	}
	set.DefaultSort = set.TotalSort(order)
	for _, s := range set.DefaultSort {
		if f := set.Field(s.Field); f != nil {
			f.Sortable = true
		}
	}
}

// sorts reads a list of field or -field; withBI lets it name the columns for BI tools too.
func (d *draft) sorts(n *node, what string, withBI bool) []gold.Sort {
	var order []gold.Sort
	for _, item := range d.words(n, what) {
		s := gold.ParseSort(item.text)
		isBI := slices.ContainsFunc(d.contract.Dataset.BI, func(b gold.BIField) bool { return b.Name == s.Field })
		if (!withBI || !isBI) && d.openField(item, what, s.Field) == nil {
			continue
		}
		if slices.ContainsFunc(order, func(o gold.Sort) bool { return o.Field == s.Field }) {
			d.add(item, "%s: %s is repeated", what, s.Field)
			continue
		}
		order = append(order, s)
	}
	return order
}

func (d *draft) limits(defaultLimit, maxLimit *node) {
	set := &d.contract.Dataset
	set.MaxLimit = defaultMaxLimit
	if maxLimit != nil {
		if v, ok := d.integer(maxLimit, "goldserve: maxLimit", 1, highestMaxLimit); ok {
			set.MaxLimit = v
		}
	}
	if defaultLimit == nil {
		return
	}
	v, ok := d.integer(defaultLimit, "goldserve: defaultLimit", 1, math.MaxInt64)
	if ok && v > set.MaxLimit {
		d.add(defaultLimit, "goldserve: defaultLimit: %d is over maxLimit, which is %d", v, set.MaxLimit)
		return
	}
	set.DefaultLimit = v
}

// bi reads the columns for BI tools: a map from the new name to the text or date that it is made of.
func (d *draft) bi(n *node) {
	for _, e := range d.pairs(n, "goldserve: bi") {
		name, ok := d.identifier(e.key, "goldserve: bi")
		if !ok {
			continue
		}
		if d.taken(name) {
			d.add(e.key, "goldserve: bi: the field %s is there already", name)
			continue
		}
		from, ok := d.text(e.value, "goldserve: bi: "+name)
		if !ok {
			continue
		}
		f := d.openField(e.value, "goldserve: bi: "+name, from)
		switch {
		case f == nil:
		case f.Kind != gold.Text && f.Kind != gold.Date && f.Kind != gold.Null:
			d.add(e.value, "goldserve: bi: %s is made of a text day or month, or of a date; %s is %s", name, from, aKind(f.Kind))
		default:
			d.contract.Dataset.BI = append(d.contract.Dataset.BI, gold.BIField{Name: name, From: from})
		}
	}
}

// taken reports whether a column of this name is there, in any case.
func (d *draft) taken(name string) bool {
	for field := range d.fields {
		if strings.EqualFold(field, name) {
			return true
		}
	}
	return slices.ContainsFunc(d.contract.Dataset.BI, func(b gold.BIField) bool { return strings.EqualFold(b.Name, name) })
}

// indexes reads a list of indexes, each a field or a list of fields.
func (d *draft) indexes(n *node, what string, withBI bool) []gold.Index {
	if n == nil {
		return nil
	}
	var indexes []gold.Index
	for _, item := range d.list(n, what) {
		index := gold.Index(d.sorts(item, what, withBI))
		if slices.ContainsFunc(indexes, func(o gold.Index) bool { return slices.Equal(o, index) }) {
			d.add(item, "%s: the index is repeated", what)
			continue
		}
		if len(index) > 0 {
			indexes = append(indexes, index)
		}
	}
	return indexes
}
