package contract

import (
	"math"
	"slices"
	"strings"

	"goldserve/gold"
	"goldserve/gold/yaml"
)

// highestMaxLimit is the largest JSON page that a contract may name.
const highestMaxLimit = 1_000_000

// settingsOf reads the goldserve settings of the dataset; nil for none. The fields are known by now.
func (d *draft) settingsOf(n *yaml.Node) {
	if n == nil {
		n = &yaml.Node{Kind: yaml.Map, Line: 1, Column: 1}
	}
	o := d.Object(n, "goldserve")
	set := &d.contract.Dataset
	if d.endpoint = o.Take("endpoint"); d.endpoint != nil {
		set.Endpoint = d.endpointOf(d.endpoint)
	}
	d.derive, d.rollup, d.lookup = o.Take("derive"), o.Take("rollup"), o.Take("lookup")
	d.collection = o.Take("collection")
	set.Collection = d.collectionOf(d.collection)
	if old := o.Take("lend"); old != nil && d.lookup != nil {
		d.Add(old, "goldserve: lend is the old name of lookup, and both are given: keep lookup")
	} else if old != nil {
		d.lookup = old
	}
	if s := o.Take("source"); s != nil {
		d.source(s)
		if d.derive != nil {
			d.Add(s, "goldserve: a derived dataset has no source")
		}
	} else if d.derive == nil {
		d.contract.Source = set.Name
	}
	d.scores(o.Take("score"))
	filters, search := o.Take("filters"), o.Take("search")
	d.search(search, filters == nil)
	d.filters(filters)
	d.order(o.Take("sorts"), o.Take("defaultSort"))
	d.limits(o.Take("defaultLimit"), o.Take("maxLimit"))
	if b := o.Take("bi"); b != nil {
		d.bi(b)
	}
	set.Indexes = d.indexes(o.Take("indexes"), "goldserve: indexes", false)
	set.BIIndexes = d.indexes(o.Take("biIndexes"), "goldserve: biIndexes", true)
	d.metricsNode = o.Take("metrics")
	set.Accelerate = o.Boolean("accelerate")
	describe(o, &set.Doc)
	labelByName(&set.Doc, set.Name)
	o.Done()
}

// search marks the text fields that contains and startswith may search: those listed. Where neither they nor filters are
// listed, all can be searched that aren't masked.
func (d *draft) search(n *yaml.Node, unlisted bool) {
	set := &d.contract.Dataset
	if n == nil {
		for i := range set.Fields {
			f := &set.Fields[i]
			f.Search = unlisted && f.Kind == gold.Text && f.Mask == gold.MaskNone
		}
		return
	}
	for _, item := range d.names(n, "goldserve: search") {
		f := d.openField(item, "goldserve: search", item.Text)
		switch {
		case f == nil:
		case f.Kind != gold.Text && f.Kind != gold.Null:
			d.Add(item, "goldserve: search is for text, %s is %s", f.Name, f.Kind.WithArticle())
		default:
			f.Search = true
			f.Filters = withOps(f.Filters, searches()...)
		}
	}
}

// names reads a list of names that may be empty: none of the fields.
func (d *draft) names(n *yaml.Node, what string) []*yaml.Node {
	if n.Kind == yaml.List && len(n.Items) == 0 {
		return nil
	}
	return d.Words(n, what)
}

// filters sets the operators of each field: a map from field to operators, or a list of fields for eq and in. The
// default is every operator that a field's kind has.
func (d *draft) filters(n *yaml.Node) {
	set := &d.contract.Dataset
	switch {
	case n == nil:
		for i := range set.Fields {
			if f := &set.Fields[i]; f.Mask == gold.MaskNone {
				f.Filters = withOps(f.Filters, fitting(f)...)
			}
		}
	case n.Kind == yaml.Map:
		for _, e := range d.Pairs(n, "goldserve: filters") {
			if f := d.openField(e.Key, "goldserve: filters", e.Key.Text); f != nil {
				f.Filters = withOps(f.Filters, d.ops(e.Value, f)...)
			}
		}
	default:
		for _, item := range d.names(n, "goldserve: filters") {
			if f := d.openField(item, "goldserve: filters", item.Text); f != nil {
				f.Filters = withOps(f.Filters, gold.Eq, gold.In)
			}
		}
	}
}

// fitting returns the operators that can be used on a field.
func fitting(f *gold.Field) []gold.Op {
	var ops []gold.Op
	for _, o := range gold.Operators() {
		if o.Spelled && unfit(o.Op, f) == "" {
			ops = append(ops, o.Op)
		}
	}
	return ops
}

// ops reads the operators of one field.
func (d *draft) ops(n *yaml.Node, f *gold.Field) []gold.Op {
	var ops []gold.Op
	what := "goldserve: filters: " + f.Name
	for _, item := range d.Words(n, what) {
		name, ok := d.Word(item, what, gold.SpelledOps())
		if !ok {
			continue
		}
		op, _ := gold.SpelledOp(name)
		if reason := unfit(op, f); reason != "" {
			d.Add(item, "%s: %s %s", what, name, reason)
			continue
		}
		ops = append(ops, op)
	}
	return ops
}

// unfit says why an operator can't be used on a field, "" if it can.
func unfit(op gold.Op, f *gold.Field) string {
	switch row := op.Row(); {
	case row.Search && !f.Search:
		return "needs the field under search as well"
	case op == gold.IsNull && !f.Nullable:
		return "is useless: the field is required and never null"
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
		if o.Search && o.Spelled {
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

// order sets the fields to sort by, by default all, and the default order, completed by the key or the position. The
// fields of the default order and of the key can always be sorted by.
func (d *draft) order(sorts, defaultSort *yaml.Node) {
	set := &d.contract.Dataset
	if sorts == nil {
		for i := range set.Fields {
			set.Fields[i].Sortable = set.Fields[i].Mask == gold.MaskNone
		}
	} else {
		for _, item := range d.names(sorts, "goldserve: sorts") {
			if f := d.openField(item, "goldserve: sorts", item.Text); f != nil {
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
func (d *draft) sorts(n *yaml.Node, what string, withBI bool) []gold.Sort {
	var order []gold.Sort
	for _, item := range d.Words(n, what) {
		s := gold.ParseSort(item.Text)
		isBI := slices.ContainsFunc(d.contract.Dataset.BI, func(b gold.BIField) bool { return b.Name == s.Field })
		if (!withBI || !isBI) && d.openField(item, what, s.Field) == nil {
			continue
		}
		if slices.ContainsFunc(order, func(o gold.Sort) bool { return o.Field == s.Field }) {
			d.Add(item, "%s: %s is repeated", what, s.Field)
			continue
		}
		order = append(order, s)
	}
	return order
}

func (d *draft) limits(defaultLimit, maxLimit *yaml.Node) {
	set := &d.contract.Dataset
	set.MaxLimit = gold.DefaultMaxLimit
	if maxLimit != nil {
		if v, ok := d.Integer(maxLimit, "goldserve: maxLimit", 1, highestMaxLimit); ok {
			set.MaxLimit = v
		}
	}
	if defaultLimit == nil {
		return
	}
	v, ok := d.Integer(defaultLimit, "goldserve: defaultLimit", 1, math.MaxInt64)
	if ok && v > set.MaxLimit {
		d.Add(defaultLimit, "goldserve: defaultLimit: %d is over maxLimit, which is %d", v, set.MaxLimit)
		return
	}
	set.DefaultLimit = v
}

// bi reads the columns for BI tools: a map from the new name to the text or date that it is computed from.
func (d *draft) bi(n *yaml.Node) {
	for _, e := range d.Pairs(n, "goldserve: bi") {
		name, ok := d.Identifier(e.Key, "goldserve: bi")
		if !ok {
			continue
		}
		if d.taken(name) {
			d.Add(e.Key, "goldserve: bi: the field %s exists already", name)
			continue
		}
		from, ok := d.Text(e.Value, "goldserve: bi: "+name)
		if !ok {
			continue
		}
		f := d.openField(e.Value, "goldserve: bi: "+name, from)
		switch {
		case f == nil:
		case f.Kind != gold.Text && f.Kind != gold.Date && f.Kind != gold.Null:
			d.Add(e.Value, "goldserve: bi: %s needs a text day or month, or a date; %s is %s", name, from, f.Kind.WithArticle())
		default:
			d.contract.Dataset.BI = append(d.contract.Dataset.BI, gold.BIField{Name: name, From: from})
		}
	}
}

// taken reports whether there is a column of this name, ignoring case.
func (d *draft) taken(name string) bool {
	for field := range d.fields {
		if strings.EqualFold(field, name) {
			return true
		}
	}
	return slices.ContainsFunc(d.contract.Dataset.BI, func(b gold.BIField) bool { return strings.EqualFold(b.Name, name) })
}

// indexes reads a list of indexes, each a field or a list of fields.
func (d *draft) indexes(n *yaml.Node, what string, withBI bool) []gold.Index {
	if n == nil {
		return nil
	}
	var indexes []gold.Index
	for _, item := range d.List(n, what) {
		index := gold.Index(d.sorts(item, what, withBI))
		if slices.ContainsFunc(indexes, func(o gold.Index) bool { return slices.Equal(o, index) }) {
			d.Add(item, "%s: the index is repeated", what)
			continue
		}
		if len(index) > 0 {
			indexes = append(indexes, index)
		}
	}
	return indexes
}
