package contract

import (
	"slices"
	"strings"

	"goldserve/gold"
	"goldserve/gold/dashboard"
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
	f := &file{name: s.name, report: m.file.report}
	r := &dashboardReader{file: f, model: m, linker: l, ids: map[string]*node{}}
	o := f.object(s.root, "dashboard")
	if n := o.take("filters"); n != nil {
		for _, item := range f.list(n, "dashboard: filters") {
			r.filter(item)
		}
	}
	if n := o.take("tables"); n != nil {
		for _, item := range f.list(n, "dashboard: tables") {
			r.table(item)
		}
	}
	if n := o.need("rows"); n != nil {
		for _, item := range f.list(n, "dashboard: rows") {
			r.row(item)
		}
	}
	o.done()
	m.Dashboard = r.made
}

// dashboardReader reads one dashboard.yaml.
type dashboardReader struct {
	*file
	model  *loaded
	linker *linker
	ids    map[string]*node
	made   dashboard.Layout
}

// filterControls are the types of filters.
var filterControls = []string{string(dashboard.PeriodControl), string(dashboard.ChoiceControl), string(dashboard.SearchControl), string(dashboard.CompareControl)}

func (r *dashboardReader) filter(n *node) {
	o := r.object(n, "filter")
	var made dashboard.Filter
	if t := o.need("type"); t != nil {
		word, _ := r.word(t, "filter: type", filterControls)
		made.Type = dashboard.Control(word)
		o.what = "filter " + word
	}
	switch made.Type {
	case dashboard.PeriodControl:
		if r.model.AsOf.Field == "" || r.model.AsOf.Dataset != r.model.Facts {
			r.add(n, "filter period: the model's asOf is no field of its facts")
		}
	case dashboard.ChoiceControl, dashboard.SearchControl:
		if f := o.need("field"); f != nil {
			made.Field = f.text
			found := r.reach(f, o.what+": field", r.facts(n))
			switch {
			case found == nil:
			case !slices.Contains(found.Filters, gold.Eq) && !slices.Contains(found.Filters, gold.In):
				r.add(f, "%s: %s can't be filtered by a value: declare eq or in under filters", o.what, f.text)
			default:
				made.Label = found.Doc.Label
			}
		}
		if t := o.take("label"); t != nil {
			made.Label = r.labels(t, o.what+": label")
		}
	default:
	}
	o.done()
	r.made.Filters = append(r.made.Filters, made)
}

// facts returns the draft of the facts, or nil and a problem.
func (r *dashboardReader) facts(n *node) *draft {
	if r.model.Facts == "" {
		r.add(n, "dashboard: filters are of the model's facts: name them in %s", modelFile)
	}
	return r.linker.byName(r.model.Facts)
}

// dataset returns the draft of the dataset that a node names, or nil and a problem.
func (r *dashboardReader) dataset(n *node, what string) *draft {
	name, ok := r.text(n, what)
	if !ok {
		return nil
	}
	return r.linker.findName(r.file, n, what, name)
}

// reach returns a field of a dataset or one that it looks up, or nil and a problem. No dataset is a problem that is
// reported already.
func (r *dashboardReader) reach(n *node, what string, d *draft) *gold.Field {
	if d == nil {
		return nil
	}
	if name, ok := r.text(n, what); ok {
		if field := r.linker.lookedUp(d, name); field != nil {
			return field
		}
		return r.findOpenField(d, n, what, name)
	}
	return nil
}

// id reads a name that is unique on the page.
func (r *dashboardReader) id(o *object) string {
	n := o.need("id")
	if n == nil {
		return ""
	}
	id, ok := r.identifier(n, o.what+": id")
	if !ok {
		return ""
	}
	o.what += " " + id
	if first := r.ids[id]; first != nil {
		r.add(n, "%s: the id is taken on line %d", o.what, first.line)
	}
	r.ids[id] = n
	return id
}

func (r *dashboardReader) row(n *node) {
	o := r.object(n, "row")
	made := dashboard.Row{}
	if h := o.need("height"); h != nil {
		made.Height, _ = r.integer(h, "row: height", minRowHeight, maxRowHeight)
	}
	widgets := o.need("widgets")
	o.done()
	if widgets == nil {
		return
	}
	before, span := len(r.report.problems), int64(0)
	for _, item := range r.list(widgets, "row: widgets") {
		w := r.widget(item)
		made.Widgets = append(made.Widgets, w)
		span += w.Span
	}
	if span != dashboard.Columns && len(r.report.problems) == before {
		r.add(widgets, "row: the widgets' spans are %d columns together, a row has %d", span, dashboard.Columns)
	}
	r.made.Rows = append(r.made.Rows, made)
}

func (r *dashboardReader) widget(n *node) dashboard.Widget {
	o := r.object(n, "widget")
	w := dashboard.Widget{ID: r.id(o)}
	if t := o.need("type"); t != nil {
		var names []string
		for _, t := range dashboard.WidgetTypes() {
			names = append(names, string(t))
		}
		word, _ := r.word(t, o.what+": type", names)
		w.Type = dashboard.WidgetType(word)
	}
	if t := o.take("title"); t != nil {
		w.Title = r.labels(t, o.what+": title")
	}
	if t := o.need("span"); t != nil {
		w.Span, _ = r.integer(t, o.what+": span", 1, dashboard.Columns)
	}
	if w.Type == "" {
		return w // whose keys aren't known
	}
	keys := w.Type.Keys()
	w.Limit = keys.Limit
	x := &widgetReader{dashboardReader: r, widget: &w, what: o.what}
	for _, key := range slices.Concat(keys.Need, keys.May) {
		value := o.take(key)
		switch {
		case value != nil:
			x.read(key, value)
		case slices.Contains(keys.Need, key):
			r.add(n, "%s: the key %s is missing", o.what, key)
		}
	}
	o.done()
	return w
}

// widgetReader reads the keys that are of a type of widget. The dataset comes first.
type widgetReader struct {
	*dashboardReader
	widget *dashboard.Widget
	draft  *draft // of the dataset; nil: none, or a problem that is reported already
	what   string
}

func (x *widgetReader) read(key string, n *node) {
	w, what := x.widget, x.what+": "+key
	switch key {
	case "dataset":
		w.Dataset = n.text
		x.draft = x.dataset(n, what)
	case "group":
		w.Group = x.group(n, what)
	case "field":
		w.Field = x.measured(n, what)
	case "metric":
		w.Metric = x.metric(n, what)
	case "metrics":
		for _, item := range x.words(n, what) {
			w.Metrics = append(w.Metrics, x.metric(item, what))
		}
	case "fields":
		w.Fields = x.fields(what, x.words(n, what), w.Type == dashboard.ListWidget)
	case "bars":
		w.Bars = x.among(n, what, w.Fields)
	case "log":
		w.Log = x.among(n, what, []string{w.X, w.Y})
	case "sort":
		w.Sort = x.sort(n, what)
	case "limit":
		w.Limit, _ = x.integer(n, what, 1, defaultMaxLimit)
	case "marks":
		w.Marks = x.marks(n, what)
	case "x", "y", "color", "count", "value":
		field := map[string]*string{"x": &w.X, "y": &w.Y, "color": &w.Color, "count": &w.Count, "value": &w.Value}[key]
		if names := x.own(what, []*node{n}); len(names) > 0 {
			*field = names[0]
		}
	case "edges":
		if w.Edges = x.edges(n, what, false); len(w.Edges) > maxEdges {
			x.add(n, "%s: %d edges; at most %d are allowed", what, len(w.Edges), maxEdges)
		}
	case "table":
		w.Table = n.text
		x.dataset(n, what)
	case "page":
		w.Page = n.text
		if !slices.ContainsFunc(x.made.Tables, func(t dashboard.Table) bool { return t.ID == n.text }) {
			x.add(n, "%s: no table of this dashboard has the id %s", what, quote(n.text))
		}
	}
}

// group reads a field to group by. Widgets that show a dataset's own rows take no looked-up one.
func (x *widgetReader) group(n *node, what string) string {
	if t := x.widget.Type; t == dashboard.SharesWidget || t == dashboard.CohortsWidget {
		x.own(what, []*node{n})
	} else {
		x.reach(n, what, x.draft)
	}
	return n.text
}

// measured reads the field of an axis: a time of a trend, a number of bins.
func (x *widgetReader) measured(n *node, what string) string {
	switch f := x.reach(n, what, x.draft); {
	case f == nil || f.Kind == gold.Null:
	case x.widget.Type == dashboard.TrendWidget && !temporal(f.Kind):
		x.add(n, "%s: %s is %s, expected a date or timestamp", what, n.text, aKind(f.Kind))
	case x.widget.Type == dashboard.BinsWidget && !numeric(f.Kind):
		x.add(n, "%s: %s is %s, expected a number", what, n.text, aKind(f.Kind))
	}
	return n.text
}

// metric reads a metric of the dataset, of the cards one of the model's key figures.
func (x *widgetReader) metric(n *node, what string) string {
	switch {
	case x.widget.Type == dashboard.KPIsWidget:
		if !slices.Contains(x.model.KPIs, n.text) {
			x.addNear(n, n.text, x.model.KPIs, "%s: %s is none of the model's kpis", what, quote(n.text))
		}
	case x.draft == nil:
	default:
		x.metricOf(x.draft, n, what)
	}
	return n.text
}

// metricOf checks that a node names a metric that has groups.
func (r *dashboardReader) metricOf(d *draft, n *node, what string) {
	switch m := d.contract.Dataset.Metric(n.text); {
	case m == nil:
		r.addNear(n, n.text, d.metricNames(), "%s: %s has no metric %s", what, d.contract.Dataset.Name, quote(n.text))
	case m.Unfiltered:
		r.add(n, "%s: %s is always of the whole dataset and has no groups", what, n.text)
	}
}

// own reads names of the dataset's own fields; what a list or a table shows may be looked up.
func (x *widgetReader) own(what string, items []*node) []string {
	return x.fields(what, items, false)
}

func (x *widgetReader) fields(what string, items []*node, lookups bool) []string {
	var names []string
	for _, item := range items {
		if x.draft != nil && (!lookups || x.linker.lookedUp(x.draft, item.text) == nil) {
			if name, ok := x.text(item, what); ok {
				x.findField(x.draft, item, what, name)
			}
		}
		if slices.Contains(names, item.text) {
			x.add(item, "%s: %s is repeated", what, item.text)
		}
		names = append(names, item.text)
	}
	return names
}

// among reads names that are some of others.
func (x *widgetReader) among(n *node, what string, others []string) []string {
	var names []string
	for _, item := range x.words(n, what) {
		if !slices.Contains(others, item.text) {
			x.addNear(item, item.text, others, "%s: expected one of %s, found %s", what, strings.Join(others, ", "), quote(item.text))
		}
		names = append(names, item.text)
	}
	return names
}

// sort reads an order of the dataset's rows that its contract allows.
func (x *widgetReader) sort(n *node, what string) []string {
	var terms []string
	for _, item := range x.words(n, what) {
		terms = append(terms, item.text)
		if x.draft == nil {
			continue
		}
		f := x.findOpenField(x.draft, item, what, gold.ParseSort(item.text).Field)
		if f != nil && !f.Sortable {
			x.add(item, "%s: %s can't be sorted by %s: declare it under sorts", what, x.widget.Dataset, f.Name)
		}
	}
	return terms
}

func (x *widgetReader) marks(n *node, what string) []dashboard.Mark {
	var marks []dashboard.Mark
	for _, item := range x.list(n, what) {
		o := x.object(item, what)
		mark := dashboard.Mark{}
		if field := o.need("field"); field != nil {
			mark.Field = field.text
			if x.draft != nil {
				if f := x.findField(x.draft, field, what, field.text); f != nil && !numeric(f.Kind) && f.Kind != gold.Null {
					x.add(field, "%s: %s is %s, expected a number", what, f.Name, aKind(f.Kind))
				}
			}
		}
		if below := o.need("below"); below != nil {
			mark.Below, _ = x.number(below, what+": below")
		}
		if label := o.need("label"); label != nil {
			mark.Label = x.labels(label, what+": label")
		}
		o.done()
		marks = append(marks, mark)
	}
	return marks
}

// table reads a page of rows.
func (r *dashboardReader) table(n *node) {
	o := r.object(n, "table")
	made := dashboard.Table{ID: r.id(o)}
	if slices.Contains(pageNames, made.ID) {
		r.add(n, "%s: the page %s is there already", o.what, made.ID)
	}
	if t := o.need("title"); t != nil {
		made.Title = r.labels(t, o.what+": title")
	}
	// What a table lists is a list without end.
	x := &widgetReader{dashboardReader: r, widget: &dashboard.Widget{Type: dashboard.ListWidget}, what: o.what}
	for _, key := range []string{"dataset", "fields"} {
		if value := o.need(key); value != nil {
			x.read(key, value)
		}
	}
	for _, key := range []string{"sort", "bars", "marks"} {
		if value := o.take(key); value != nil {
			x.read(key, value)
		}
	}
	w := x.widget
	made.Dataset, made.Fields, made.Sort, made.Bars, made.Marks = w.Dataset, w.Fields, w.Sort, w.Bars, w.Marks
	if h := o.take("history"); h != nil {
		made.History = r.history(h, o.what+": history")
	}
	o.done()
	r.made.Tables = append(r.made.Tables, made)
}

// pageNames are the pages that every dashboard has, whose names no table can take.
var pageNames = []string{"benchmark", "datasets", "releases"}

// history reads the metric over time that a row's page shows.
func (r *dashboardReader) history(n *node, what string) *dashboard.History {
	o := r.object(n, what)
	dataset, on, metric := o.need("dataset"), o.need("on"), o.need("metric")
	o.done()
	if dataset == nil || on == nil || metric == nil {
		return nil
	}
	if d := r.dataset(dataset, what+": dataset"); d != nil {
		if f := r.findOpenField(d, on, what+": on", on.text); f != nil && !slices.Contains(f.Filters, gold.Eq) {
			r.add(on, "%s: on: %s can't be filtered by a value: declare eq under filters", what, on.text)
		}
		r.metricOf(d, metric, what+": metric")
	}
	return &dashboard.History{Dataset: dataset.text, On: on.text, Metric: metric.text}
}
