package dashboard

import (
	"slices"
	"strings"

	"goldserve/gold"
	"goldserve/gold/yaml"
)

// widgetReader reads the keys of a type of widget, the dataset first.
type widgetReader struct {
	*reader
	widget *Widget
	set    *gold.Dataset // the widget's; nil: none, or a problem that is reported already
	what   string
}

func (x *widgetReader) read(key string, n *yaml.Node) {
	w, what := x.widget, x.what+": "+key
	switch key {
	case "dataset":
		w.Dataset = n.Text
		x.set = x.dataset(n, what)
	case "group":
		w.Group = x.group(n, what)
	case "field":
		w.Field = x.measured(n, what)
	case "since":
		w.Since = x.measured(n, what)
	case "period":
		w.Period = x.period(n, what)
	case "metric":
		w.Metric = x.metric(n, what)
	case "per":
		w.Per = x.metric(n, what)
	case "metrics":
		for _, item := range x.Words(n, what) {
			w.Metrics = append(w.Metrics, x.metric(item, what))
		}
	case "fields":
		w.Fields = x.fields(what, x.Words(n, what), w.Type == ListWidget)
	case "bars":
		w.Bars = x.among(n, what, w.Fields)
	case "log":
		w.Log = x.among(n, what, []string{w.X, w.Y})
	case "sort":
		w.Sort = x.sort(n, what)
	case "limit":
		w.Limit, _ = x.Integer(n, what, 1, gold.DefaultMaxLimit)
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
		if !slices.ContainsFunc(x.made.Tables, func(t Table) bool { return t.ID == n.Text }) {
			x.Add(n, "%s: no table of this dashboard has the id %s", what, yaml.Quote(n.Text))
		}
	}
}

// group reads a field to group by. Widgets that show a dataset's own rows can't group by looked-up fields.
func (x *widgetReader) group(n *yaml.Node, what string) string {
	if t := x.widget.Type; t == SharesWidget || t == CohortsWidget {
		x.own(what, []*yaml.Node{n})
	} else {
		x.column(n, what, x.set)
	}
	return n.Text
}

// measured reads the field of an axis: a time of a trend, both times of an age, a number of bins.
func (x *widgetReader) measured(n *yaml.Node, what string) string {
	switch f := x.column(n, what, x.set); {
	case f == nil || f.Kind == gold.Null:
	case (x.widget.Type == TrendWidget || x.widget.Type == TriangleWidget) && !f.Kind.Temporal():
		x.Add(n, "%s: %s is %s, expected a date or timestamp", what, n.Text, f.Kind.WithArticle())
	case x.widget.Type == BinsWidget && !f.Kind.Numeric():
		x.Add(n, "%s: %s is %s, expected a number", what, n.Text, f.Kind.WithArticle())
	}
	return n.Text
}

// period reads the length of the periods of an age.
func (x *widgetReader) period(n *yaml.Node, what string) string {
	if _, _, ok := gold.ParseAgeUnit(n.Text); !ok {
		x.AddNear(n, n.Text, gold.AgeUnits, "%s: expected a period of some days such as 30d, or one of %s, found %s", what, strings.Join(gold.AgeUnits, ", "), yaml.Quote(n.Text))
	}
	return n.Text
}

// metric reads a metric of the dataset; for cards, a key figure of the model.
func (x *widgetReader) metric(n *yaml.Node, what string) string {
	switch {
	case x.widget.Type == KPIsWidget:
		if !slices.Contains(x.model.KPIs, n.Text) {
			x.AddNear(n, n.Text, x.model.KPIs, "%s: %s is none of the model's kpis", what, yaml.Quote(n.Text))
		}
	case x.set == nil:
	default:
		x.metricOf(x.set, n, what)
	}
	return n.Text
}

// own reads names of fields of the dataset; lists and tables may also show looked-up ones.
func (x *widgetReader) own(what string, items []*yaml.Node) []string {
	return x.fields(what, items, false)
}

func (x *widgetReader) fields(what string, items []*yaml.Node, lookups bool) []string {
	var names []string
	for _, item := range items {
		if x.set != nil && (!lookups || x.contracts.LookedUp(x.set, item.Text) == nil) {
			if name, ok := x.Text(item, what); ok {
				x.contracts.Field(x.File, item, what, x.set, name)
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
		if x.set == nil {
			continue
		}
		f := x.contracts.OpenField(x.File, item, what, x.set, gold.ParseSort(item.Text).Field)
		if f != nil && !f.Sortable {
			x.Add(item, "%s: %s can't be sorted by %s: declare it under sorts", what, x.widget.Dataset, f.Name)
		}
	}
	return terms
}

func (x *widgetReader) marks(n *yaml.Node, what string) []Mark {
	var marks []Mark
	for _, item := range x.List(n, what) {
		o := x.Object(item, what)
		mark := Mark{}
		if field := o.Need("field"); field != nil {
			mark.Field = field.Text
			if x.set != nil {
				if f := x.contracts.Field(x.File, field, what, x.set, field.Text); f != nil && !f.Kind.Numeric() && f.Kind != gold.Null {
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
