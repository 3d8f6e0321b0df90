package dashboard

import (
	"slices"

	"goldserve/gold"
	"goldserve/gold/yaml"
)

// Bounds of a dashboard.
const (
	minRowHeight = 40
	maxRowHeight = 2000
	maxEdges     = 100 // of bins, as in the API
)

// Contracts finds what a layout names among contracts that are being read, some of which may be broken. A name that
// nothing has is reported at its node, and nil is returned.
type Contracts interface {
	// Dataset returns a dataset of the model.
	Dataset(f *yaml.File, n *yaml.Node, what, name string) *gold.Dataset
	// Field returns a dataset's own field, masked or not.
	Field(f *yaml.File, n *yaml.Node, what string, d *gold.Dataset, name string) *gold.Field
	// OpenField is Field for uses that a mask forbids.
	OpenField(f *yaml.File, n *yaml.Node, what string, d *gold.Dataset, name string) *gold.Field
	// LookedUp returns the field of this name that a dataset looks up, or nil: no problem.
	LookedUp(d *gold.Dataset, name string) *gold.Field
}

// Read reads a dashboard.yaml. Of the model it needs the facts, the key figures and the time of the data, as far as they
// could be read.
func Read(f *yaml.File, root *yaml.Node, m *gold.Model, contracts Contracts) Layout {
	r := &reader{File: f, model: m, contracts: contracts, ids: map[string]*yaml.Node{}}
	o := f.Object(root, "dashboard")
	if n := o.Take("filters"); n != nil {
		for _, item := range f.List(n, "dashboard: filters") {
			r.filter(item)
		}
	}
	if n := o.Take("tables"); n != nil {
		for _, item := range f.List(n, "dashboard: tables") {
			r.table(item)
		}
	}
	if n := o.Need("rows"); n != nil {
		for _, item := range f.List(n, "dashboard: rows") {
			r.row(item)
		}
	}
	o.Done()
	return r.made
}

// reader reads one dashboard.yaml.
type reader struct {
	*yaml.File
	model     *gold.Model
	contracts Contracts
	ids       map[string]*yaml.Node
	made      Layout
}

// filterControls are the types of filters.
var filterControls = []string{string(PeriodControl), string(ChoiceControl), string(SearchControl), string(CompareControl)}

func (r *reader) filter(n *yaml.Node) {
	o := r.Object(n, "filter")
	var made Filter
	if t := o.Need("type"); t != nil {
		word, _ := r.Word(t, "filter: type", filterControls)
		made.Type = Control(word)
		o.What = "filter " + word
	}
	switch made.Type {
	case PeriodControl:
		r.period(n)
	case ChoiceControl, SearchControl:
		if f := o.Need("field"); f != nil {
			made.Field = f.Text
			found := r.column(f, o.What+": field", r.facts(n))
			switch {
			case found == nil:
			case !slices.Contains(found.Filters, gold.Eq) && !slices.Contains(found.Filters, gold.In):
				r.Add(f, "%s: %s can't be filtered by a value: declare eq or in under filters", o.What, f.Text)
			default:
				made.Label = found.Doc.Label
			}
		}
		if t := o.Take("label"); t != nil {
			made.Label = r.Labels(t, o.What+": label")
		}
	default:
	}
	o.Done()
	r.made.Filters = append(r.made.Filters, made)
}

// period checks that the page can be of a period.
func (r *reader) period(n *yaml.Node) {
	asOf := r.model.AsOf
	if asOf.Field == "" || asOf.Dataset != r.model.Facts {
		r.Add(n, "filter period: the model's asOf is no field of its facts")
		return
	}
	if facts := r.facts(n); facts != nil {
		if axis := facts.Field(asOf.Field); axis != nil && !spans(axis) {
			r.Add(n, "filter period: %s can't be filtered from one time to another: declare gte and lte under filters of %s", asOf.Field, facts.Name)
		}
	}
}

// facts returns the facts, or nil and a problem.
func (r *reader) facts(n *yaml.Node) *gold.Dataset {
	if r.model.Facts == "" {
		r.Add(n, "dashboard: filters must be on the model's facts: name them in model.yaml")
		return nil
	}
	return r.contracts.Dataset(r.File, n, "dashboard: filters", r.model.Facts)
}

// dataset returns the dataset that a node names, or nil and a problem.
func (r *reader) dataset(n *yaml.Node, what string) *gold.Dataset {
	name, ok := r.Text(n, what)
	if !ok {
		return nil
	}
	return r.contracts.Dataset(r.File, n, what, name)
}

// column returns a field of a dataset, or one that it looks up, or nil after reporting a problem. A nil dataset was
// reported already.
func (r *reader) column(n *yaml.Node, what string, d *gold.Dataset) *gold.Field {
	if d == nil {
		return nil
	}
	if name, ok := r.Text(n, what); ok {
		if field := r.contracts.LookedUp(d, name); field != nil {
			return field
		}
		return r.contracts.OpenField(r.File, n, what, d, name)
	}
	return nil
}

// id reads a name that is unique on the page.
func (r *reader) id(o *yaml.Object) string {
	n := o.Need("id")
	if n == nil {
		return ""
	}
	id, ok := r.Identifier(n, o.What+": id")
	if !ok {
		return ""
	}
	o.What += " " + id
	if first := r.ids[id]; first != nil {
		r.Add(n, "%s: the id is already used on line %d", o.What, first.Line)
	}
	r.ids[id] = n
	return id
}

func (r *reader) row(n *yaml.Node) {
	o := r.Object(n, "row")
	made := Row{}
	if h := o.Need("height"); h != nil {
		made.Height, _ = r.Integer(h, "row: height", minRowHeight, maxRowHeight)
	}
	widgets := o.Need("widgets")
	o.Done()
	if widgets == nil {
		return
	}
	before, span := len(r.Report.Problems), int64(0)
	for _, item := range r.List(widgets, "row: widgets") {
		w := r.widget(item)
		made.Widgets = append(made.Widgets, w)
		span += w.Span
	}
	if span != Columns && len(r.Report.Problems) == before {
		r.Add(widgets, "row: the widgets span %d columns, but a row has %d", span, Columns)
	}
	r.made.Rows = append(r.made.Rows, made)
}

func (r *reader) widget(n *yaml.Node) Widget {
	o := r.Object(n, "widget")
	w := Widget{ID: r.id(o)}
	if t := o.Need("type"); t != nil {
		var names []string
		for _, t := range WidgetTypes() {
			names = append(names, string(t))
		}
		word, _ := r.Word(t, o.What+": type", names)
		w.Type = WidgetType(word)
	}
	if t := o.Take("title"); t != nil {
		w.Title = r.Labels(t, o.What+": title")
	}
	if t := o.Need("span"); t != nil {
		w.Span, _ = r.Integer(t, o.What+": span", 1, Columns)
	}
	if w.Type == "" {
		return w // unknown types have unknown keys
	}
	keys := w.Type.Keys()
	w.Limit = keys.Limit
	x := &widgetReader{reader: r, widget: &w, what: o.What}
	for _, key := range slices.Concat(keys.Need, keys.May) {
		value := o.Take(key)
		switch {
		case value != nil:
			x.read(key, value)
		case slices.Contains(keys.Need, key):
			r.Add(n, "%s: the key %s is missing", o.What, key)
		}
	}
	o.Done()
	return w
}

// metricOf checks that a node names a metric that has groups.
func (r *reader) metricOf(d *gold.Dataset, n *yaml.Node, what string) {
	switch m := d.Metric(n.Text); {
	case m == nil:
		r.AddNear(n, n.Text, d.MetricNames(), "%s: %s has no metric %s", what, d.Name, yaml.Quote(n.Text))
	case m.Unfiltered:
		r.Add(n, "%s: %s is always computed over the whole dataset and can't be grouped", what, n.Text)
	}
}

// table reads a page of rows.
func (r *reader) table(n *yaml.Node) {
	o := r.Object(n, "table")
	made := Table{ID: r.id(o)}
	if slices.Contains(pageNames, made.ID) {
		r.Add(n, "%s: the page %s exists already", o.What, made.ID)
	}
	if t := o.Need("title"); t != nil {
		made.Title = r.Labels(t, o.What+": title")
	}
	// A table is a list without a limit.
	x := &widgetReader{reader: r, widget: &Widget{Type: ListWidget}, what: o.What}
	for _, key := range []string{"dataset", "fields"} {
		if value := o.Need(key); value != nil {
			x.read(key, value)
		}
	}
	for _, key := range []string{"sort", "bars", "marks"} {
		if value := o.Take(key); value != nil {
			x.read(key, value)
		}
	}
	w := x.widget
	made.Dataset, made.Fields, made.Sort, made.Bars, made.Marks = w.Dataset, w.Fields, w.Sort, w.Bars, w.Marks
	if h := o.Take("history"); h != nil {
		made.History = r.history(h, o.What+": history")
	}
	o.Done()
	r.made.Tables = append(r.made.Tables, made)
}

// pageNames are the reserved names of pages.
var pageNames = []string{"benchmark", "datasets", "releases"}

// history reads the metric over time that a row's page shows.
func (r *reader) history(n *yaml.Node, what string) *History {
	o := r.Object(n, what)
	dataset, on, metric := o.Need("dataset"), o.Need("on"), o.Need("metric")
	o.Done()
	if dataset == nil || on == nil || metric == nil {
		return nil
	}
	if d := r.dataset(dataset, what+": dataset"); d != nil {
		if f := r.contracts.OpenField(r.File, on, what+": on", d, on.Text); f != nil && !slices.Contains(f.Filters, gold.Eq) {
			r.Add(on, "%s: on: %s can't be filtered by a value: declare eq under filters", what, on.Text)
		}
		r.metricOf(d, metric, what+": metric")
	}
	return &History{Dataset: dataset.Text, On: on.Text, Metric: metric.Text}
}
