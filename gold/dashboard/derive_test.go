package dashboard_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"goldserve/gold"
	"goldserve/gold/dashboard"
)

var open = []gold.Op{gold.Eq, gold.Ne, gold.In, gold.Gt, gold.Gte, gold.Lt, gold.Lte}

func text(name string) gold.Field {
	return gold.Field{Name: name, Kind: gold.Text, Filters: open, Search: true}
}

// shop is a model of one fact table and what it looks up.
func shop() *gold.Model {
	valid := func(field string, values ...string) gold.Rule {
		return gold.Rule{Metric: "invalidValues", Field: field, Valid: values, Severity: gold.SeverityWarning}
	}
	masked := text("buyer")
	masked.Mask = gold.MaskHMAC
	month := text("month")
	month.Doc.Format = "month"
	return &gold.Model{
		Name: "shop", Facts: "lines", KPIs: []string{"rows", "mean", "revenue"}, AsOf: gold.FieldRef{Dataset: "lines", Field: "at"},
		Datasets: []gold.Dataset{
			{
				Name: "lines", Collection: "lines", Key: []string{"line"},
				Fields: []gold.Field{
					text("line"), text("invoice_no"), text("customerId"), text("order_uuid"), text("reference_code"), text("number_of_rooms_text"),
					text("country"), text("channel"), text("currency"), text("email_hash"), masked, month,
					{Name: "at", Kind: gold.Time, Filters: open},
					{Name: "amount", Kind: gold.Double, Filters: open},
				},
				Rules: []gold.Rule{
					valid("channel", "web", "shop"), valid("currency", "EUR"), {Metric: "duplicateValues", Field: "email_hash"},
				},
				Metrics: []gold.Metric{
					{Name: "rows", Measure: &gold.Measure{Func: gold.Count}},
					{Name: "mean", Measure: &gold.Measure{Func: gold.Avg, Field: "amount"}},
					{Name: "revenue", Measure: &gold.Measure{Func: gold.Sum, Field: "amount"}},
				},
				Lookups: []gold.Lookup{{Dataset: "releases", On: "customerId", Key: "id", Fields: []string{"segment", "zip_no"}}},
			},
			{Name: "releases", Collection: "releases", Key: []string{"id"}, Fields: []gold.Field{text("id"), text("segment"), text("zip_no")}},
			{Name: "trend", Collection: "trend", Key: []string{"id"}, Fields: []gold.Field{text("id")}},
		},
	}
}

// shown writes the filters, then the widgets and their fields, then the tables.
func shown(l dashboard.Layout) string {
	var words []string
	for _, f := range l.Filters {
		words = append(words, strings.TrimSpace(string(f.Type)+" "+f.Field))
	}
	words = append(words, "|")
	for _, row := range l.Rows {
		for _, w := range row.Widgets {
			words = append(words, strings.TrimSpace(fmt.Sprintf("%s:%s %s", w.ID, w.Type, w.Group+w.Field)))
		}
	}
	words = append(words, "|")
	for _, table := range l.Tables {
		words = append(words, table.ID)
	}
	return strings.Join(words, ", ")
}

func TestWhatALayoutIsMadeOf(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*gold.Model)
		seen   dashboard.Seen
		want   string
	}{
		// The page releases is the program's, and trend a table's. An amount goes before a count and a mean. Ids, the key, what is unique, masked, a period or one value isn't ranked.
		"contracts alone": {nil, nil, "period, search country, choice channel, search segment, compare, |, " +
			"cards:kpis, trend_2:trend at, by_country:top country, by_channel:ranking channel, by_segment:top segment, list_releases:list, list_trend:list, |, " +
			"lines, releases_2, trend"},
		"what rows tell": {nil, func(_, field string) bool { return field != "country" && field != "segment" }, "period, choice channel, compare, |, " +
			"cards:kpis, trend_2:trend at, by_channel:ranking channel, list_releases:list, list_trend:list, |, lines, releases_2, trend"},
		"a time that can't be filtered from one to another": {
			func(m *gold.Model) { m.Datasets[0].Field("at").Filters = []gold.Op{gold.Gte} }, nil,
			"search country, choice channel, search segment, |, " +
				"cards:kpis, trend_2:trend at, by_country:top country, by_channel:ranking channel, by_segment:top segment, list_releases:list, list_trend:list, |, " +
				"lines, releases_2, trend",
		},
		"counts where nothing adds up": {
			func(m *gold.Model) { m.KPIs = []string{"rows"}; m.Datasets = m.Datasets[:1]; m.AsOf = gold.FieldRef{} }, nil,
			"search country, choice channel, |, cards:kpis, by_country:top country, by_channel:ranking channel, |, lines",
		},
	} {
		t.Run(name, func(t *testing.T) {
			m := shop()
			if c.change != nil {
				c.change(m)
			}
			layout := dashboard.Derive(m, c.seen)
			if got := shown(layout); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			for _, row := range layout.Rows {
				for _, w := range row.Widgets {
					if w.Type == dashboard.ListWidget && !slices.ContainsFunc(layout.Tables, func(table dashboard.Table) bool { return table.ID == w.Page && table.Dataset == w.Dataset }) {
						t.Errorf("%s leads to %s", w.ID, w.Page)
					}
				}
			}
		})
	}
}

// TestADimensionOfTwoNamesIsTwo: its fields are filters and groups by the names that they have among the facts, and stay
// where a release has them.
func TestADimensionOfTwoNamesIsTwo(t *testing.T) {
	m := shop()
	lookup := m.Datasets[0].Lookups[0]
	lookup.Fields = []string{"segment"}
	buyer, payer := lookup, lookup
	buyer.Name, payer.Name = "buyer", "payer"
	m.Datasets[0].Lookups = []gold.Lookup{buyer, payer}
	layout := dashboard.Derive(m, func(_, field string) bool { return field == "segment" })
	want := "period, choice channel, search buyer.segment, search payer.segment, compare, |, cards:kpis, trend_2:trend at, " +
		"by_channel:ranking channel, by_buyer_segment:top buyer.segment, by_payer_segment:top payer.segment, list_releases:list, list_trend:list, |, lines, releases_2, trend"
	if got := shown(layout); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := layout.Filters[2].Label["en"]; got != "segment (buyer)" {
		t.Errorf("label %s", got)
	}
	if got := shown(layout.Within(m.Facts, m.KPIs, m.Dataset)); got != want {
		t.Errorf("within: got  %s\nwant %s", got, want)
	}
}

// TestOfManyDatasetsSomeAreOnThePage: the others are in the menu of lists.
func TestOfManyDatasetsSomeAreOnThePage(t *testing.T) {
	m := &gold.Model{Name: "many"}
	for i := range 40 {
		m.Datasets = append(m.Datasets, gold.Dataset{Name: fmt.Sprintf("d%02d", i), Fields: []gold.Field{text("a"), text("b"), text("c"), text("d"), text("e")}})
	}
	layout := dashboard.Derive(m, nil)
	if lists := len(layout.Rows[0].Widgets) + len(layout.Rows[1].Widgets); len(layout.Rows) != 2 || lists != 6 || len(layout.Tables) != 40 {
		t.Errorf("%d rows, %d lists, %d tables", len(layout.Rows), lists, len(layout.Tables))
	}
	if of, in := len(layout.Rows[0].Widgets[0].Fields), len(layout.Tables[0].Fields); of != 4 || in != 5 {
		t.Errorf("a third of a row shows %d fields, a table %d", of, in)
	}
}

func TestAGeneralNameIsToldByWhatHasIt(t *testing.T) {
	m := shop()
	m.Datasets[0].Lookups[0].Fields = []string{"segment", "name"}
	m.Datasets[1].Fields = append(m.Datasets[1].Fields, text("name"))
	m.Datasets[1].Doc.Label = map[string]string{"en": "Releases", "fr": "Versions"}
	titles := map[string]map[string]string{}
	layout := dashboard.Derive(m, nil)
	for _, row := range layout.Rows {
		for _, w := range row.Widgets {
			titles[w.Group] = w.Title
		}
	}
	if titles["name"]["en"] != "name (Releases)" || titles["segment"]["en"] != "segment" {
		t.Error(titles)
	}
	m.Datasets[1].Fields[3].Doc.Label = map[string]string{"fr": "Nom"}
	for _, f := range dashboard.Derive(m, nil).Filters {
		if f.Field == "name" && f.Label["fr"] != "Nom (Versions)" {
			t.Error(f.Label)
		}
	}
}
