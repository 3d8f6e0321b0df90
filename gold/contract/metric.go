package contract

import (
	"strings"

	"goldserve/gold"
	"goldserve/gold/yaml"
)

// measure reads one measure, such as sum(montant), of this dataset. find looks the field up, so that a rollup can
// also measure its parent.
func (d *draft) measure(n *yaml.Node, what, text string, find finder) (gold.Measure, gold.Field, bool) {
	m, err := gold.ParseMeasure(text)
	if err != nil {
		d.Add(n, "%s: %s, found %s", what, err, yaml.Quote(text))
		return m, gold.Field{}, false
	}
	if m.Func == gold.Count {
		return m, gold.Field{Kind: gold.Int}, true
	}
	f := find(n, what, m.Field)
	if f == nil {
		return m, gold.Field{}, false
	}
	out := gold.Field{Kind: f.Kind}
	if f.Kind == gold.Null {
		return m, out, true
	}
	switch m.Func {
	case gold.Sum, gold.Avg, gold.Median:
		if !f.Kind.Numeric() {
			d.Add(n, "%s: %s needs a number, %s is %s", what, m.Func, f.Name, f.Kind.WithArticle())
			return m, out, false
		}
	case gold.Min, gold.Max:
		if f.Kind == gold.Bool {
			d.Add(n, "%s: %s has no meaning for a bool such as %s", what, m.Func, f.Name)
			return m, out, false
		}
	default:
	}
	out.Kind = m.Kind(f.Kind)
	if out.Kind == f.Kind {
		out.Scale = f.Scale
	}
	// Sums and counts are never null; other measures are null for a group without values.
	out.Nullable = f.Nullable && m.Func != gold.Sum && m.Func != gold.CountDistinct
	return m, out, true
}

// readMetrics reads the dataset's named measures and ratios: a map from name to formula or settings, or a list of
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
	ratios := map[string]*yaml.Node{}
	for _, m := range all {
		d.metric(m.key, m.value, m.object, ratios)
	}
	set := &d.contract.Dataset
	for i := range set.Metrics {
		if m := &set.Metrics[i]; ratios[m.Name] != nil {
			d.ratio(ratios[m.Name], m)
		}
	}
}

// metric reads one metric; ratios collects those that need all others first.
func (d *draft) metric(key, value *yaml.Node, o *yaml.Object, ratios map[string]*yaml.Node) {
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
	kind := gold.Double // a ratio's
	if formula != nil {
		text, ok := d.Text(formula, what)
		switch {
		case !ok:
		case strings.Contains(text, "/"):
			ratios[name] = formula
		default:
			if measure, out, ok := d.measure(formula, what, text, d.openField); ok {
				m.Measure = &measure
				kind = out.Kind
				d.inherit(&m)
			}
		}
	}
	if o != nil {
		describe(o, &m.Doc)
		if text := o.Text("description"); text != "" {
			m.Doc.Description = merge(m.Doc.Description, "en", text)
		}
		unitAndFormat(o, &m.Doc, kind)
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

// inherit takes precision, unit and format of a sum, minimum or maximum from its field.
func (d *draft) inherit(m *gold.Metric) {
	switch m.Measure.Func {
	case gold.Sum, gold.Min, gold.Max:
		f := d.contract.Dataset.Field(m.Measure.Field)
		m.MultipleOf, m.Doc.Unit, m.Doc.Format = f.MultipleOf, f.Doc.Unit, f.Doc.Format
	default:
	}
}

func merge(texts map[string]string, language, text string) map[string]string {
	if texts == nil {
		texts = map[string]string{}
	}
	texts[language] = text
	return texts
}

// ratio reads "a / b" of two metrics of the dataset that are measures of numbers.
func (d *draft) ratio(n *yaml.Node, m *gold.Metric) {
	what := "metric " + m.Name
	parts := strings.Split(n.Text, "/")
	if len(parts) != 2 {
		d.Add(n, "%s: expected a ratio of two metrics, such as revenue / orders, found %s", what, yaml.Quote(n.Text))
		return
	}
	for _, part := range parts {
		name := strings.TrimSpace(part)
		other := d.contract.Dataset.Metric(name)
		if other == nil {
			d.AddNear(n, name, d.contract.Dataset.MetricNames(), "%s: %s has no metric %s", what, d.contract.Dataset.Name, yaml.Quote(name))
			continue
		}
		if other.Measure == nil || !d.numericMeasure(*other.Measure) {
			d.Add(n, "%s: %s is not a measure of numbers", what, name)
			continue
		}
		m.Over = append(m.Over, name)
	}
}

func (d *draft) numericMeasure(m gold.Measure) bool {
	if m.Field == "" {
		return true
	}
	f := d.contract.Dataset.Field(m.Field)
	return f != nil && m.Kind(f.Kind).Numeric()
}
