package dashboard

import (
	"cmp"
	"slices"

	"goldserve/gold"
)

// Bounds and heights of a layout that is made from contracts.
const (
	maxCards        = 6
	maxChoices      = 4
	maxRankings     = 6
	maxListFields   = 7
	cardsHeight     = 92
	trendHeight     = 290
	widgetHeight    = 300
	widgetsInRow    = 3
	rankingsOfModel = 10
)

// Derive makes a layout from contracts alone: cards of the key figures, the first of them over time, a
// ranking of what facts are told apart by, and a list of each dataset that people see and that is no aggregate.
func Derive(m *gold.Model) Layout {
	made := Layout{}
	if len(m.KPIs) > 0 {
		made.Rows = append(made.Rows, Row{Height: cardsHeight, Widgets: []Widget{{
			ID: "cards", Type: KPIsWidget, Span: Columns, Metrics: m.KPIs[:min(len(m.KPIs), maxCards)],
		}}})
	}
	facts := m.Dataset(m.Facts)
	if facts != nil {
		made.Filters = derivedFilters(m, facts)
		if metric := firstMetric(m, facts); metric != nil {
			made.Rows = append(made.Rows, derivedFigures(m, facts, metric)...)
		}
	}
	// A dataset that neither a URL of its own nor the BI database shows is for others to be computed from; where all are
	// like that, there is nothing else to show.
	open := func(d gold.Dataset) bool { return d.Endpoint != "" || d.Collection != "" }
	all := !slices.ContainsFunc(m.Datasets, open)
	figures := len(made.Rows) > 0 // of the facts, which are then no list
	var lists []Widget
	for i := range m.Datasets {
		d := &m.Datasets[i]
		if !all && !open(*d) || d.Derive != nil || d.Rollup != nil || figures && d.Name == m.Facts {
			continue
		}
		table := derivedTable(d)
		made.Tables = append(made.Tables, table)
		lists = append(lists, Widget{
			ID: "list_" + d.Name, Type: ListWidget, Title: table.Title, Dataset: d.Name, Fields: table.Fields,
			Sort: table.Sort, Limit: ListWidget.Keys().Limit, Page: table.ID,
		})
	}
	made.Rows = append(made.Rows, rowsOf(lists)...)
	return made
}

// derivedFilters are the period and the texts that facts are filtered by, looked-up ones included.
func derivedFilters(m *gold.Model, facts *gold.Dataset) []Filter {
	var filters []Filter
	timed := m.AsOf.Dataset == facts.Name && m.AsOf.Field != ""
	if timed {
		filters = append(filters, Filter{Type: PeriodControl})
	}
	for _, f := range groupFields(m, facts) {
		if len(filters) > maxChoices || !slices.Contains(f.Filters, gold.Eq) && !slices.Contains(f.Filters, gold.In) {
			continue
		}
		control := ChoiceControl
		if f.Search {
			control = SearchControl
		}
		filters = append(filters, Filter{Type: control, Field: f.Name, Label: labelOf(f)})
	}
	if timed {
		filters = append(filters, Filter{Type: CompareControl})
	}
	return filters
}

// groupFields returns the texts that tell facts apart: neither times nor parts of the key alone.
func groupFields(m *gold.Model, facts *gold.Dataset) []*gold.Field {
	var fields []*gold.Field
	add := func(d *gold.Dataset, f *gold.Field) {
		if f == nil || f.Kind != gold.Text || f.Mask != gold.MaskNone || len(f.Filters) == 0 {
			return
		}
		if unit, _ := d.PeriodOf(f); unit == gold.NoPeriod {
			fields = append(fields, f)
		}
	}
	for i := range facts.Fields {
		if f := &facts.Fields[i]; !slices.Equal(facts.Key, []string{f.Name}) {
			add(facts, f)
		}
	}
	for _, lookup := range facts.Lookups {
		for _, name := range lookup.Fields {
			if dimension := m.Dataset(lookup.Dataset); dimension != nil {
				add(dimension, dimension.Field(name))
			}
		}
	}
	return fields
}

// firstMetric returns the first key figure that is one of the facts and has groups, a ratio only where there is no
// other; nil for none.
func firstMetric(m *gold.Model, facts *gold.Dataset) *gold.Metric {
	var first *gold.Metric
	for _, name := range m.KPIs {
		metric := facts.Metric(name)
		if metric == nil || metric.Unfiltered {
			continue
		}
		if metric.Measure != nil {
			return metric
		}
		first = cmp.Or(first, metric)
	}
	return first
}

// derivedFigures are the rows that show a metric over time and by what facts are told apart by.
func derivedFigures(m *gold.Model, facts *gold.Dataset, metric *gold.Metric) []Row {
	var rows []Row
	if m.AsOf.Dataset == facts.Name && m.AsOf.Field != "" {
		rows = append(rows, Row{Height: trendHeight, Widgets: []Widget{{
			ID: "trend", Type: TrendWidget, Span: Columns, Title: metric.Doc.Label, Dataset: facts.Name,
			Field: m.AsOf.Field, Metric: metric.Name,
		}}})
	}
	var rankings []Widget
	for _, f := range groupFields(m, facts) {
		if len(rankings) == maxRankings {
			break
		}
		w := Widget{
			ID: "by_" + f.Name, Type: RankingWidget, Title: labelOf(f), Dataset: facts.Name,
			Group: f.Name, Metric: metric.Name, Limit: rankingsOfModel,
		}
		if f.Search {
			w.Type = TopWidget
		}
		rankings = append(rankings, w)
	}
	return append(rows, rowsOf(rankings)...)
}

// derivedTable is the page of a dataset's rows: its key, then its other fields up to a number that fits.
func derivedTable(d *gold.Dataset) Table {
	table := Table{ID: d.Name, Title: d.Doc.Label, Dataset: d.Name, Fields: slices.Clone(d.Key)}
	if len(table.Title) == 0 {
		table.Title = map[string]string{"en": d.Name}
	}
	for i := range d.Fields {
		if name := d.Fields[i].Name; len(table.Fields) < maxListFields && !slices.Contains(table.Fields, name) {
			table.Fields = append(table.Fields, name)
		}
	}
	for _, term := range d.ShownSort() {
		table.Sort = append(table.Sort, term.String())
	}
	return table
}

// rowsOf places widgets in rows of equal parts.
func rowsOf(widgets []Widget) []Row {
	var rows []Row
	for part := range slices.Chunk(widgets, widgetsInRow) {
		for i := range part {
			part[i].Span = Columns / int64(len(part))
		}
		rows = append(rows, Row{Height: widgetHeight, Widgets: part})
	}
	return rows
}

func labelOf(f *gold.Field) map[string]string {
	if len(f.Doc.Label) > 0 {
		return f.Doc.Label
	}
	return map[string]string{"en": f.Name}
}
