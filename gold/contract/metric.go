package contract

import (
	"slices"

	"goldserve/gold"
	"goldserve/gold/yaml"
)

// measure reads one measure, such as sum(montant), of a dataset, whose fields find looks up: this one, or the one that it
// is an aggregate of.
func (d *draft) measure(n *yaml.Node, what, text string, of *gold.Dataset, find finder) (gold.Measure, gold.Field, bool) {
	m, err := gold.ParseMeasure(text)
	if err != nil {
		d.Add(n, "%s: %s, found %s", what, err, yaml.Quote(text))
		return m, gold.Field{}, false
	}
	out, ok := d.checkMeasure(n, what, &m, of, find)
	return m, out, ok
}

// checkMeasure completes a measure and returns its column.
func (d *draft) checkMeasure(n *yaml.Node, what string, m *gold.Measure, of *gold.Dataset, find finder) (gold.Field, bool) {
	sound := d.checkCondition(n, what, *m, of, find)
	for i, name := range m.Order() {
		switch by := find(n, what, name); {
		case by == nil:
			sound = false
		case of.Field(name) == nil:
			d.Add(n, "%s: %s is looked up: rows are ordered by the dataset's own fields", what, name)
			sound = false
		case i == 0 && !by.Kind.Temporal() && by.Kind != gold.Text && by.Kind != gold.Null:
			d.Add(n, "%s: %s is %s: expected a date, a timestamp, or a text that sorts by time to order by", what, name, by.Kind.WithArticle())
			sound = false
		}
	}
	ordered, err := of.Ordered(*m)
	if err != nil {
		d.Add(n, "%s: %s", what, err)
		sound = false
	}
	*m = ordered
	if m.Func == gold.Count {
		return gold.Field{Kind: gold.Int}, sound
	}
	f := find(n, what, m.Field)
	if f == nil {
		return gold.Field{}, false
	}
	out := gold.Field{Kind: f.Kind}
	if f.Kind == gold.Null {
		return out, sound
	}
	switch m.Func {
	case gold.Sum, gold.Avg, gold.Median, gold.Quantile:
		if !f.Kind.Measurable() {
			d.Add(n, "%s: %s needs a number, %s is %s", what, m.Func, f.Name, f.Kind.WithArticle())
			return out, false
		}
	case gold.Min, gold.Max:
		if f.Kind == gold.Bool {
			d.Add(n, "%s: %s has no meaning for a bool such as %s", what, m.Func, f.Name)
			return out, false
		}
	default:
	}
	out.Kind = m.StoredKind(f.Kind)
	if out.Kind == f.Kind {
		out.Scale, out.Precision = f.Scale, m.Precision(f)
	}
	// Sums and counts are never null; other measures are null for a group without values.
	out.Nullable = (f.Nullable || m.Where != "") && m.Func != gold.Sum && m.Func != gold.CountDistinct
	return out, sound
}

// checkCondition checks the condition of a measure; a text that the dataset's closed list of values lacks is a slip.
func (d *draft) checkCondition(n *yaml.Node, what string, m gold.Measure, of *gold.Dataset, find finder) bool {
	var fields []gold.Field
	for _, p := range m.Comparisons() {
		f := find(n, what, p.Field)
		if f == nil || f.Kind == gold.Null { // a problem of its own
			return false
		}
		named := *f
		named.Name = p.Field // which a looked-up one has here
		fields = append(fields, named)
	}
	where, err := m.Condition(fields)
	if err != nil {
		d.Add(n, "%s: %s", what, err)
		return false
	}
	for _, p := range gold.Comparisons(where) {
		valid := of.ValidValues(p.Field)
		if valid == nil || !p.Op.Row().Whole {
			continue
		}
		for _, v := range p.Values {
			if !slices.Contains(valid, v.Text()) {
				d.AddNear(n, v.Text(), valid, "%s: %s is none of the values of %s", what, yaml.Quote(v.Text()), p.Field)
			}
		}
	}
	return true
}

// readMetrics reads the dataset's named measures and formulas: a map from name to formula or settings, or a list of
// settings with a name.
func (d *draft) readMetrics(n *yaml.Node) {
	d.metrics = map[string]*yaml.Node{}
	type named struct {
		key, value *yaml.Node
		object     *yaml.Object
	}
	var all []named
	switch n.Kind {
	case yaml.Map:
		for _, e := range d.Pairs(n, "goldserve: metrics") {
			m := named{key: e.Key, value: e.Value}
			if e.Value.Kind == yaml.Map {
				m.object = d.Object(e.Value, "metric "+e.Key.Text)
			}
			all = append(all, m)
		}
	default:
		for _, item := range d.List(n, "goldserve: metrics") {
			o := d.Object(item, "goldserve: metrics")
			if key := o.Need("name"); key != nil {
				o.What = "metric " + key.Text
				all = append(all, named{key: key, value: item, object: o})
			}
		}
	}
	computed := map[string]*computedMetric{}
	for _, m := range all {
		d.metric(m.key, m.value, m.object, computed)
	}
	d.compute(computed)
}

// metric reads one metric; computed collects those that need all others first.
func (d *draft) metric(key, value *yaml.Node, o *yaml.Object, computed map[string]*computedMetric) {
	name, ok := d.Identifier(key, "goldserve: metrics")
	if !ok {
		return
	}
	what := "metric " + name
	switch {
	case d.metrics[name] != nil:
		d.Add(key, "goldserve: metrics: %s exists already", name)
		return
	case d.taken(name):
		d.Add(key, "%s: a field has this name", what)
	}
	d.metrics[name] = key
	m := gold.Metric{Name: name}
	formula := value
	if o != nil {
		formula = o.Need("formula")
	}
	kind := gold.Double // of arithmetic
	if formula != nil {
		switch read := d.formula(formula, what); {
		case read == nil:
		case read.Measure != nil:
			if out, ok := d.checkMeasure(formula, what, read.Measure, &d.contract.Dataset, d.metricField); ok {
				m.Measure = read.Measure
				kind = out.Kind
				d.lookUpMeasured(m.Measure)
				d.inherit(&m)
			}
		default:
			m.Formula = read
			computed[name] = &computedMetric{at: formula}
		}
	}
	if o != nil {
		describe(o, &m.Doc)
		if text := o.Text("description"); text != "" {
			m.Doc.Description = merge(m.Doc.Description, "en", text)
		}
		unitAndFormat(o, &m.Doc, kind, fits)
		if n := value.Value("unit"); n != nil {
			if n.Kind == yaml.Map {
				d.Add(n, "%s: unit: expected a text: only a field's unit can be in another field", what)
			}
			m.Doc.UnitField = ""
		}
		m.Unfiltered = o.Boolean("unfiltered")
		if n := o.Take("multipleOf"); n != nil {
			m.MultipleOf, _ = d.precision(n, what+": multipleOf")
			if kind != gold.Double {
				d.Add(n, "%s: multipleOf is the precision that a double is shown with; %s has its own", what, kind.WithArticle())
			}
		}
		o.Done()
	}
	labelByName(&m.Doc, m.Name)
	d.contract.Dataset.Metrics = append(d.contract.Dataset.Metrics, m)
}

// metricField returns the field, own or looked-up, that a metric names, or nil after reporting a problem.
func (d *draft) metricField(n *yaml.Node, what, name string) *gold.Field {
	if f := d.lookedUp(name); f != nil {
		return f
	}
	return d.findWideField(d.File, n, what, name)
}

// lookUpMeasured records what is known of the looked-up field of a metric's measure.
func (d *draft) lookUpMeasured(m *gold.Measure) {
	set, f := &d.contract.Dataset, d.lookedUp(m.Field)
	if f == nil || set.Measured(m.Field) != nil {
		return
	}
	set.LookedUpFields = append(set.LookedUpFields, gold.Field{
		Name: m.Field, Kind: f.Kind, Scale: f.Scale, Precision: f.Precision, MultipleOf: f.MultipleOf, Single: f.Single, Nullable: true,
		Doc: gold.Doc{Unit: f.Doc.Unit, UnitField: f.Doc.UnitField, Format: f.Doc.Format},
	})
}

// inherit takes precision, unit and format of a measure from its field: of an average, median or quantile, which have
// more digits, the unit, and that it is money.
func (d *draft) inherit(m *gold.Metric) {
	f := d.contract.Dataset.Measured(m.Measure.Field)
	switch of := m.Measure.Func; {
	case of == gold.Count || of == gold.CountDistinct:
		return
	case of.Inexact():
		if f.Doc.Format == "money" {
			m.Doc.Format = "money"
		}
	default:
		m.MultipleOf, m.Doc.Format = f.MultipleOf, f.Doc.Format
	}
	m.Doc.Unit, m.Doc.UnitField = d.contract.Dataset.MeasuredUnit(*m.Measure)
}

func merge(texts map[string]string, language, text string) map[string]string {
	if texts == nil {
		texts = map[string]string{}
	}
	texts[language] = text
	return texts
}
