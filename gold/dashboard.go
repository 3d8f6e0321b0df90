package gold

import "slices"

// Dashboard says which widget stands where on the page that shows a model at once. It belongs to the program's files,
// not to a release: Within cuts it down to what a release has.
type Dashboard struct {
	Filters []DashboardFilter `json:"filters"`
	Rows    []DashboardRow    `json:"rows"`
	Tables  []DashboardTable  `json:"tables"`
}

// FilterControl is how a reader of the page chooses a filter.
type FilterControl string

// The controls.
const (
	PeriodControl  FilterControl = "period"  // of the field that the model's as_of comes from
	ChoiceControl  FilterControl = "choice"  // among few values
	SearchControl  FilterControl = "search"  // among many, by their letters
	CompareControl FilterControl = "compare" // with an earlier time: no filter, but it stands among them
)

// DashboardFilter is one control of the row of filters. Which widgets it reaches follows from their datasets.
type DashboardFilter struct {
	Type  FilterControl     `json:"type"`
	Field string            `json:"field,omitempty"` // of the facts or lent to them; of a choice and a search
	Label map[string]string `json:"label,omitempty"`
}

// DashboardRow is a row of widgets whose spans are 12 columns together.
type DashboardRow struct {
	Height  int64    `json:"height"` // pixels
	Widgets []Widget `json:"widgets"`
}

// DashboardColumns is the width of a row.
const DashboardColumns = 12

// WidgetType is what a widget shows, and so which of a Widget's keys it has.
type WidgetType string

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
	ConcentrationWidget WidgetType = "concentration" // how much of Metric the largest groups of Group have
)

// Widget is one part of the page. Names are of fields and metrics of Dataset. Fields that it groups by and those that a
// list shows may be borrowed; all others are its own.
type Widget struct {
	ID      string            `json:"id"` // unique on the page
	Type    WidgetType        `json:"type"`
	Span    int64             `json:"span"` // columns
	Title   map[string]string `json:"title,omitempty"`
	Dataset string            `json:"dataset,omitempty"`
	Group   string            `json:"group,omitempty"`
	Field   string            `json:"field,omitempty"`
	Metric  string            `json:"metric,omitempty"`
	Metrics []string          `json:"metrics,omitempty"`
	Fields  []string          `json:"fields,omitempty"`
	Sort    []string          `json:"sort,omitempty"` // as the parameter: -field is descending
	Limit   int64             `json:"limit,omitempty"`
	Bars    []string          `json:"bars,omitempty"` // of Fields, those drawn as a bar from 0 to 1
	Marks   []DashboardMark   `json:"marks,omitempty"`
	X       string            `json:"x,omitempty"`
	Y       string            `json:"y,omitempty"`
	Color   string            `json:"color,omitempty"`
	Log     []string          `json:"log,omitempty"` // those of X and Y with a logarithmic axis
	Count   string            `json:"count,omitempty"`
	Value   string            `json:"value,omitempty"`
	Edges   []float64         `json:"edges,omitempty"`
	Table   string            `json:"table,omitempty"` // the dataset that the table view shows instead
	Page    string            `json:"page,omitempty"`  // the DashboardTable where a row is shown whole
}

// DashboardMark stands beside the rows whose Field is less than Below.
type DashboardMark struct {
	Field string            `json:"field"`
	Below float64           `json:"below"`
	Label map[string]string `json:"label"`
}

// DashboardTable is a page of its own that lists a dataset's rows and shows each of them whole.
type DashboardTable struct {
	ID      string            `json:"id"` // in its URL
	Title   map[string]string `json:"title"`
	Dataset string            `json:"dataset"`
	Fields  []string          `json:"fields"`
	Sort    []string          `json:"sort,omitempty"`
	Bars    []string          `json:"bars,omitempty"`
	Marks   []DashboardMark   `json:"marks,omitempty"`
	History *DashboardHistory `json:"history,omitempty"`
}

// DashboardHistory shows a metric of another dataset over time on the page of a row: of the rows whose On is its key.
type DashboardHistory struct {
	Dataset string `json:"dataset"`
	On      string `json:"on"`
	Metric  string `json:"metric"`
}

// Within returns the dashboard without what these datasets can't show: a release may have other fields than the
// contracts that the dashboard was written for. Where a widget goes, the last one of its row takes its columns.
func (d *Dashboard) Within(facts string, kpis []string, dataset func(string) *Dataset) Dashboard {
	w := within{facts, kpis, dataset}
	out := Dashboard{Filters: []DashboardFilter{}, Rows: []DashboardRow{}, Tables: []DashboardTable{}}
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
		kept := DashboardRow{Height: row.Height}
		span := int64(0)
		for _, widget := range row.Widgets {
			if w.shows(&widget) {
				if !slices.ContainsFunc(out.Tables, func(t DashboardTable) bool { return t.ID == widget.Page }) {
					widget.Page = ""
				}
				kept.Widgets = append(kept.Widgets, widget)
				span += widget.Span
			}
		}
		if len(kept.Widgets) > 0 {
			kept.Widgets[len(kept.Widgets)-1].Span += DashboardColumns - span
			out.Rows = append(out.Rows, kept)
		}
	}
	return out
}

// within looks names of a dashboard up.
type within struct {
	facts   string
	kpis    []string
	dataset func(string) *Dataset
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
	for _, name := range append(slices.Clone(widget.Metrics), widget.Metric) {
		if name != "" && !w.metric(widget.Dataset, name) {
			return false
		}
	}
	for _, name := range []string{widget.Group, widget.Field} {
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

func (t *DashboardTable) names() []string {
	return (&Widget{Sort: t.Sort, Marks: t.Marks}).names()
}

func sortNames(terms []string) []string {
	names := make([]string, len(terms))
	for i, term := range terms {
		names[i] = ParseSort(term).Field
	}
	return names
}

func (w within) metric(dataset, name string) bool {
	d := w.dataset(dataset)
	return d != nil && d.Metric(name) != nil
}

// group reports whether a dataset has a field of its own or a borrowed one.
func (w within) group(dataset, name string) bool {
	d := w.dataset(dataset)
	if d == nil {
		return false
	}
	return d.Field(name) != nil || slices.ContainsFunc(d.Lend, func(l Lend) bool {
		return slices.Contains(l.Fields, name) && w.fields(l.Dataset, name)
	})
}

// shown reports whether rows of a dataset can show these fields: its own or borrowed ones.
func (w within) shown(dataset string, names []string) bool {
	return !slices.ContainsFunc(names, func(name string) bool { return !w.group(dataset, name) })
}

// fields reports whether a dataset has these fields, "" apart.
func (w within) fields(dataset string, names ...string) bool {
	d := w.dataset(dataset)
	return d != nil && !slices.ContainsFunc(names, func(name string) bool { return name != "" && d.Field(name) == nil })
}

// Datasets returns the names of the datasets that a dashboard shows, each once.
func (d *Dashboard) Datasets() []string {
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
