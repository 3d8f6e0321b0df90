package main

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
)

// member is a row of a dimension with its parent's number.
type member struct {
	ID     int64  `parquet:"id"`
	Name   string `parquet:"name"`
	Parent *int64 `parquet:"parent,optional"`
}

type calendarDay struct {
	Day     int32  `parquet:"day,date"`
	Week    string `parquet:"week"`
	Holiday bool   `parquet:"holiday"`
}

type sale struct {
	ID      int64  `parquet:"id"`
	Ordered int32  `parquet:"ordered,date"`
	Shipped *int32 `parquet:"shipped,optional,date"`
	Product *int64 `parquet:"product,optional"`
	Qty     int64  `parquet:"qty"`
}

// writeSales writes a star with two ways to its dates, and a snowflake behind its products: some of them lead nowhere.
func writeSales(t *testing.T, lake string) {
	t.Helper()
	in := func(name string) string { return filepath.Join(lake, name+".parquet") }
	for _, err := range []error{
		parquet.WriteFile(in("sales"), []sale{
			{1, day("2024-01-05"), new(day("2024-01-07")), new(int64(1)), 3},
			{2, day("2024-01-05"), new(day("2024-02-01")), new(int64(2)), 1},
			{3, day("2024-01-31"), new(day("2024-02-02")), new(int64(3)), 5},
			{4, day("2024-02-01"), nil, new(int64(1)), 2},
			{5, day("2024-02-02"), new(day("2024-02-02")), new(int64(4)), 7},
			{6, day("2024-02-02"), new(day("2024-03-01")), nil, 1},
			{7, day("2024-01-07"), new(day("2024-01-07")), new(int64(5)), 4},
			{8, day("2024-02-01"), new(day("2024-02-02")), new(int64(2)), 6},
		}),
		parquet.WriteFile(in("dates"), []calendarDay{
			{day("2024-01-05"), "W1", false},
			{day("2024-01-07"), "W1", true},
			{day("2024-01-31"), "W5", false},
			{day("2024-02-01"), "W5", false},
			{day("2024-02-02"), "W5", true},
		}),
		parquet.WriteFile(in("products"), []member{
			{1, "Pen", new(int64(1))}, {2, "Ink", new(int64(1))}, {3, "Chair", new(int64(2))}, {4, "Lamp", new(int64(9))}, {5, "Bare", nil},
		}),
		parquet.WriteFile(in("subs"), []member{{1, "Writing", new(int64(1))}, {2, "Seats", new(int64(2))}}),
		parquet.WriteFile(in("cats"), []member{{1, "Office", new(int64(2))}, {2, "Home", new(int64(1))}}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
}

// salesModel's contracts, without what all have before their fields.
var salesModel = map[string]string{
	"sales": `    relationships:
      - {from: sales.ordered, to: dates.day, customProperties: [{property: goldserve, value: {name: order_date}}]}
      - {from: sales.shipped, to: dates.day, customProperties: [{property: goldserve, value: {name: ship_date}}]}
      - {from: sales.product, to: products.id, customProperties: [{property: goldserve, value: {name: item}}]}
    customProperties: [{property: goldserve, value: {accelerate: true, metrics: {
        office: "sum(qty where item.sub.cat.name = 'Office')", office_share: office / sum(qty), ranks: sum(item.sub.cat.rank), rank: {formula: avg(item.sub.cat.rank), unfiltered: true},
        items: count_distinct(item.name), latest: max(ship_date.week), holidays: "count(where ship_date.holiday = true)", february: "sum(qty where order_date.day = '2024-02') - 2 * ranks",
      }, lookup: {order_date: [week, holiday, day], ship_date: [week, holiday], item: [name, sub.name, sub.cat.name, sub.cat.rank]}}}]
    properties:
      - {name: id, logicalType: integer, required: true, primaryKey: true}
      - {name: ordered, logicalType: date, required: true}
      - {name: shipped, logicalType: date}
      - {name: product, logicalType: integer}
      - {name: qty, logicalType: integer, required: true}
`,
	"by_ship": `    customProperties: [{property: goldserve, value: {derive: {from: sales, group: [{field: shipped, grain: month}, product], measures: {qty: sum(qty)}}}}]
    properties:
      - {name: shipped_month, logicalType: string, required: false, primaryKey: true, primaryKeyPosition: 1}
      - {name: product, logicalType: integer, required: false, primaryKey: true, primaryKeyPosition: 2}
      - {name: qty, logicalType: integer, required: true}
`,
	"by_category": `    customProperties: [{property: goldserve, value: {derive: {from: sales, group: [ship_date.week, item.sub.cat.name], measures: {qty: sum(qty), sales: count(), latest: max(ordered)}}}}]
    properties:
      - {name: ship_date_week, logicalType: string, required: false, primaryKey: true, primaryKeyPosition: 1}
      - {name: item_sub_cat_name, logicalType: string, required: false, primaryKey: true, primaryKeyPosition: 2}
      - {name: qty, logicalType: integer, required: true}
      - {name: sales, logicalType: integer, required: true}
      - {name: latest, logicalType: date, required: true}
`,
	"by_product": `    customProperties: [{property: goldserve, value: {derive: {from: sales, group: [product], measures: {qty: sum(qty)}}}}]
    properties:
      - {name: product, logicalType: integer, required: false, primaryKey: true}
      - {name: qty, logicalType: integer, required: true}
`,
	"dates": `    properties:
      - {name: day, logicalType: date, required: true, primaryKey: true}
      - {name: week, logicalType: string}
      - {name: holiday, logicalType: boolean}
`,
	"products": `    customProperties: [{property: goldserve, value: {lookup: {sub: [name, cat.name, cat.rank]}}}]
    properties:
      - {name: id, logicalType: integer, required: true, primaryKey: true}
      - {name: name, logicalType: string}
      - {name: sub, physicalName: parent, logicalType: integer, relationships: [{to: subs.id, customProperties: [{property: goldserve, value: {name: sub}}]}]}
`,
	"subs": `    customProperties: [{property: goldserve, value: {lookup: {cat: [name, rank]}}}]
    properties:
      - {name: id, logicalType: integer, required: true, primaryKey: true}
      - {name: name, logicalType: string}
      - {name: cat, physicalName: parent, logicalType: integer, relationships: [{to: cats.id, customProperties: [{property: goldserve, value: {name: cat}}]}]}
`,
	"cats": `    properties:
      - {name: id, logicalType: integer, required: true, primaryKey: true}
      - {name: name, logicalType: string}
      - {name: rank, physicalName: parent, logicalType: integer}
`,
}

// salesPlace publishes the sales into a store.
func salesPlace(t *testing.T, p place) config {
	t.Helper()
	lake, contracts := t.TempDir(), map[string]string{}
	writeSales(t, lake)
	for name, text := range salesModel {
		contracts[name] = "apiVersion: v3.1.0\nkind: DataContract\nid: sales." + name + "\nversion: 1.0.0\nstatus: active\nschema:\n  - name: " + name + "\n" + text
	}
	models := writeModel(t, t.TempDir(), "star", contracts)
	const figures = "name: star\ntitle: {en: Star}\nfacts: sales\nkpis: [office, office_share, ranks, rank, items, latest, holidays, february]\n"
	if err := os.WriteFile(filepath.Join(models, "star", "model.yaml"), []byte(figures), 0o600); err != nil {
		t.Fatal(err)
	}
	publishLake(t, p, lake, "--models", models, "--model", "star")
	return config{storeSettings: storeSettings{Store: p.store}, modelSettings: modelSettings{Models: models}}
}

// TestFieldsAreLookedUpByNameAndOverSeveralDatasets: the expected values are those of pandas, by merges on the same rows.
func TestFieldsAreLookedUpByNameAndOverSeveralDatasets(t *testing.T) {
	t.Parallel()
	server := servedWith(t, salesPlace(t, sqlitePlace(t)))
	rows, groups := "/m/star/datasets/sales/rows?fields=id&", "/m/star/datasets/sales/aggregate?"
	for question, want := range map[string]string{
		rows + "order_date.week=W1":                                                `[{"id":1},{"id":2},{"id":7}]`,
		rows + "order_date.holiday=true&ship_date.week=W5":                         `[{"id":5}]`,
		rows + "ship_date.week__isnull=true":                                       `[{"id":4},{"id":6}]`,
		rows + "item.sub.cat.name=Office&sort=-ship_date.week,-qty":                `[{"id":8},{"id":2},{"id":1},{"id":4}]`,
		rows + "sort=item.sub.cat.rank,-item.name":                                 `[{"id":5},{"id":7},{"id":6},{"id":3},{"id":1},{"id":4},{"id":2},{"id":8}]`,
		rows + "or=(item.sub.cat.name__eq=Home,ship_date.holiday__eq=true)":        `[{"id":1},{"id":3},{"id":5},{"id":7},{"id":8}]`,
		"/m/star/datasets/sales/rows?fields=id,item.sub.name,order_date.day&qty=5": `[{"id":3,"item.sub.name":"Seats","order_date.day":"2024-01-31"}]`,
		groups + "group_by=order_date.week,ship_date.week&measures=qty:sum(qty)": `[{"order_date.week":"W1","ship_date.week":"W1","qty":7},{"order_date.week":"W1","ship_date.week":"W5","qty":1},` +
			`{"order_date.week":"W5","ship_date.week":null,"qty":3},{"order_date.week":"W5","ship_date.week":"W5","qty":18}]`,
		groups + "group_by=item.sub.cat.name&measures=count_distinct(item.name),n:count(),max(item.sub.cat.rank),late:min(ship_date.week)": `[` +
			`{"item.sub.cat.name":null,"count_distinct_item.name":2,"n":3,"max_item.sub.cat.rank":null,"late":"W1"},` +
			`{"item.sub.cat.name":"Home","count_distinct_item.name":1,"n":1,"max_item.sub.cat.rank":1,"late":"W5"},` +
			`{"item.sub.cat.name":"Office","count_distinct_item.name":2,"n":4,"max_item.sub.cat.rank":2,"late":"W1"}]`,
		groups + "group_by=item.sub.cat.name&measures=" + url.QueryEscape("w5:sum(qty where ship_date.week = 'W5'),holidays:count(where order_date.holiday = true),unshipped:count(where ship_date.week is null),"+
			"big:max(qty where item.sub.cat.rank = 2 and not ship_date.week = 'W1'),february:sum(qty where order_date.day = '2024-02')"): `[` +
			`{"item.sub.cat.name":null,"w5":7,"holidays":3,"unshipped":1,"big":null,"february":8},` +
			`{"item.sub.cat.name":"Home","w5":5,"holidays":0,"unshipped":0,"big":null,"february":0},` +
			`{"item.sub.cat.name":"Office","w5":7,"holidays":0,"unshipped":1,"big":6,"february":8}]`,
		groups + "group_by=m:order_date.day.month&measures=avg(item.sub.cat.rank)&sort=-m": `[{"m":"2024-02","avg_item.sub.cat.rank":2},{"m":"2024-01","avg_item.sub.cat.rank":1.6666666666666667}]`,
		groups + "group_by=item.sub.cat.name&item.sub.cat.name__ne=Home&count__gte=4":      `[{"item.sub.cat.name":"Office","count":4}]`,
		"/m/star/datasets/sales/values/item.sub.cat.name":                                  `[{"value":"Office","count":4},{"value":null,"count":3},{"value":"Home","count":1}]`,
	} {
		if got := data(t, server.URL, question, 1); got != want {
			t.Errorf("GET %s:\n%s, expected\n%s", question, got, want)
		}
	}
	for question, want := range map[string]string{
		rows + "item.sub.cat.nam=x":                                       `"did_you_mean":"item.sub.cat.name"`,
		rows + "sort=item.nam":                                            `"did_you_mean":"item.name"`,
		groups + "group_by=order_date.weak":                               `"did_you_mean":"order_date.week"`,
		groups + "group_by=item.sub.cat.nme.month":                        `"did_you_mean":"item.sub.cat.name"`,
		groups + "group_by=order_date.day.mnth":                           `"did_you_mean":"order_date.day.month"`,
		groups + "measures=count_distinct(item.sub.catname)":              `"did_you_mean":"item.sub.cat.name"`,
		groups + "measures=sum(item.name)":                                `a text field can't be used`,
		groups + "measures=x:count(where%20item.sub.cat.nam%20is%20null)": `"did_you_mean":"item.sub.cat.name"`,
		groups + "measures=x:count(where%20item.sub.cat.name%20=%202)":    `item.sub.cat.name: expected a text in single quotes, found 2`,
		groups + "measures=last(qty,order_date.day)":                      `rows are ordered by the dataset's own fields`,
	} {
		if status, body := get(t, server.URL, question); status != http.StatusBadRequest || !strings.Contains(string(body), want) {
			t.Errorf("GET %s: %d %s, expected %s", question, status, body, want)
		}
	}
}

// TestAGroupOfADerivedDatasetMayBeNull: it is a row like any other, though no key names it.
func TestAGroupOfADerivedDatasetMayBeNull(t *testing.T) {
	t.Parallel()
	server := servedWith(t, salesPlace(t, sqlitePlace(t)))
	products := "/m/star/datasets/by_product/rows?"
	for question, want := range map[string]string{
		products + "sort=product":                                                       `[{"product":null,"qty":1},{"product":1,"qty":5},{"product":2,"qty":7},{"product":3,"qty":5},{"product":4,"qty":7},{"product":5,"qty":4}]`,
		products + "product__isnull=true":                                               `[{"product":null,"qty":1}]`,
		products + "sort=-product&limit=1":                                              `[{"product":5,"qty":4}]`,
		"/m/star/datasets/by_product/rows/2":                                            `{"product":2,"qty":7}`,
		"/m/star/datasets/by_ship/rows?qty=2":                                           `[{"shipped_month":null,"product":1,"qty":2}]`,
		"/m/star/datasets/sales/aggregate?group_by=shipped.month&measures=qty:sum(qty)": `[{"shipped_month":null,"qty":2},{"shipped_month":"2024-01","qty":7},{"shipped_month":"2024-02","qty":19},{"shipped_month":"2024-03","qty":1}]`,
	} {
		if got := data(t, server.URL, question, 1); got != want {
			t.Errorf("GET %s:\n%s, expected\n%s", question, got, want)
		}
	}
}

// TestADerivedDatasetGroupsByLookedUpFields: the expected values are those of pandas, by merges on the same rows, on both stores.
func TestADerivedDatasetGroupsByLookedUpFields(t *testing.T) {
	t.Parallel()
	for name, place := range map[string]func(testing.TB) place{"sqlite": sqlitePlace, "mongodb": mongoPlace} {
		t.Run(name, func(t *testing.T) {
			server := servedWith(t, salesPlace(t, place(t)))
			row := func(week, category string, qty, sales int, latest string) string {
				return fmt.Sprintf(`{"ship_date_week":%s,"item_sub_cat_name":%s,"qty":%d,"sales":%d,"latest":"%s"}`, week, category, qty, sales, latest)
			}
			const null, w1, w5, home, office = "null", `"W1"`, `"W5"`, `"Home"`, `"Office"`
			rows := "/m/star/datasets/by_category/rows?sort=ship_date_week,item_sub_cat_name"
			for question, want := range map[string][]string{
				rows: {
					row(null, null, 1, 1, "2024-02-02"), row(null, office, 2, 1, "2024-02-01"), row(w1, null, 4, 1, "2024-01-07"),
					row(w1, office, 3, 1, "2024-01-05"), row(w5, null, 7, 1, "2024-02-02"), row(w5, home, 5, 1, "2024-01-31"), row(w5, office, 7, 2, "2024-02-01"),
				},
				rows + "&item_sub_cat_name=Home": {row(w5, home, 5, 1, "2024-01-31")},
				// Recomputed from the sales: without ink, and without those that have no product.
				rows + "&item.name__ne=Ink": {
					row(null, office, 2, 1, "2024-02-01"), row(w1, null, 4, 1, "2024-01-07"), row(w1, office, 3, 1, "2024-01-05"),
					row(w5, null, 7, 1, "2024-02-02"), row(w5, home, 5, 1, "2024-01-31"),
				},
				rows + "&product=2": {row(w5, office, 7, 2, "2024-02-01")},
				"/m/star/datasets/sales/aggregate?group_by=item.sub.cat.name&measures=qty:sum(qty),n:count()": {
					`{"item.sub.cat.name":null,"qty":12,"n":3}`, `{"item.sub.cat.name":"Home","qty":5,"n":1}`, `{"item.sub.cat.name":"Office","qty":12,"n":4}`,
				},
			} {
				if got, want := data(t, server.URL, question, 1), "["+strings.Join(want, ",")+"]"; got != want {
					t.Errorf("GET %s:\n%s, expected\n%s", question, got, want)
				}
			}
		})
	}
}

// TestMetricsOfLookedUpFields: the expected values are those of pandas, by merges on the same rows, on both stores.
func TestMetricsOfLookedUpFields(t *testing.T) {
	t.Parallel()
	for name, place := range map[string]func(testing.TB) place{"sqlite": sqlitePlace, "mongodb": mongoPlace} {
		t.Run(name, func(t *testing.T) {
			server := servedWith(t, salesPlace(t, place(t)))
			for question, want := range map[string]string{
				"/m/star/kpis":                          `{"office":12,"office_share":0.41379310344827586,"ranks":9,"rank":1.8,"items":5,"latest":"W5","holidays":5,"february":-2,`,
				"/m/star/kpis?qty__gt=2":                `{"office":9,"office_share":0.36,"ranks":5,"rank":1.8,"items":5,"latest":"W5","holidays":5,"february":3,`,
				"/m/star/kpis?item.sub.cat.name=Office": `{"office":12,"office_share":1,"ranks":8,"rank":1.8,"items":2,"latest":"W5","holidays":2,"february":-8,`,
				"/m/star/datasets/sales/aggregate?group_by=item.sub.cat.name&measures=office,office_share,ranks&sort=-office_share": `[` +
					`{"item.sub.cat.name":"Office","office":12,"office_share":1,"ranks":8},{"item.sub.cat.name":null,"office":0,"office_share":0,"ranks":0},{"item.sub.cat.name":"Home","office":0,"office_share":0,"ranks":1}]`,
			} {
				if status, body := get(t, server.URL, question); status != http.StatusOK || !strings.Contains(strings.ReplaceAll(string(body), "\n", ""), want) {
					t.Errorf("GET %s: %d\n%s, expected\n%s", question, status, body, want)
				}
			}
		})
	}
}
