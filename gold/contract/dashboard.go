package contract

import (
	"slices"
	"strings"

	"goldserve/gold"
	"goldserve/gold/dashboard"
	"goldserve/gold/yaml"
)

// dashboardFile declares a model's dashboard. A model that has none gets one made from its contracts.
const dashboardFile = "dashboard.yaml"

// Bounds of a dashboard.
const (
	minRowHeight = 40
	maxRowHeight = 2000
	maxEdges     = 100 // of bins, as the API has it
)

// readDashboard reads the model's dashboard.yaml. The model is compiled by now.
func (m *loaded) readDashboard(s *source, l *linker) {
	if s.root == nil {
		return
	}
	f := &yaml.File{Name: s.name, Report: m.file.Report}
	r := &dashboardReader{File: f, model: m, linker: l, ids: map[string]*yaml.Node{}}
	o := f.Object(s.root, "dashboard")
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
	m.Dashboard = r.made
}

// dashboardReader reads one dashboard.yaml.
type dashboardReader struct {
	*yaml.File
	model  *loaded
	linker *linker
	ids    map[string]*yaml.Node
	made   dashboard.Layout
}

// filterControls are the types of filters.
var filterControls = []string{string(dashboard.PeriodControl), string(dashboard.ChoiceControl), string(dashboard.SearchControl), string(dashboard.CompareControl)}

func (r *dashboardReader) filter(n *yaml.Node) {
	o := r.Object(n, "filter")
	var made dashboard.Filter
	if t := o.Need("type"); t != nil {
		word, _ := r.Word(t, "filter: type", filterControls)
		made.Type = dashboard.Control(word)
		o.What = "filter " + word
	}
	switch made.Type {
	case dashboard.PeriodControl:
		if r.model.AsOf.Field == "" || r.model.AsOf.Dataset != r.model.Facts {
			r.Add(n, "filter period: the model's asOf is no field of its facts")
		}
	case dashboard.ChoiceControl, dashboard.SearchControl:
		if f := o.Need("field"); f != nil {
			made.Field = f.Text
			found := r.reach(f, o.What+": field", r.facts(n))
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

// facts returns the draft of the facts, or nil and a problem.
func (r *dashboardReader) facts(n *yaml.Node) *draft {
	if r.model.Facts == "" {
		r.Add(n, "dashboard: filters are of the model's facts: name them in %s", modelFile)
	}
	return r.linker.byName(r.model.Facts)
}

// dataset returns the draft of the dataset that a node names, or nil and a problem.
func (r *dashboardReader) dataset(n *yaml.Node, what string) *draft {
	name, ok := r.Text(n, what)
	if !ok {
		return nil
	}
	return r.linker.findName(r.File, n, what, name)
}

// reach returns a field of a dataset or one that it looks up, or nil and a problem. No dataset is a problem that is
// reported already.
func (r *dashboardReader) reach(n *yaml.Node, what string, d *draft) *gold.Field {
	if d == nil {
		return nil
	}
	if name, ok := r.Text(n, what); ok {
		if field := r.linker.lookedUp(d, name); field != nil {
			return field
		}
		return d.findOpenField(r.File, n, what, name)
	}
	return nil
}

// id reads a name that is unique on the page.
func (r *dashboardReader) id(o *yaml.Object) string {
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
		r.Add(n, "%s: the id is taken on line %d", o.What, first.Line)
	}
	r.ids[id] = n
	return id
}

func (r *dashboardReader) row(n *yaml.Node) {
	o := r.Object(n, "row")
	made := dashboard.Row{}
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
	if span != dashboard.Columns && len(r.Report.Problems) == before {
		r.Add(widgets, "row: the widgets' spans are %d columns together, a row has %d", span, dashboard.Columns)
	}
	r.made.Rows = append(r.made.Rows, made)
}

func (r *dashboardReader) widget(n *yaml.Node) dashboard.Widget {
	o := r.Object(n, "widget")
	w := dashboard.Widget{ID: r.id(o)}
	if t := o.Need("type"); t != nil {
		var names []string
		for _, t := range dashboard.WidgetTypes() {
			names = append(names, string(t))
		}
		word, _ := r.Word(t, o.What+": type", names)
		w.Type = dashboard.WidgetType(word)
	}
	if t := o.Take("title"); t != nil {
		w.Title = r.Labels(t, o.What+": title")
	}
	if t := o.Need("span"); t != nil {
		w.Span, _ = r.Integer(t, o.What+": span", 1, dashboard.Columns)
	}
	if w.Type == "" {
		return w // whose keys aren't known
	}
	keys := w.Type.Keys()
	w.Limit = keys.Limit
	x := &widgetReader{dashboardReader: r, widget: &w, what: o.What}
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

// widgetReader reads the keys that are of a type of widget. The dataset comes first.
type widgetReader struct {
	*dashboardReader
	widget *dashboard.Widget
	draft  *draft // of the dataset; nil: none, or a problem that is reported already
	what   string
}

func (x *widgetReader) read(key string, n *yaml.Node) {
	w, what := x.widget, x.what+": "+key
	switch key {
	case "dataset":
		w.Dataset = n.Text
		x.draft = x.dataset(n, what)
	case "group":
		w.Group = x.group(n, what)
	case "field":
		w.Field = x.measured(n, what)
	case "metric":
		w.Metric = x.metric(n, what)
	case "metrics":
		for _, item := range x.Words(n, what) {
			w.Metrics = append(w.Metrics, x.metric(item, what))
		}
	case "fields":
		w.Fields = x.fields(what, x.Words(n, what), w.Type == dashboard.ListWidget)
	case "bars":
		w.Bars = x.among(n, what, w.Fields)
	case "log":
		w.Log = x.among(n, what, []string{w.X, w.Y})
	case "sort":
		w.Sort = x.sort(n, what)
	case "limit":
		w.Limit, _ = x.Integer(n, what, 1, defaultMaxLimit)
	case "marks":
		w.Marks = x.marks(n, what)
	case "x", "y", "color", "count", "value":
		field := map[string]*string{"x": &w.X, "y": &w.Y, "color": &w.Color, "count": &w.Count, "value": &w.Value}[key]
		if names := x.own(what, []*yaml.Node{n}); len(names) > 0 {
			*field = names[0]
		}
	case "edges":
		if w.Edges = x.Edges(n, what, false); len(w.Edges) > maxEdges {
			x.Add(n, "%s: %d edges; at most %d are allowed", what, len(w.Edges), maxEdges)
		}
	case "table":
		w.Table = n.Text
		x.dataset(n, what)
	case "page":
		w.Page = n.Text
		if !slices.ContainsFunc(x.made.Tables, func(t dashboard.Table) bool { return t.ID == n.Text }) {
			x.Add(n, "%s: no table of this dashboard has the id %s", what, yaml.Quote(n.Text))
		}
	}
}

// group reads a field to group by. Widgets that show a dataset's own rows take no looked-up one.
func (x *widgetReader) group(n *yaml.Node, what string) string {
	if t := x.widget.Type; t == dashboard.SharesWidget || t == dashboard.CohortsWidget {
		x.own(what, []*yaml.Node{n})
	} else {
		x.reach(n, what, x.draft)
	}
	return n.Text
}

// measured reads the field of an axis: a time of a trend, a number of bins.
func (x *widgetReader) measured(n *yaml.Node, what string) string {
	switch f := x.reach(n, what, x.draft); {
	case f == nil || f.Kind == gold.Null:
	case x.widget.Type == dashboard.TrendWidget && !f.Kind.Temporal():
		x.Add(n, "%s: %s is %s, expected a date or timestamp", what, n.Text, f.Kind.WithArticle())
	case x.widget.Type == dashboard.BinsWidget && !f.Kind.Numeric():
		x.Add(n, "%s: %s is %s, expected a number", what, n.Text, f.Kind.WithArticle())
	}
	return n.Text
}

// metric reads a metric of the dataset, of the cards one of the model's key figures.
func (x *widgetReader) metric(n *yaml.Node, what string) string {
	switch {
	case x.widget.Type == dashboard.KPIsWidget:
		if !slices.Contains(x.model.KPIs, n.Text) {
			x.AddNear(n, n.Text, x.model.KPIs, "%s: %s is none of the model's kpis", what, yaml.Quote(n.Text))
		}
	case x.draft == nil:
	default:
		x.metricOf(x.draft, n, what)
	}
	return n.Text
}

// metricOf checks that a node names a metric that has groups.
func (r *dashboardReader) metricOf(d *draft, n *yaml.Node, what string) {
	switch m := d.contract.Dataset.Metric(n.Text); {
	case m == nil:
		r.AddNear(n, n.Text, d.metricNames(), "%s: %s has no metric %s", what, d.contract.Dataset.Name, yaml.Quote(n.Text))
	case m.Unfiltered:
		r.Add(n, "%s: %s is always of the whole dataset and has no groups", what, n.Text)
	}
}

// own reads names of the dataset's own fields; what a list or a table shows may be looked up.
func (x *widgetReader) own(what string, items []*yaml.Node) []string {
	return x.fields(what, items, false)
}

func (x *widgetReader) fields(what string, items []*yaml.Node, lookups bool) []string {
	var names []string
	for _, item := range items {
		if x.draft != nil && (!lookups || x.linker.lookedUp(x.draft, item.Text) == nil) {
			if name, ok := x.Text(item, what); ok {
				x.draft.findField(x.File, item, what, name)
			}
		}
		if slices.Contains(names, item.Text) {
			x.Add(item, "%s: %s is repeated", what, item.Text)
		}
		names = append(names, item.Text)
	}
	return names
}

// among reads names that are some of others.
func (x *widgetReader) among(n *yaml.Node, what string, others []string) []string {
	var names []string
	for _, item := range x.Words(n, what) {
		if !slices.Contains(others, item.Text) {
			x.AddNear(item, item.Text, others, "%s: expected one of %s, found %s", what, strings.Join(others, ", "), yaml.Quote(item.Text))
		}
		names = append(names, item.Text)
	}
	return names
}

// sort reads an order of the dataset's rows that its contract allows.
func (x *widgetReader) sort(n *yaml.Node, what string) []string {
	var terms []string
	for _, item := range x.Words(n, what) {
		terms = append(terms, item.Text)
		if x.draft == nil {
			continue
		}
		f := x.draft.findOpenField(x.File, item, what, gold.ParseSort(item.Text).Field)
		if f != nil && !f.Sortable {
			x.Add(item, "%s: %s can't be sorted by %s: declare it under sorts", what, x.widget.Dataset, f.Name)
		}
	}
	return terms
}

func (x *widgetReader) marks(n *yaml.Node, what string) []dashboard.Mark {
	var marks []dashboard.Mark
	for _, item := range x.List(n, what) {
		o := x.Object(item, what)
		mark := dashboard.Mark{}
		if field := o.Need("field"); field != nil {
			mark.Field = field.Text
			if x.draft != nil {
				if f := x.draft.findField(x.File, field, what, field.Text); f != nil && !f.Kind.Numeric() && f.Kind != gold.Null {
					x.Add(field, "%s: %s is %s, expected a number", what, f.Name, f.Kind.WithArticle())
				}
			}
		}
		if below := o.Need("below"); below != nil {
			mark.Below, _ = x.Number(below, what+": below")
		}
		if label := o.Need("label"); label != nil {
			mark.Label = x.Labels(label, what+": label")
		}
		o.Done()
		marks = append(marks, mark)
	}
	return marks
}

// table reads a page of rows.
func (r *dashboardReader) table(n *yaml.Node) {
	o := r.Object(n, "table")
	made := dashboard.Table{ID: r.id(o)}
	if slices.Contains(pageNames, made.ID) {
		r.Add(n, "%s: the page %s is there already", o.What, made.ID)
	}
	if t := o.Need("title"); t != nil {
		made.Title = r.Labels(t, o.What+": title")
	}
	// What a table lists is a list without end.
	x := &widgetReader{dashboardReader: r, widget: &dashboard.Widget{Type: dashboard.ListWidget}, what: o.What}
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

// pageNames are the pages that every dashboard has, whose names no table can take.
var pageNames = []string{"benchmark", "datasets", "releases"}

// history reads the metric over time that a row's page shows.
func (r *dashboardReader) history(n *yaml.Node, what string) *dashboard.History {
	o := r.Object(n, what)
	dataset, on, metric := o.Need("dataset"), o.Need("on"), o.Need("metric")
	o.Done()
	if dataset == nil || on == nil || metric == nil {
		return nil
	}
	if d := r.dataset(dataset, what+": dataset"); d != nil {
		if f := d.findOpenField(r.File, on, what+": on", on.Text); f != nil && !slices.Contains(f.Filters, gold.Eq) {
			r.Add(on, "%s: on: %s can't be filtered by a value: declare eq under filters", what, on.Text)
		}
		r.metricOf(d, metric, what+": metric")
	}
	return &dashboard.History{Dataset: dataset.Text, On: on.Text, Metric: metric.Text}
}
