package contract

import (
	"math"
	"slices"

	"goldserve/gold"
	"goldserve/gold/measure"
)

// maxBins is the largest number of bins of a histogram.
const maxBins = 1000

// linkDerive compiles derive, now that the dataset that it reads is known, and checks that the contract's fields and
// key are those that it makes.
func (l *linker) linkDerive(d *draft) {
	if d.derive == nil {
		return
	}
	o := d.object(d.derive, "derive")
	from := o.need("from")
	group, histogram, growth := o.take("group"), o.take("histogram"), o.take("growth")
	var source *draft
	if from != nil {
		source = l.find(d, from, "derive: from")
	}
	given := 0
	for _, n := range []*node{group, histogram, growth} {
		if n != nil {
			given++
		}
	}
	if given != 1 {
		d.add(d.derive, "derive: expected exactly one of group, histogram and growth")
	}
	if source == nil || given != 1 {
		return
	}
	derive := &gold.Derive{From: source.contract.Dataset.Name}
	var ok bool
	var key []string
	switch {
	case group != nil:
		derive.Group, ok = deriveGroup(d, o, group, source)
		for _, g := range derive.Group.By {
			key = append(key, g.Name())
		}
		// All groups of another dataset are a rollup of it too.
		if ok && derive.Group.Limit == 0 {
			d.contract.Dataset.Rollup = &gold.Rollup{Of: derive.From, Group: derive.Group.By, Measures: derive.Group.Measures}
		}
	case histogram != nil:
		derive.Histogram, ok = deriveHistogram(d, histogram, source)
		key = []string{"bucket"}
	default:
		derive.Growth, ok = deriveGrowth(d, growth, source)
		key = []string{derive.Growth.Order}
	}
	o.done()
	d.contract.Dataset.Derive = derive
	if !ok {
		return
	}
	d.sameFields(d.derive, "derive", measure.DeriveFields(derive, &source.contract.Dataset), true)
	d.sameKey(d.derive, "derive", key)
}

// deriveGroup reads group, measures, sort and limit; ok says that all of it could be read.
func deriveGroup(d *draft, o *object, n *node, source *draft) (g *gold.DeriveGroup, ok bool) {
	find := func(n *node, what, name string) *gold.Field { return d.findOpenField(source, n, what, name) }
	g = &gold.DeriveGroup{}
	var made, fields []gold.Field
	g.By, made, ok = d.groups(n, "derive: group", find)
	for i, f := range made {
		if f.Nullable {
			d.add(n, "derive: group: %s may be null, and a key can't", g.By[i].Field)
		}
	}
	if measures := o.need("measures"); measures != nil {
		var all bool
		g.Measures, fields, all = d.measures(measures, "derive: measures", find)
		ok = ok && all
	} else {
		ok = false
	}
	if n := o.take("sort"); n != nil {
		g.Sort = d.madeSort(n, append(made, fields...))
	}
	if n := o.take("limit"); n != nil {
		g.Limit, _ = d.integer(n, "derive: limit", 1, math.MaxInt64)
	}
	return g, ok
}

// madeSort reads an order of the fields that a derive makes.
func (d *draft) madeSort(n *node, made []gold.Field) []gold.Sort {
	names := make([]string, len(made))
	for i, f := range made {
		names[i] = f.Name
	}
	var order []gold.Sort
	for _, item := range d.words(n, "derive: sort") {
		s := gold.ParseSort(item.text)
		if !slices.Contains(names, s.Field) {
			d.addNear(item, s.Field, names, "derive: sort: no group or measure %s", quote(s.Field))
			continue
		}
		order = append(order, s)
	}
	return order
}

// finder returns the field that a node names, or nil and a problem.
type finder func(n *node, what, name string) *gold.Field

// groups reads the terms to group by, each a field or a map of field, grain, bins and as, and the fields that they
// make; ok says that every term could be read.
func (d *draft) groups(n *node, what string, find finder) (groups []gold.Group, made []gold.Field, ok bool) {
	if n.kind == scalarNode {
		n = &node{kind: listNode, line: n.line, column: n.column, items: []*node{n}}
	}
	for _, item := range d.list(n, what) {
		g, f := d.group(item, what, find)
		if f == nil {
			continue
		}
		out := *f
		out.Name = g.Name()
		if g.Grain != gold.GrainNone || len(g.Bins) > 0 {
			out.Kind, out.Scale = gold.Text, 0
		}
		groups, made = append(groups, g), append(made, out)
	}
	return groups, made, n.kind == listNode && len(made) == len(n.items)
}

func (d *draft) group(n *node, what string, find finder) (gold.Group, *gold.Field) {
	var g gold.Group
	if n.kind == scalarNode {
		name, ok := d.text(n, what)
		if !ok {
			return g, nil
		}
		g.Field = name
		return g, find(n, what, name)
	}
	o := d.object(n, what)
	field, grain, bins := o.need("field"), o.take("grain"), o.take("bins")
	if as := o.take("as"); as != nil {
		g.As, _ = d.identifier(as, what+": as")
	}
	o.done()
	if field == nil {
		return g, nil
	}
	name, ok := d.text(field, what+": field")
	if !ok {
		return g, nil
	}
	g.Field = name
	f := find(field, what, name)
	if f == nil {
		return g, nil
	}
	if grain != nil {
		if word, ok := d.word(grain, what+": grain", []string{"day", "week", "month", "year"}); ok {
			_ = g.Grain.UnmarshalText([]byte(word)) // it is one of the words
		}
		if !temporal(f.Kind) && f.Kind != gold.Null {
			d.add(grain, "%s: a grain is of dates and timestamps, %s is %s", what, name, aKind(f.Kind))
		}
	}
	if bins != nil {
		g.Bins, g.Single = d.edges(bins, what+": bins", f.Single), f.Single
		if !numeric(f.Kind) && f.Kind != gold.Null || grain != nil {
			d.add(bins, "%s: bins are of numbers, and not with a grain; %s is %s", what, name, aKind(f.Kind))
		}
	}
	return g, f
}

// edges reads ascending edges of bins, those of a Single field as float32s.
func (f *file) edges(n *node, what string, single bool) []float64 {
	var edges []float64
	for _, item := range f.list(n, what) {
		v, ok := f.number(item, what)
		if !ok {
			continue
		}
		if single {
			edge, err := (&gold.Field{Kind: gold.Double, Single: true}).Parse(item.text)
			if err != nil {
				f.add(item, "%s: %v, found %s", what, err, item.text)
				continue
			}
			v = edge.Double()
		}
		if len(edges) > 0 && v <= edges[len(edges)-1] {
			f.add(item, "%s: the edges must ascend, and %s comes after %v", what, item.text, edges[len(edges)-1])
		}
		edges = append(edges, v)
	}
	return edges
}

// measures reads a map from name to measure, and the fields that they make; ok says that every one could be read.
func (d *draft) measures(n *node, what string, find finder) (measures []gold.Measure, made []gold.Field, ok bool) {
	if n.kind == mapNode && len(n.entries) == 0 {
		d.add(n, "%s: expected a map such as {revenue: sum(amount)}", what)
	}
	for _, e := range d.pairs(n, what) {
		name, ok := d.identifier(e.key, what)
		if !ok {
			continue
		}
		text, ok := d.text(e.value, what+": "+name)
		if !ok {
			continue
		}
		m, f, ok := d.measure(e.value, what+": "+name, text, find)
		if !ok {
			continue
		}
		m.As, f.Name = name, name
		measures, made = append(measures, m), append(made, f)
	}
	return measures, made, n.kind == mapNode && len(made) == len(n.entries)
}

// deriveHistogram reads field and bins.
func deriveHistogram(d *draft, n *node, source *draft) (h *gold.DeriveHistogram, ok bool) {
	o := d.object(n, "derive: histogram")
	field, bins := o.need("field"), o.need("bins")
	o.done()
	if field == nil || bins == nil {
		return &gold.DeriveHistogram{}, false
	}
	h = &gold.DeriveHistogram{Field: field.text}
	f := d.findOpenField(source, field, "derive: histogram", field.text)
	count, ok := d.integer(bins, "derive: histogram: bins", 1, maxBins)
	h.Bins = int(count)
	if f != nil && !numeric(f.Kind) && f.Kind != gold.Null {
		d.add(field, "derive: histogram: %s is %s, expected a number", f.Name, aKind(f.Kind))
		return h, false
	}
	return h, ok && f != nil
}

// deriveGrowth reads order and value.
func deriveGrowth(d *draft, n *node, source *draft) (g *gold.DeriveGrowth, ok bool) {
	g = &gold.DeriveGrowth{}
	o := d.object(n, "derive: growth")
	order, value := o.need("order"), o.need("value")
	o.done()
	if order == nil || value == nil {
		return g, false
	}
	g.Order, g.Value = order.text, value.text
	key := d.findOpenField(source, order, "derive: growth: order", g.Order)
	f := d.findOpenField(source, value, "derive: growth: value", g.Value)
	switch {
	case key == nil || f == nil:
		return g, false
	case !slices.Equal(source.contract.Dataset.Key, []string{g.Order}):
		d.add(order, "derive: growth: order must be the key of %s, so that each row has one before it", source.contract.Dataset.Name)
		return g, false
	case !numeric(f.Kind) && f.Kind != gold.Null:
		d.add(value, "derive: growth: %s is %s, expected a number", f.Name, aKind(f.Kind))
		return g, false
	}
	return g, true
}

// sameFields reports where the contract's fields are not those that what makes: names and kinds and, where inOrder
// (a derived dataset, whose rows come as made), their order and that a field that can be null says so.
func (d *draft) sameFields(n *node, what string, made []gold.Field, inOrder bool) {
	set := &d.contract.Dataset
	names := make([]string, len(made))
	complete := true
	for i, m := range made {
		f := set.Field(m.Name)
		switch names[i] = m.Name; {
		case slices.Contains(names[:i], m.Name):
			d.add(n, "%s: it makes two fields named %s: name one by as", what, m.Name)
		case d.hides(m.Name):
			d.add(d.fields[m.Name], "property %s: a field that %s makes can't be personal data", m.Name, what)
		case f == nil:
			d.add(n, "%s: it makes the field %s (%s), which the contract does not declare", what, m.Name, m.Kind)
		case f.Kind == gold.Null || m.Kind == gold.Null:
			continue // a wrong type was reported already
		case f.Kind != m.Kind || f.Scale != m.Scale:
			d.add(d.fields[m.Name], "property %s: %s makes it %s, the contract says %s", m.Name, what, kindText(m), kindText(*f))
		case inOrder && f.Single && !m.Single:
			d.add(d.fields[m.Name], "property %s: %s makes doubles: leave physicalType: FLOAT out", m.Name, what)
		case inOrder && f.DefaultZone != "":
			d.add(d.fields[m.Name], "property %s: defaultTimezone is of times that a file has without a zone, and %s makes instants: leave it out", m.Name, what)
		case inOrder && m.Nullable && !f.Nullable:
			d.add(d.fields[m.Name], "property %s: %s can make it null: leave required out", m.Name, what)
		default:
			continue
		}
		complete = false
	}
	for _, f := range set.Fields {
		if !slices.Contains(names, f.Name) {
			d.addNear(d.fields[f.Name], f.Name, names, "property %s: %s does not make this field", f.Name, what)
			complete = false
		}
	}
	if declared := set.FieldNames(); complete && inOrder && !slices.Equal(declared, names) {
		d.add(n, "%s: it makes the fields in the order %v, the contract declares %v", what, names, declared)
	}
}

func kindText(f gold.Field) string {
	if f.Kind == gold.Decimal {
		return "a decimal with " + gold.NewInt(int64(f.Scale)).String() + " digits after the point"
	}
	return aKind(f.Kind)
}

// sameKey reports where the contract's key is not made of these fields, in any order.
func (d *draft) sameKey(n *node, what string, key []string) {
	declared := slices.Sorted(slices.Values(d.contract.Dataset.Key))
	if len(declared) > 0 && !slices.Equal(declared, slices.Sorted(slices.Values(key))) {
		d.add(n, "%s: its rows are told apart by %v, the contract's key is %v", what, key, d.contract.Dataset.Key)
	}
}
