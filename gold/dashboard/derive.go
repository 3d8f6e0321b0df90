package dashboard

import (
	"fmt"
	"slices"
	"strings"

	"goldserve/gold"
)

// Bounds and heights of a layout that is made from contracts.
const (
	maxCards        = 6
	maxChoices      = 4
	maxRankings     = 6
	maxLists        = 6 // the others are in the menu of lists
	maxTableFields  = 10
	cardsHeight     = 92
	trendHeight     = 290
	widgetHeight    = 300 // of ten groups
	listHeight      = 336 // of ten rows below names of two lines
	frameHeight     = 62  // of a widget without them
	groupHeight     = 24
	widgetsInRow    = 3
	rankingsOfModel = 10
)

// Seen reports whether the values of a field are groups worth showing, by what is known of its rows: several values, each
// of many rows.
type Seen func(dataset, field string) bool

// deriving is a layout being made.
type deriving struct {
	model *gold.Model
	facts *gold.Dataset // nil: none
	seen  Seen          // nil: nobody looked at the rows

	dimensions []dimension
}

// Derive makes a layout from contracts: cards of the key figures, the first of them over time, a ranking of what facts are
// told apart by, and a list of each dataset that people see and that is no aggregate. seen may be nil.
func Derive(m *gold.Model, seen Seen) Layout {
	d := &deriving{model: m, facts: m.Dataset(m.Facts), seen: seen}
	made := Layout{}
	if len(m.KPIs) > 0 {
		made.Rows = append(made.Rows, Row{Height: cardsHeight, Widgets: []Widget{{
			ID: "cards", Type: KPIsWidget, Span: Columns, Metrics: m.KPIs[:min(len(m.KPIs), maxCards)],
		}}})
	}
	if d.facts != nil {
		d.findDimensions()
		made.Filters = d.filters()
		if metric := d.metric(); metric != nil {
			made.Rows = append(made.Rows, d.figures(metric)...)
		}
	}
	// A dataset that neither a URL of its own nor the BI database shows is for others to be computed from; where all are
	// like that, there is nothing else to show.
	open := func(d gold.Dataset) bool { return d.Endpoint != "" || d.Collection != "" }
	all := !slices.ContainsFunc(m.Datasets, open)
	figures := len(made.Rows) > 0 // of the facts, whose rows are then no list of the page
	var lists []Widget
	for i := range m.Datasets {
		of := &m.Datasets[i]
		if !all && !open(*of) || of.Derive != nil || of.Rollup != nil {
			continue
		}
		table := derivedTable(of)
		made.Tables = append(made.Tables, table)
		if len(lists) < maxLists && (!figures || of != d.facts) {
			lists = append(lists, Widget{
				ID: "list_" + of.Name, Type: ListWidget, Title: table.Title, Dataset: of.Name, Fields: table.Fields,
				Sort: table.Sort, Limit: ListWidget.Keys().Limit, Page: table.ID,
			})
		}
	}
	made.Rows = append(made.Rows, rowsOf(lists, listHeight)...)
	made.tellIDsApart()
	return made
}

// tellIDsApart adds a number to IDs that the page or a table has already.
func (d *Layout) tellIDsApart() {
	taken := slices.Clone(pageNames)
	unique := func(id string) string {
		candidate := id
		for n := 2; slices.Contains(taken, candidate); n++ {
			candidate = fmt.Sprintf("%s_%d", id, n)
		}
		taken = append(taken, candidate)
		return candidate
	}
	pages := map[string]string{}
	for i := range d.Tables {
		t := &d.Tables[i]
		pages[t.Dataset] = unique(t.ID)
		t.ID = pages[t.Dataset]
	}
	for _, row := range d.Rows {
		for i := range row.Widgets {
			w := &row.Widgets[i]
			w.ID = unique(w.ID)
			if w.Page != "" {
				w.Page = pages[w.Dataset]
			}
		}
	}
}

// Axis returns the field of a model's facts that time runs along, and whether the page can be of a period of it: whether it
// can be filtered from one time to another. nil: there is none.
func Axis(m *gold.Model) (field *gold.Field, period bool) {
	facts := m.Dataset(m.Facts)
	if facts == nil || m.AsOf.Dataset != facts.Name {
		return nil, false
	}
	f := facts.Field(m.AsOf.Field)
	return f, f != nil && spans(f)
}

// spans reports whether a field can be filtered from one value to another.
func spans(f *gold.Field) bool {
	return slices.Contains(f.Filters, gold.Gte) && slices.Contains(f.Filters, gold.Lte)
}

// filters are the period and the texts that facts are filtered by, looked-up ones included.
func (d *deriving) filters() []Filter {
	var filters []Filter
	_, period := Axis(d.model)
	if period {
		filters = append(filters, Filter{Type: PeriodControl})
	}
	choices := 0
	for i := range d.dimensions {
		dim := &d.dimensions[i]
		if choices == maxChoices || !slices.Contains(dim.field.Filters, gold.Eq) && !slices.Contains(dim.field.Filters, gold.In) {
			continue
		}
		control := SearchControl
		if dim.few() {
			control = ChoiceControl
		}
		filters = append(filters, Filter{Type: control, Field: dim.name, Label: dim.label})
		choices++
	}
	if period {
		filters = append(filters, Filter{Type: CompareControl})
	}
	return filters
}

// metric returns the key figure that is shown over time and by groups, nil for none: of the facts, the first that adds up
// money, else any amount, whole numbers last; else one that counts or measures rows; else a ratio.
func (d *deriving) metric() *gold.Metric {
	var first *gold.Metric
	rank := 0
	for _, name := range d.model.KPIs {
		metric := d.facts.Metric(name)
		if metric == nil || metric.Unfiltered || metric.Doc.UnitField != "" || d.isDuration(metric) {
			continue
		}
		if of := d.rank(metric); of > rank {
			first, rank = metric, of
		}
	}
	return first
}

// isDuration reports whether a metric is a text of ISO 8601, which has no line and no bar.
func (d *deriving) isDuration(metric *gold.Metric) bool {
	if metric.Measure == nil {
		return false
	}
	f := d.facts.Field(metric.Measure.Field)
	return f != nil && metric.Measure.Kind(f.Kind) == gold.Duration
}

// rank says how much a metric tells of the facts as a whole.
func (d *deriving) rank(metric *gold.Metric) int {
	if metric.Measure == nil {
		return 1
	}
	summed := d.facts.Field(metric.Measure.Field)
	switch {
	case metric.Measure.Func != gold.Sum || summed == nil:
		return 2
	case metric.Doc.Format == "money" || summed.Doc.Format == "money":
		return 5
	case summed.Kind != gold.Int:
		return 4
	}
	return 3
}

// figures are the rows that show a metric over time and by what facts are told apart by.
func (d *deriving) figures(metric *gold.Metric) []Row {
	var rows []Row
	if axis, _ := Axis(d.model); axis != nil {
		rows = append(rows, Row{Height: trendHeight, Widgets: []Widget{{
			ID: "trend", Type: TrendWidget, Span: Columns, Title: metric.Doc.Label, Dataset: d.facts.Name,
			Field: axis.Name, Metric: metric.Name,
		}}})
	}
	shown := d.dimensions[:min(len(d.dimensions), maxRankings)]
	var rankings []Widget
	for i := range shown {
		dim := &shown[i]
		w := Widget{
			ID: "by_" + strings.ReplaceAll(dim.name, ".", "_"), Type: TopWidget, Title: dim.label, Dataset: d.facts.Name,
			Group: dim.name, Metric: metric.Name, Limit: rankingsOfModel,
		}
		if dim.few() {
			w.Type = RankingWidget
		}
		rankings = append(rankings, w)
	}
	placed := rowsOf(rankings, widgetHeight)
	for i := range placed {
		placed[i].Height = height(shown[i*widgetsInRow : min(len(shown), (i+1)*widgetsInRow)])
	}
	return append(rows, placed...)
}

// height is that of a row of rankings: of as many groups as the longest of their closed lists has.
func height(ranked []dimension) int64 {
	most := 3
	for i := range ranked {
		list := ranked[i].of.ListedValues(ranked[i].field.Name)
		if len(list) == 0 {
			return widgetHeight
		}
		most = max(most, len(list))
		if ranked[i].field.Nullable {
			most = max(most, len(list)+1)
		}
	}
	return min(widgetHeight, frameHeight+groupHeight*int64(most))
}

// derivedTable is the page of a dataset's rows: its key, then its other fields up to a number that fits, those that only
// identify last.
func derivedTable(d *gold.Dataset) Table {
	table := Table{ID: d.Name, Title: d.Doc.Label, Dataset: d.Name, Fields: slices.Clone(d.Key)}
	if len(table.Title) == 0 {
		table.Title = map[string]string{"en": d.Name}
	}
	for _, last := range []bool{false, true} {
		for i := range d.Fields {
			name := d.Fields[i].Name
			if len(table.Fields) < maxTableFields && identifying.MatchString(name) == last && !slices.Contains(table.Fields, name) {
				table.Fields = append(table.Fields, name)
			}
		}
	}
	for _, term := range d.ShownSort() {
		table.Sort = append(table.Sort, term.String())
	}
	return table
}

// rowsOf places widgets in rows of equal parts. A list shows as many fields as its part is wide.
func rowsOf(widgets []Widget, height int64) []Row {
	var rows []Row
	for part := range slices.Chunk(widgets, widgetsInRow) {
		for i := range part {
			part[i].Span = Columns / int64(len(part))
			part[i].Fields = part[i].Fields[:min(len(part[i].Fields), int(part[i].Span))]
		}
		rows = append(rows, Row{Height: height, Widgets: part})
	}
	return rows
}
