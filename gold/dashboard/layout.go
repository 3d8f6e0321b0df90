package dashboard

import (
	"maps"
	"slices"

	"goldserve/gold"
)

// Layout says which widget stands where on the page that shows a model at once. A release records the one that it was
// published with; Within cuts a layout down to what a release has.
type Layout struct {
	Filters []Filter `json:"filters"`
	Rows    []Row    `json:"rows"`
	Tables  []Table  `json:"tables"`
} // @name Layout

// Control is how a reader of the page chooses a filter.
type Control string // @name LayoutControl

// The controls.
const (
	PeriodControl  Control = "period"  // of the field that the model's as_of comes from
	ChoiceControl  Control = "choice"  // among few values
	SearchControl  Control = "search"  // among many, by their letters
	CompareControl Control = "compare" // with an earlier time: no filter, but it stands among them
)

// Filter is one control of the row of filters. Which widgets it reaches follows from their datasets.
type Filter struct {
	Type  Control           `json:"type"`
	Field string            `json:"field,omitempty"` // of the facts or looked up by them; of a choice and a search
	Label map[string]string `json:"label,omitempty"`
} // @name LayoutFilter

// Row is a row of widgets whose spans are 12 columns together.
type Row struct {
	Height  int64    `json:"height"` // pixels
	Widgets []Widget `json:"widgets"`
} // @name LayoutRow

// Columns is the width of a row.
const Columns = 12

// WidgetType is what a widget shows, and so which of a Widget's keys it has.
type WidgetType string // @name WidgetType

// The types of widgets.
const (
	KPIsWidget          WidgetType = "kpis"          // a card for each of Metrics, of any dataset
	TrendWidget         WidgetType = "trend"         // Metric over the days, weeks or months of Field
	SharesWidget        WidgetType = "shares"        // for each of Fields a bar of 100 %, whose parts are the rows by Group
	RankingWidget       WidgetType = "ranking"       // the Limit groups of Group that have most of Metric
	TopWidget           WidgetType = "top"           // the same of many groups, with a search and how many others there are
	ListWidget          WidgetType = "list"          // the first rows by Sort
	ScatterWidget       WidgetType = "scatter"       // a point for each row: X, Y and Color
	CohortsWidget       WidgetType = "cohorts"       // for each Group, Count and Value divided by it
	BinsWidget          WidgetType = "bins"          // Metrics by the bins of Field between Edges
	TriangleWidget      WidgetType = "triangle"      // Metric divided by Per, for each month of Since and each age: whole Periods from Since to Field
	ConcentrationWidget WidgetType = "concentration" // how much of Metric the largest groups of Group have
)

// Keys are the keys of a type of widget beside type, id, title and span.
type Keys struct {
	Need, May []string
	Limit     int64 // of a widget that names none; 0: the type has no limit
}

// widgetKeys are the keys of each type.
var widgetKeys = map[WidgetType]Keys{
	KPIsWidget:          {Need: []string{"metrics"}},
	TrendWidget:         {Need: []string{"dataset", "field", "metric"}},
	SharesWidget:        {Need: []string{"dataset", "group", "fields"}},
	RankingWidget:       {Need: []string{"dataset", "group", "metric"}, May: []string{"limit"}, Limit: 10},
	TopWidget:           {Need: []string{"dataset", "group", "metric"}, May: []string{"limit"}, Limit: 10},
	ListWidget:          {Need: []string{"dataset", "fields"}, May: []string{"sort", "limit", "bars", "marks", "page"}, Limit: 10},
	ScatterWidget:       {Need: []string{"dataset", "x", "y"}, May: []string{"color", "log", "limit", "page"}, Limit: 5000},
	CohortsWidget:       {Need: []string{"dataset", "group", "count", "value"}},
	TriangleWidget:      {Need: []string{"dataset", "field", "since", "period", "metric", "per"}},
	BinsWidget:          {Need: []string{"dataset", "field", "edges", "metrics"}, May: []string{"table"}},
	ConcentrationWidget: {Need: []string{"dataset", "group", "metric"}},
}

// WidgetTypes returns the types of widgets, by name.
func WidgetTypes() []WidgetType { return slices.Sorted(maps.Keys(widgetKeys)) }

// Keys returns the keys of a type, those that others name first: the dataset.
func (t WidgetType) Keys() Keys { return widgetKeys[t] }

// Widget is one part of the page. Names are of fields and metrics of Dataset. Fields that it groups by and those that a
// list shows may be looked up; all others are its own.
type Widget struct {
	ID      string            `json:"id"` // unique on the page
	Type    WidgetType        `json:"type"`
	Span    int64             `json:"span"` // columns
	Title   map[string]string `json:"title,omitempty"`
	Dataset string            `json:"dataset,omitempty"`
	Group   string            `json:"group,omitempty"`
	Field   string            `json:"field,omitempty"`
	Since   string            `json:"since,omitempty"`  // the date that ages are counted from
	Period  string            `json:"period,omitempty"` // of ages: 30d, month
	Metric  string            `json:"metric,omitempty"`
	Per     string            `json:"per,omitempty"` // a metric: the size of a cohort
	Metrics []string          `json:"metrics,omitempty"`
	Fields  []string          `json:"fields,omitempty"`
	Sort    []string          `json:"sort,omitempty"` // as the parameter: -field is descending
	Limit   int64             `json:"limit,omitempty"`
	Bars    []string          `json:"bars,omitempty"` // of Fields, those drawn as a bar from 0 to 1
	Marks   []Mark            `json:"marks,omitempty"`
	X       string            `json:"x,omitempty"`
	Y       string            `json:"y,omitempty"`
	Color   string            `json:"color,omitempty"`
	Log     []string          `json:"log,omitempty"` // those of X and Y with a logarithmic axis
	Count   string            `json:"count,omitempty"`
	Value   string            `json:"value,omitempty"`
	Edges   []float64         `json:"edges,omitempty"`
	Table   string            `json:"table,omitempty"` // the dataset that the table view shows instead
	Page    string            `json:"page,omitempty"`  // the Table where a row is shown whole
} // @name Widget

// Mark stands beside the rows whose Field is less than Below.
type Mark struct {
	Field string            `json:"field"`
	Below float64           `json:"below"`
	Label map[string]string `json:"label"`
} // @name LayoutMark

// Table is a page of its own that lists a dataset's rows and shows each of them whole.
type Table struct {
	ID      string            `json:"id"` // in its URL
	Title   map[string]string `json:"title"`
	Dataset string            `json:"dataset"`
	Fields  []string          `json:"fields"`
	Sort    []string          `json:"sort,omitempty"`
	Bars    []string          `json:"bars,omitempty"`
	Marks   []Mark            `json:"marks,omitempty"`
	History *History          `json:"history,omitempty"`
} // @name LayoutTable

// History shows a metric of another dataset over time on the page of a row: of the rows whose On is its key.
type History struct {
	Dataset string `json:"dataset"`
	On      string `json:"on"`
	Metric  string `json:"metric"`
} // @name LayoutHistory

// Within returns the layout without what these datasets can't show: a release may have other fields than the
// contracts that it was written for. Where a widget goes, the last one of its row takes its columns.
func (d *Layout) Within(facts string, kpis []string, dataset func(string) *gold.Dataset) Layout {
	w := within{facts, kpis, dataset}
	out := Layout{Filters: []Filter{}, Rows: []Row{}, Tables: []Table{}}
	for _, f := range d.Filters {
		if f.Field == "" || w.group(facts, f.Field) {
			out.Filters = append(out.Filters, f)
		}
	}
	for _, t := range d.Tables {
		if w.shown(t.Dataset, t.Fields) && w.fields(t.Dataset, t.names()...) {
			if h := t.History; h != nil && (!w.fields(h.Dataset, h.On) || !w.metric(h.Dataset, h.Metric)) {
				t.History = nil
			}
			out.Tables = append(out.Tables, t)
		}
	}
	for _, row := range d.Rows {
		kept := Row{Height: row.Height}
		span := int64(0)
		for _, widget := range row.Widgets {
			if w.shows(&widget) {
				if !slices.ContainsFunc(out.Tables, func(t Table) bool { return t.ID == widget.Page }) {
					widget.Page = ""
				}
				kept.Widgets = append(kept.Widgets, widget)
				span += widget.Span
			}
		}
		if len(kept.Widgets) > 0 {
			kept.Widgets[len(kept.Widgets)-1].Span += Columns - span
			out.Rows = append(out.Rows, kept)
		}
	}
	return out
}

// within looks names of a layout up.
type within struct {
	facts   string
	kpis    []string
	dataset func(string) *gold.Dataset
}

// shows reports whether everything that a widget names is there. It drops the cards of a widget that aren't.
func (w within) shows(widget *Widget) bool {
	if widget.Type == KPIsWidget {
		widget.Metrics = slices.DeleteFunc(slices.Clone(widget.Metrics), func(name string) bool { return !slices.Contains(w.kpis, name) })
		return len(widget.Metrics) > 0
	}
	if w.dataset(widget.Dataset) == nil || widget.Table != "" && w.dataset(widget.Table) == nil {
		return false
	}
	for _, name := range append(slices.Clone(widget.Metrics), widget.Metric, widget.Per) {
		if name != "" && !w.metric(widget.Dataset, name) {
			return false
		}
	}
	for _, name := range []string{widget.Group, widget.Field, widget.Since} {
		if name != "" && !w.group(widget.Dataset, name) {
			return false
		}
	}
	if widget.Type != ListWidget && !w.fields(widget.Dataset, widget.Fields...) {
		return false
	}
	return w.shown(widget.Dataset, widget.Fields) && w.fields(widget.Dataset, widget.names()...)
}

// names returns the fields that a widget names and that must be its own dataset's, Fields apart.
func (w *Widget) names() []string {
	names := sortNames(w.Sort)
	for _, m := range w.Marks {
		names = append(names, m.Field)
	}
	return append(names, w.X, w.Y, w.Color, w.Count, w.Value)
}

func (t *Table) names() []string {
	return (&Widget{Sort: t.Sort, Marks: t.Marks}).names()
}

func sortNames(terms []string) []string {
	names := make([]string, len(terms))
	for i, term := range terms {
		names[i] = gold.ParseSort(term).Field
	}
	return names
}

func (w within) metric(dataset, name string) bool {
	d := w.dataset(dataset)
	return d != nil && d.Metric(name) != nil
}

// group reports whether a dataset has a field of its own or a looked-up one.
func (w within) group(dataset, name string) bool {
	d := w.dataset(dataset)
	if d == nil {
		return false
	}
	return d.Field(name) != nil || slices.ContainsFunc(d.LookedUp(w.dataset), func(f gold.LookedUp) bool { return f.Name == name })
}

// shown reports whether rows of a dataset can show these fields: its own or looked-up ones.
func (w within) shown(dataset string, names []string) bool {
	return !slices.ContainsFunc(names, func(name string) bool { return !w.group(dataset, name) })
}

// fields reports whether a dataset has these fields, "" apart.
func (w within) fields(dataset string, names ...string) bool {
	d := w.dataset(dataset)
	return d != nil && !slices.ContainsFunc(names, func(name string) bool { return name != "" && d.Field(name) == nil })
}

// Datasets returns the names of the datasets that a layout shows, each once.
func (d *Layout) Datasets() []string {
	var names []string
	add := func(name string) {
		if name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, row := range d.Rows {
		for _, w := range row.Widgets {
			add(w.Dataset)
			add(w.Table)
		}
	}
	for _, t := range d.Tables {
		add(t.Dataset)
		if t.History != nil {
			add(t.History.Dataset)
		}
	}
	return names
}
