package contract

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"goldserve/gold"
	"goldserve/gold/measure"
	"goldserve/gold/yaml"
)

// maxBins is the largest number of bins of a histogram.
const maxBins = 1000

// linkDerive compiles derive, now that its source is known, and checks that the contract's fields and key are those
// that it produces.
func (l *linker) linkDerive(d *draft) {
	if d.derive == nil {
		return
	}
	o := d.Object(d.derive, "derive")
	from := o.Need("from")
	group, histogram, growth := o.Take("group"), o.Take("histogram"), o.Take("growth")
	var source *draft
	if from != nil {
		source = l.find(d, from, "derive: from")
	}
	given := 0
	for _, n := range []*yaml.Node{group, histogram, growth} {
		if n != nil {
			given++
		}
	}
	if given != 1 {
		d.Add(d.derive, "derive: expected exactly one of group, histogram and growth")
	}
	if source == nil || given != 1 {
		return
	}
	derive := &gold.Derive{From: source.contract.Dataset.Name}
	var ok bool
	var key []string
	switch {
	case group != nil:
		derive.Group, ok = l.deriveGroup(d, o, group, source)
		derive.Group.Measures = l.pinned(derive.Group.Measures, &source.contract.Dataset)
		for _, g := range derive.Group.By {
			key = append(key, g.Name())
		}
		// Without a limit, it is also a rollup of the other dataset.
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
	o.Done()
	d.contract.Dataset.Derive = derive
	if !ok {
		return
	}
	d.sameFields(d.derive, "derive", measure.DeriveFields(derive, l.wide(derive, &source.contract.Dataset)), true)
	d.sameKey(d.derive, "derive", key)
}

// wide returns the source of a derived dataset with the fields that are looked up for it, which may be null as a row may
// look nothing up.
func (l *linker) wide(derive *gold.Derive, source *gold.Dataset) *gold.Dataset {
	if derive.Group == nil || len(derive.Group.Lookups) == 0 {
		return source
	}
	wide := *source
	wide.Fields = slices.Clone(source.Fields)
	for i := range derive.Group.Lookups {
		f := *l.lookedUpField(&derive.Group.Lookups[i])
		f.Name, f.Nullable = derive.Group.Lookups[i].Name, true
		wide.Fields = append(wide.Fields, f)
	}
	return &wide
}

// deriveGroup reads group, measures, sort and limit; ok says that all of them are valid.
func (l *linker) deriveGroup(d *draft, o *yaml.Object, n *yaml.Node, source *draft) (g *gold.DeriveGroup, ok bool) {
	find := func(n *yaml.Node, what, name string) *gold.Field { return source.findOpenField(d.File, n, what, name) }
	g = &gold.DeriveGroup{}
	var made, fields []gold.Field
	g.By, made, ok = d.groups(n, "derive: group", l.calendar, func(n *yaml.Node, what, name string) *gold.Field {
		looked := l.lookup(source, name)
		if looked == nil {
			return source.findWideField(d.File, n, what, name)
		}
		if !slices.ContainsFunc(g.Lookups, func(have gold.LookedUp) bool { return have.Name == name }) {
			g.Lookups = append(g.Lookups, *looked)
		}
		return l.lookedUpField(looked)
	})
	if measures := o.Need("measures"); measures != nil {
		var all bool
		g.Measures, fields, all = d.measures(measures, "derive: measures", &source.contract.Dataset, find)
		ok = ok && all && d.oneUnit(measures, "derive", &source.contract.Dataset, g.By, g.Measures)
	} else {
		ok = false
	}
	if n := o.Take("sort"); n != nil {
		g.Sort = d.madeSort(n, append(made, fields...))
	}
	if n := o.Take("limit"); n != nil {
		g.Limit, _ = d.Integer(n, "derive: limit", 1, math.MaxInt64)
	}
	return g, ok
}

// madeSort reads an order of the fields that derive produces.
func (d *draft) madeSort(n *yaml.Node, made []gold.Field) []gold.Sort {
	names := make([]string, len(made))
	for i, f := range made {
		names[i] = f.Name
	}
	var order []gold.Sort
	for _, item := range d.Words(n, "derive: sort") {
		s := gold.ParseSort(item.Text)
		if !slices.Contains(names, s.Field) {
			d.AddNear(item, s.Field, names, "derive: sort: no group or measure %s", yaml.Quote(s.Field))
			continue
		}
		order = append(order, s)
	}
	return order
}

// finder returns the field that a node names, or nil after reporting a problem.
type finder func(n *yaml.Node, what, name string) *gold.Field

// groups reads the terms to group by, each a field or a map of field, grain, bins and as, and returns the fields that
// they produce; ok says that every term is valid.
func (d *draft) groups(n *yaml.Node, what string, calendar gold.Calendar, find finder) (groups []gold.Group, made []gold.Field, ok bool) {
	if n.Kind == yaml.Scalar {
		n = &yaml.Node{Kind: yaml.List, Line: n.Line, Column: n.Column, Items: []*yaml.Node{n}}
	}
	for _, item := range d.List(n, what) {
		g, f := d.group(item, what, calendar, find)
		if f == nil {
			continue
		}
		if name := g.Name(); strings.Contains(name, ".") {
			g.As = strings.ReplaceAll(name, ".", "_") // the name of a looked-up field has points, that of a stored one has none
		}
		out := *f
		out.Name = g.Name()
		if !g.Whole() {
			out.Kind, out.Scale, out.Precision = g.Kind(f.Kind), 0, 0
		}
		groups, made = append(groups, g), append(made, out)
	}
	return groups, made, n.Kind == yaml.List && len(made) == len(n.Items)
}

func (d *draft) group(n *yaml.Node, what string, calendar gold.Calendar, find finder) (gold.Group, *gold.Field) {
	var g gold.Group
	if n.Kind == yaml.Scalar {
		name, ok := d.Text(n, what)
		if !ok {
			return g, nil
		}
		g.Field = name
		return g, find(n, what, name)
	}
	o := d.Object(n, what)
	field, grain, bins := o.Need("field"), o.Take("grain"), o.Take("bins")
	if as := o.Take("as"); as != nil {
		g.As, _ = d.Identifier(as, what+": as")
	}
	o.Done()
	if field == nil {
		return g, nil
	}
	name, ok := d.Text(field, what+": field")
	if !ok {
		return g, nil
	}
	g.Field = name
	f := find(field, what, name)
	if f == nil {
		return g, nil
	}
	if grain != nil {
		d.grain(grain, what, calendar, &g, f)
	}
	if bins != nil {
		g.Bins, g.Single = d.Edges(bins, what+": bins", f.Single), f.Single
		if f.Kind == gold.WideDecimal && len(g.Bins) == len(bins.Items) {
			for _, item := range bins.Items {
				if text, ok := gold.ExactDecimal(item.Text); ok {
					g.Exact = append(g.Exact, text)
				}
			}
		}
		if !f.Kind.Measurable() && f.Kind != gold.Null || grain != nil {
			d.Add(bins, "%s: bins need a number, and no grain; %s is %s", what, name, f.Kind.WithArticle())
		}
	}
	return g, f
}

// grain reads the grain by which a group cuts a field.
func (d *draft) grain(n *yaml.Node, what string, calendar gold.Calendar, g *gold.Group, f *gold.Field) {
	if !f.Kind.Temporal() && f.Kind != gold.Null {
		d.Add(n, "%s: a grain needs a date or timestamp, %s is %s", what, f.Name, f.Kind.WithArticle())
	}
	if strings.HasPrefix(n.Text, "fiscal_") && calendar.FiscalYearStart == 0 {
		d.Add(n, "%s: grain: %s needs to know when fiscal years start: give model.yaml a fiscalYearStart", what, n.Text)
		return
	}
	word, ok := d.Word(n, what+": grain", calendar.GrainNames(gold.Time))
	if !ok {
		return
	}
	_ = g.Grain.UnmarshalText([]byte(word)) // word has checked it
	if g.Calendar = calendar.Of(f.Kind, g.Grain); g.Grain == gold.Hour && f.Kind == gold.Date {
		d.Add(n, "%s: hours need a timestamp, %s is a date", what, f.Name)
	}
}

// measures reads a map from name to measure of another dataset, and returns the fields that they produce; ok says that every one is valid.
func (d *draft) measures(n *yaml.Node, what string, of *gold.Dataset, find finder) (measures []gold.Measure, made []gold.Field, ok bool) {
	if n.Kind == yaml.Map && len(n.Entries) == 0 {
		d.Add(n, "%s: expected a map such as {revenue: sum(amount)}", what)
	}
	for _, e := range d.Pairs(n, what) {
		name, ok := d.Identifier(e.Key, what)
		if !ok {
			continue
		}
		text, ok := d.Text(e.Value, what+": "+name)
		if !ok {
			continue
		}
		m, f, ok := d.measure(e.Value, what+": "+name, text, of, find)
		if !ok {
			continue
		}
		m.As, f.Name = name, name
		measures, made = append(measures, m), append(made, f)
	}
	return measures, made, n.Kind == yaml.Map && len(made) == len(n.Entries)
}

// oneUnit reports measures that would add or compare amounts in different units, which a field of each row holds.
func (d *draft) oneUnit(n *yaml.Node, what string, of *gold.Dataset, groups []gold.Group, measures []gold.Measure) bool {
	one := true
	for _, m := range measures {
		if unit := of.MixedUnits(m, groups, nil); unit != "" {
			d.Add(n, "%s: %s has amounts in the units of %s, which can't be added or compared: group by %s too, or measure one of them, as in %s",
				what, m, unit, unit, m.InUnit(unit))
			one = false
		}
	}
	return one
}

// noUnits reports a field whose amounts are in different units.
func (d *draft) noUnits(n *yaml.Node, what string, of *gold.Dataset, field string) {
	if f := of.Field(field); f != nil && f.Doc.UnitField != "" {
		d.Add(n, "%s: %s is in the units of %s, which can't be compared", what, field, f.Doc.UnitField)
	}
}

// deriveHistogram reads field and bins.
func deriveHistogram(d *draft, n *yaml.Node, source *draft) (h *gold.DeriveHistogram, ok bool) {
	o := d.Object(n, "derive: histogram")
	field, bins := o.Need("field"), o.Need("bins")
	o.Done()
	if field == nil || bins == nil {
		return &gold.DeriveHistogram{}, false
	}
	h = &gold.DeriveHistogram{Field: field.Text}
	d.noUnits(field, "derive: histogram", &source.contract.Dataset, field.Text)
	f := source.findOpenField(d.File, field, "derive: histogram", field.Text)
	count, ok := d.Integer(bins, "derive: histogram: bins", 1, maxBins)
	h.Bins = int(count)
	if f != nil && !f.Kind.Measurable() && f.Kind != gold.Null {
		d.Add(field, "derive: histogram: %s is %s, expected a number", f.Name, f.Kind.WithArticle())
		return h, false
	}
	return h, ok && f != nil
}

// previousRows are what a growth may compare a row with: the row of the period before, or the row before.
var previousRows = []string{"period", "present"}

// deriveGrowth reads order, value and previous. Which periods the rows are is known once all datasets are linked.
func deriveGrowth(d *draft, n *yaml.Node, source *draft) (g *gold.DeriveGrowth, ok bool) {
	g = &gold.DeriveGrowth{}
	o := d.Object(n, "derive: growth")
	order, value, previous := o.Need("order"), o.Need("value"), o.Take("previous")
	o.Done()
	if previous != nil {
		if d.previous, ok = d.Word(previous, "derive: growth: previous", previousRows); !ok {
			return g, false
		}
	}
	if order == nil || value == nil {
		return g, false
	}
	g.Order, g.Value = order.Text, value.Text
	key := source.findOpenField(d.File, order, "derive: growth: order", g.Order)
	f := source.findOpenField(d.File, value, "derive: growth: value", g.Value)
	switch {
	case key == nil || f == nil:
		return g, false
	case !slices.Equal(source.contract.Dataset.Key, []string{g.Order}):
		d.Add(order, "derive: growth: order must be the key of %s, so that each row has one before it", source.contract.Dataset.Name)
		return g, false
	case !f.Kind.Numeric() && f.Kind != gold.Null:
		d.Add(value, "derive: growth: %s is %s, expected a number", f.Name, f.Kind.WithArticle())
		return g, false
	}
	g.Named = g.Order != g.Value && d.contract.Dataset.Field("prev_"+g.Order) != nil
	return g, true
}

// linkGrowth tells which periods a growth compares, now that it is known what made its source.
func (l *linker) linkGrowth(d *draft) {
	derive := d.contract.Dataset.Derive
	if derive == nil || derive.Growth == nil || d.previous == "present" {
		return
	}
	source, g := l.byName(derive.From), derive.Growth
	if source == nil {
		return
	}
	if source.contract.Dataset.Field(g.Order) == nil {
		return
	}
	*g = g.ByPeriod(&source.contract.Dataset, l.calendar)
	if g.Grain == gold.GrainNone && d.previous != "" {
		d.Add(d.derive, "derive: growth: %s.%s holds no periods, which have one before them: give it a format (day, week, month, quarter, year), or say previous: present",
			source.contract.Dataset.Name, g.Order)
	}
}

// sameFields reports where the contract's fields differ from those that what produces: names and kinds and, if inOrder
// (a derived dataset, whose rows are stored as produced), the order and whether a field is nullable.
func (d *draft) sameFields(n *yaml.Node, what string, made []gold.Field, inOrder bool) {
	set := &d.contract.Dataset
	names := make([]string, len(made))
	complete := true
	for i, m := range made {
		f := set.Field(m.Name)
		switch names[i] = m.Name; {
		case slices.Contains(names[:i], m.Name):
			d.Add(n, "%s: it gives two fields named %s: name one by as", what, m.Name)
		case d.hides(m.Name):
			d.Add(d.fields[m.Name], "property %s: a field that %s makes can't be personal data", m.Name, what)
		case f == nil:
			d.Add(n, "%s: it gives the field %s (%s), which the contract does not declare", what, m.Name, m.Kind)
		case f.Kind == gold.Null || m.Kind == gold.Null:
			continue // a wrong type was reported already
		case (f.Kind != m.Kind || f.Scale != m.Scale) && !widened(f, &m):
			d.Add(d.fields[m.Name], "property %s: %s gives %s, but the contract says %s", m.Name, what, kindText(m), kindText(*f))
		case inOrder && f.Single && !m.Single:
			d.Add(d.fields[m.Name], "property %s: %s gives doubles: leave physicalType: FLOAT out", m.Name, what)
		case inOrder && f.DefaultZone != "":
			d.Add(d.fields[m.Name], "property %s: defaultTimezone is for times without a zone in a file, but %s gives instants: leave it out", m.Name, what)
		case inOrder && f.PhysicalName != "":
			d.Add(d.fields[m.Name], "property %s: physicalName is for a column in a file, but %s gives this field: leave it out", m.Name, what)
		case inOrder && f.Cast != nil:
			d.Add(d.fields[m.Name], "property %s: cast is for a column in a file, but %s gives this field: leave it out", m.Name, what)
		case inOrder && m.Nullable && !f.Nullable:
			advice := "leave required out"
			if slices.Contains(set.Key, m.Name) {
				advice = "say required: false"
			}
			d.Add(d.fields[m.Name], "property %s: %s may leave it null: %s", m.Name, what, advice)
		default:
			continue
		}
		complete = false
	}
	for _, f := range set.Fields {
		if !slices.Contains(names, f.Name) {
			d.AddNear(d.fields[f.Name], f.Name, names, "property %s: %s does not give this field", f.Name, what)
			complete = false
		}
	}
	if declared := set.FieldNames(); complete && inOrder && !slices.Equal(declared, names) {
		d.Add(n, "%s: it gives the fields in the order %v, but the contract declares %v", what, names, declared)
	}
}

// widened reports whether a contract gives a sum of decimals, of up to 18 digits, more of them.
func widened(f, made *gold.Field) bool {
	return f.Kind == gold.WideDecimal && made.Kind == gold.Decimal && made.Precision > 0 && f.Scale == made.Scale
}

func kindText(f gold.Field) string {
	switch f.Kind {
	case gold.Decimal:
		return fmt.Sprintf("a decimal with %s after the point", gold.Counted(f.Scale, "digit"))
	case gold.WideDecimal:
		return fmt.Sprintf("DECIMAL(%d,%d)", f.Precision, f.Scale)
	default:
		return f.Kind.WithArticle()
	}
}

// sameKey reports where the contract's key does not consist of these fields, in any order.
func (d *draft) sameKey(n *yaml.Node, what string, key []string) {
	if d.keyless {
		d.Add(n, "%s: its rows are identified by %v, but the contract has no key: give these fields primaryKey: true", what, key)
		return
	}
	declared := slices.Sorted(slices.Values(d.contract.Dataset.Key))
	if len(declared) > 0 && !slices.Equal(declared, slices.Sorted(slices.Values(key))) {
		d.Add(n, "%s: its rows are identified by %v, but the contract's key is %v", what, key, d.contract.Dataset.Key)
	}
}
