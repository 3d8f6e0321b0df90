package publisher_test

import (
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"

	"goldserve/gold"
	"goldserve/gold/quality"
	"goldserve/publisher"
)

// guild is a model whose derived datasets group by looked-up fields: over one dataset and two, in files and in a derived one.
func guild() map[string]string {
	texts := map[string]string{"model.yaml": "name: stall\ntitle: {en: Stall}\n"}
	for name, of := range map[string][2]string{
		"sales": {`      - {name: id, logicalType: integer, required: true, primaryKey: true}
      - {name: buyer, logicalType: integer, relationships: [{to: clients.id, customProperties: [{property: goldserve, value: {name: buyer}}]}]}
      - {name: payer, logicalType: integer, required: true, relationships: [{to: clients.id, customProperties: [{property: goldserve, value: {name: payer}}]}, {to: counts.payer}]}
      - {name: amount, logicalType: integer, required: true}
`, "lookup: {buyer: [city, area.name], counts: [sales]}, metrics: {places: count_distinct(buyer.city), south: \"sum(amount where buyer.area.name = 'South')\", number: count()}"},
		"clients": {`      - {name: id, logicalType: integer, required: true, primaryKey: true}
      - {name: city, logicalType: string}
      - {name: region, logicalType: string, relationships: [{to: regions.id, customProperties: [{property: goldserve, value: {name: area}}]}]}
`, "lookup: {area: [name]}"},
		"regions": {`      - {name: id, logicalType: string, required: true, primaryKey: true}
      - {name: name, logicalType: string}
`, "label: {en: Regions}"},
		"counts": {`      - {name: payer, logicalType: integer, required: true, primaryKey: true}
      - {name: sales, logicalType: integer, required: true}
`, "derive: {from: sales, group: payer, measures: {sales: count()}}"},
		"cities": {`      - {name: city, logicalType: string, required: false, primaryKey: true, primaryKeyPosition: 1}
      - {name: buyer_area_name, logicalType: string, required: false, primaryKey: true, primaryKeyPosition: 2}
      - {name: total, logicalType: integer, required: true}
`, "derive: {from: sales, group: [{field: buyer.city, as: city}, buyer.area.name], measures: {total: sum(amount)}}"},
		"areas": {`      - {name: buyer_area_name, logicalType: string, required: false, primaryKey: true}
      - {name: cities, logicalType: integer, required: true}
      - {name: total, logicalType: integer, required: true}
`, "derive: {from: cities, group: buyer_area_name, measures: {cities: count(), total: sum(total)}}"},
	} {
		texts["contracts/"+name+".odcs.yaml"] = "apiVersion: v3.1.0\nkind: DataContract\nid: stall." + name + "\nversion: 1.0.0\nstatus: active\nschema:\n  - name: " + name +
			"\n    properties:\n" + of[0] + "    customProperties:\n      - {property: goldserve, value: {" + of[1] + "}}\n"
	}
	return texts
}

type (
	deal struct {
		ID     int64  `parquet:"id"`
		Buyer  *int64 `parquet:"buyer,optional"`
		Payer  int64  `parquet:"payer"`
		Amount int64  `parquet:"amount"`
	}
	client struct {
		ID     int64  `parquet:"id"`
		City   string `parquet:"city"`
		Region string `parquet:"region"`
	}
	region struct {
		ID   string `parquet:"id"`
		Name string `parquet:"name"`
	}
)

func deals(more ...deal) []deal {
	return append([]deal{
		{1, new(int64(1)), 2, 10},
		{2, new(int64(1)), 1, 20},
		{3, new(int64(2)), 1, 5},
		{4, new(int64(3)), 3, 7},
		{5, nil, 1, 2},
		{6, new(int64(9)), 2, 1},
		{7, new(int64(2)), 2, 4},
	}, more...)
}

// clients leads one of its rows nowhere, and one is looked up by none.
func clients(first, last string) []client {
	return []client{{1, first, "S"}, {2, "Lille", "N"}, {3, "Nice", "X"}, {4, last, "N"}}
}

func regions(north string) []region { return []region{{"N", north}, {"S", "South"}} }

func openGuild(t *testing.T) *market {
	t.Helper()
	m := &market{folder: t.TempDir()}
	put(t, m, "sales", deals())
	put(t, m, "clients", clients("Lyon", "Brest"))
	put(t, m, "regions", regions("North"))
	m.open(t)
	return m
}

// put writes a dataset's file.
func put[T any](t *testing.T, m *market, dataset string, rows []T) {
	t.Helper()
	if err := parquet.WriteFile(filepath.Join(m.folder, dataset+".parquet"), rows); err != nil {
		t.Fatal(err)
	}
}

// version returns that of a dataset in the current release.
func (m *market) version(t *testing.T, dataset string) *gold.Version {
	t.Helper()
	release, err := m.store.Resolve(t.Context(), gold.Selector{Model: "stall"})
	if err != nil {
		t.Fatal(err)
	}
	return release.Version(dataset)
}

// served returns the rows of a dataset in the current release, in their order.
func (m *market) served(t *testing.T, dataset string) []string {
	t.Helper()
	v := m.version(t, dataset)
	rows, err := m.store.Rows(t.Context(), gold.Query{Version: v, Sort: v.Dataset.TotalSort(nil)})
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	_, err = gold.EachBatch(t.Context(), rows, func(b *gold.Batch) error {
		for i := range b.Rows {
			var values []string
			for _, value := range b.Row(i, nil) {
				values = append(values, value.String())
			}
			texts = append(texts, strings.Join(values, " "))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return texts
}

// TestDerivedDatasetsGroupByLookedUpFields: the rows are added up by hand. What a row looks up nowhere is null.
func TestDerivedDatasetsGroupByLookedUpFields(t *testing.T) {
	m, texts := openGuild(t), guild()
	texts["contracts/loyal.odcs.yaml"] = strings.NewReplacer("counts", "loyal", "name: payer, logicalType: integer, required: true", "name: sales, logicalType: integer, required: false", "name: sales, logicalType: integer, required: true", "name: total, logicalType: integer, required: true",
		"group: payer", "group: sales", "{sales: count()}", "{total: sum(amount)}").Replace(texts["contracts/counts.odcs.yaml"])
	p := publisher.New(publisher.Config{Logger: slog.New(slog.DiscardHandler), Workers: 2})
	checked, err := p.Check(t.Context(), publisher.Request{Model: stallModel(t, texts), Lake: m.source})
	if err != nil {
		t.Fatal(err)
	}
	m.publish(t, texts, publisher.Request{})
	for dataset, want := range map[string][]string{
		"cities": {"null null 3", "Lille North 9", "Lyon South 30", "Nice null 7"},
		"areas":  {"null 2 10", "North 1 9", "South 1 30"},
		"loyal":  {"1 7", "3 42"}, // by how often their payers paid
	} {
		if diff := cmp.Diff(want, m.served(t, dataset)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", dataset, diff)
		}
		if checked.Rows[dataset] != int64(len(want)) {
			t.Errorf("%s: %d rows were checked, want %d", dataset, checked.Rows[dataset], len(want))
		}
	}
	// Figures of looked-up fields change without the sales.
	if v := m.version(t, "sales"); len(v.Measures) != 1 || v.Measures["count()"] != gold.NewInt(7) {
		t.Errorf("the version of sales records %v", v.Measures)
	}
	if _, err := publisher.New(publisher.Config{Store: m.store, Logger: slog.New(slog.DiscardHandler)}).Verify(t.Context(), publisher.VerifyRequest{Model: "stall"}); err != nil {
		t.Error(err)
	}
}

// TestWhatIsLookedUpIsPartOfADerivedVersion: its rows, wherever they are, and how they are looked up.
func TestWhatIsLookedUpIsPartOfADerivedVersion(t *testing.T) {
	replace := func(dataset, old, with string) func(*testing.T, *market, map[string]string, *publisher.Request) {
		return func(t *testing.T, _ *market, texts map[string]string, _ *publisher.Request) {
			name := "contracts/" + dataset + ".odcs.yaml"
			if !strings.Contains(texts[name], old) {
				t.Fatalf("%s has no %q", name, old)
			}
			texts[name] = strings.Replace(texts[name], old, with, 1)
		}
	}
	remove := func(names ...string) func(*testing.T, *market, map[string]string, *publisher.Request) {
		return func(t *testing.T, m *market, _ map[string]string, r *publisher.Request) {
			r.Partial = true
			for _, name := range names {
				if err := os.Remove(filepath.Join(m.folder, name+".parquet")); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	change := func(write func(*testing.T, *market)) func(*testing.T, *market, map[string]string, *publisher.Request) {
		return func(t *testing.T, m *market, _ map[string]string, _ *publisher.Request) { write(t, m) }
	}
	before := []string{"null null 3", "Lille North 9", "Lyon South 30", "Nice null 7"}
	for name, c := range map[string]struct {
		change func(*testing.T, *market, map[string]string, *publisher.Request)
		derive string // why cities are derived again; "": they aren't
		want   []string
	}{
		"nothing":                         {func(*testing.T, *market, map[string]string, *publisher.Request) {}, "", before},
		"another city":                    {change(func(t *testing.T, m *market) { put(t, m, "clients", clients("Paris", "Brest")) }), "clients, in which it looks fields up, changed", []string{"null null 3", "Lille North 9", "Nice null 7", "Paris South 30"}},
		"another name of a region":        {change(func(t *testing.T, m *market) { put(t, m, "regions", regions("Nord")) }), "regions, in which it looks fields up, changed", []string{"null null 3", "Lille Nord 9", "Lyon South 30", "Nice null 7"}},
		"a client whom no row looks up":   {change(func(t *testing.T, m *market) { put(t, m, "clients", clients("Lyon", "Paris")) }), "clients, in which it looks fields up, changed", before},
		"a sale":                          {change(func(t *testing.T, m *market) { put(t, m, "sales", deals(deal{8, new(int64(9)), 9, 100})) }), "sales, which it is derived from, changed", []string{"null null 103", "Lille North 9", "Lyon South 30", "Nice null 7"}},
		"another field that is looked up": {replace("sales", "buyer: [city,", "buyer: [city, region,"), "", before},
		"clients that are kept":           {remove("clients"), "", before},
		"sales that are kept beside another name": {func(t *testing.T, m *market, texts map[string]string, r *publisher.Request) {
			remove("sales")(t, m, texts, r)
			put(t, m, "regions", regions("Nord"))
		}, "regions, in which it looks fields up, changed", []string{"null null 3", "Lille Nord 9", "Lyon South 30", "Nice null 7"}},
		"regions that are kept beside another sale": {func(t *testing.T, m *market, texts map[string]string, r *publisher.Request) {
			remove("regions")(t, m, texts, r)
			put(t, m, "sales", deals(deal{8, new(int64(2)), 2, 100}))
		}, "sales, which it is derived from, changed", []string{"null null 3", "Lille North 109", "Lyon South 30", "Nice null 7"}},
		"a path over another field": {func(t *testing.T, m *market, texts map[string]string, r *publisher.Request) {
			replace("sales", "value: {name: buyer}}]}]}", "value: {name: payer}}]}]}")(t, m, texts, r)
			replace("sales", "value: {name: payer}}]}, {to: counts", "value: {name: buyer}}]}, {to: counts")(t, m, texts, r)
		}, "the contract changed: derive", []string{"Lille North 15", "Lyon South 27", "Nice null 7"}},
	} {
		t.Run(name, func(t *testing.T) {
			m, texts := openGuild(t), guild()
			m.publish(t, texts, publisher.Request{})
			texts, request := maps.Clone(texts), publisher.Request{}
			c.change(t, m, texts, &request)
			dry := request
			dry.DryRun = true
			planned, why := m.publish(t, texts, dry).Plan, ""
			for _, d := range planned.Datasets {
				if d.Dataset == "cities" && d.Action == publisher.Derive {
					why = d.Why[0].Detail
				}
			}
			if why != c.derive {
				t.Errorf("cities are derived because %q, want %q", why, c.derive)
			}
			done := m.publish(t, texts, request)
			if derived := slices.Contains(done.Loaded, "cities"); derived != (c.derive != "") {
				t.Errorf("loaded %v", done.Loaded)
			}
			if diff := cmp.Diff(c.want, m.served(t, "cities")); diff != "" {
				t.Errorf("cities (-want +got):\n%s", diff)
			}
			if again := m.publish(t, texts, publisher.Request{Partial: request.Partial}); again.Outcome != publisher.Unchanged {
				t.Errorf("once more: %s, loaded %v", again.Outcome, again.Loaded)
			}
		})
	}
}

// TestRollupsOfLookedUpFieldsAreCompared: over a name and over two datasets, also where only the last of them changes.
func TestRollupsOfLookedUpFieldsAreCompared(t *testing.T) {
	m, texts := openGuild(t), guild()
	texts["contracts/places.odcs.yaml"] = strings.NewReplacer("cities", "places", "derive: {from: sales", "rollup: {of: sales", "required: false", "required: true").Replace(texts["contracts/cities.odcs.yaml"])
	type place struct {
		City  string `parquet:"city"`
		Area  string `parquet:"buyer_area_name"`
		Total int64  `parquet:"total"`
	}
	put(t, m, "sales", slices.DeleteFunc(deals(), func(d deal) bool { return d.Buyer == nil || *d.Buyer > 2 }))
	put(t, m, "places", []place{{"Lille", "North", 9}, {"Lyon", "South", 31}})
	compare := func(want ...string) {
		t.Helper()
		report := m.publish(t, texts, publisher.Request{})
		i := slices.IndexFunc(report.Quality, func(q gold.RuleResult) bool { return q.Dataset == "places" && q.Rule == quality.RollupRule })
		if i < 0 {
			t.Fatalf("%s: %+v", report.Outcome, report.Quality)
		}
		if diff := cmp.Diff(want, report.Quality[i].Examples); diff != "" {
			t.Errorf("differences (-want +got):\n%s", diff)
		}
	}
	compare("city 'Lyon', buyer_area_name 'South': total is 31, sales gives 30")
	put(t, m, "regions", regions("Nord"))
	compare("city 'Lille', buyer_area_name 'Nord' is missing: sales gives total 9",
		"city 'Lyon', buyer_area_name 'South': total is 31, sales gives 30", "city 'Lille', buyer_area_name 'North': sales has no such group")
	// Over another relationship of the same rows.
	texts["contracts/clients.odcs.yaml"] = strings.Replace(texts["contracts/clients.odcs.yaml"], "{name: region, logicalType", "{name: area, physicalName: region, logicalType", 1)
	put(t, m, "regions", regions("North"))
	compare("city 'Lyon', buyer_area_name 'South': total is 31, sales gives 30")
	for _, swap := range [][2]string{{"value: {name: payer}}]}, {to: counts", "value: {name: buyer}}]}, {to: counts"}, {"value: {name: buyer}}]}]}", "value: {name: payer}}]}]}"}} {
		texts["contracts/sales.odcs.yaml"] = strings.Replace(texts["contracts/sales.odcs.yaml"], swap[0], swap[1], 1)
	}
	compare("city 'Lille', buyer_area_name 'North': total is 9, sales gives 14", "city 'Lyon', buyer_area_name 'South': total is 31, sales gives 25")
}
