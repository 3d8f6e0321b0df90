package infer

import (
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"goldserve/gold"
	"goldserve/gold/dbt"
	"goldserve/gold/lake"
)

// shopProject is what dbt wrote of the project in gold/dbt/testdata/shop.
func shopProject(t *testing.T) *dbt.Project {
	t.Helper()
	p, err := dbt.Read(os.DirFS("../dbt/testdata/v12"))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

const ordersAlone = `# From dbt's model fct_orders: its columns and their types, descriptions, tests and relationships.
apiVersion: v3.1.0
kind: DataContract
id: shop.fct_orders
name: fct_orders
version: 1.0.0
status: draft
schema:
  - name: fct_orders
    businessName: Orders
    description: "One row for each order: \"placed\", shipped or returned."
    logicalType: object
    relationships:
      - {type: foreignKey, from: fct_orders.customer_id, to: dim_customers.customer_id}
    customProperties:
      - property: goldserve
        value:
          lookup:
            dim_customers: [name, country]
    properties:
      - {name: order_id, logicalType: integer, required: true, primaryKey: true, primaryKeyPosition: 1,
         description: "Number of the order."}
      - {name: customer_id, logicalType: integer, required: true,
         description: "Who ordered."}
      - {name: ordered_at, logicalType: timestamp, required: true}
      - {name: status, logicalType: string,
         quality: [{type: library, metric: invalidValues, arguments: {validValues: [placed, shipped, returned]}, mustBe: 0}]}
      - {name: amount, logicalType: number, physicalType: "DECIMAL(12,2)",
         description: "Total in euros, taxes included.",
         logicalTypeOptions: {minimum: 0.00, maximum: 10000.00},
         quality: [{type: library, metric: nullValues, mustBe: 0, severity: warning}]}
      - {name: discount, logicalType: number}
      - {name: large, logicalType: boolean,
         quality: [{type: library, metric: invalidValues, arguments: {validValues: [true, false]}, mustBe: 0, severity: warning}]}
      - {name: day, logicalType: date}
      # dbt warns of discount outside of 0 and 0.5; a range in a contract is always an error.
`

func TestADbtProjectAloneIsAModel(t *testing.T) {
	m := FromProject(shopProject(t), "shop")
	folder := fstest.MapFS{}
	paths, _ := updated(t, m, folder)
	if want := []string{"contracts/dim_customers.odcs.yaml", "contracts/fct_order_lines.odcs.yaml", "contracts/fct_orders.odcs.yaml", "model.yaml", "dashboard.yaml"}; !slices.Equal(paths, want) {
		t.Errorf("wrote %v", paths)
	}
	if diff := cmp.Diff(ordersAlone, string(folder["contracts/fct_orders.odcs.yaml"].Data)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	for path, file := range folder {
		if strings.Contains(strings.ToLower(string(file.Data)), "guess") && path != "dashboard.yaml" {
			t.Errorf("%s guesses:\n%s", path, file.Data)
		}
	}
	model := compiled(t, folder)
	lines := model.Dataset("fct_order_lines")
	if !slices.Equal(lines.Key, []string{"order_id", "line_number"}) || len(lines.Lookups) != 1 || lines.Field("tags").Kind != gold.Text {
		t.Errorf("lines have the key %v, lookups %v and %+v", lines.Key, lines.Lookups, lines.Field("tags"))
	}
	if c := model.Dataset("dim_customers"); c.Field("email") != nil || c.Doc.Description["en"] != "Customers, as the shop knows them." {
		t.Errorf("customers: %+v", c)
	}
	if look := strings.Join(m.LookFirst(), "\n"); !strings.Contains(look, "tests of dbt are left out, which hold for some rows only: not_null_fct_orders_discount") {
		t.Errorf("look at first: %s", look)
	}
}

func TestWithoutTypesAProjectAloneIsNoModel(t *testing.T) {
	manifest, err := os.ReadFile("../dbt/testdata/v8/manifest.json")
	if err != nil {
		t.Fatal(err)
	}
	p, err := dbt.Read(fstest.MapFS{dbt.ManifestFile: {Data: manifest}})
	if err != nil {
		t.Fatal(err)
	}
	m := FromProject(p, "shop")
	if len(m.Datasets) > 0 || len(m.LeftOut) != 3 || !strings.Contains(m.LeftOut[0].Reason, "dbt docs generate") {
		t.Errorf("datasets %v, left out %v", m.Datasets, m.LeftOut)
	}
}

// TestWhatDbtSaysGoesBeforeWhatTheRowsDo: files that break its tests are described as they should be.
func TestWhatDbtSaysGoesBeforeWhatTheRowsDo(t *testing.T) {
	type order struct {
		Day      time.Time `parquet:"day,timestamp"` // unique too
		OrderID  int64     `parquet:"ORDER_ID"`      // as Snowflake exports it
		Customer *int64    `parquet:"customer_id,optional"`
		At       time.Time `parquet:"ordered_at,timestamp"`
		Status   string    `parquet:"status"`
		Amount   float64   `parquet:"amount"`
		Large    bool      `parquet:"large"`
		Note     string    `parquet:"note"` // that dbt does not know
	}
	type customer struct {
		ID      int64  `parquet:"customer_id"`
		Email   string `parquet:"email"`
		Country string `parquet:"country"`
	}
	folder := t.TempDir()
	var orders []order
	for i := range 100 {
		at := time.Date(2024, 1, 1, i, 0, 0, 0, time.UTC)
		id := int64(i % 7) // one of them is no customer's
		o := order{at, int64(i / 2), &id, at, []string{"placed", "lost"}[i%2], float64(i) + 0.5, i%2 == 0, "n"}
		if i == 3 {
			o.Customer = nil
		}
		orders = append(orders, o)
	}
	writeRows(t, folder, "fct_orders", orders)
	writeRows(t, folder, "dim_customers", []customer{{1, "x", "FR"}, {2, "y", "GB"}, {3, "z", "FR"}})
	l, err := lake.Open(t.Context(), folder)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	m, err := Infer(t.Context(), l, Options{Name: "shop", NoSuccessFile: true, Project: shopProject(t)})
	if err != nil {
		t.Fatal(err)
	}
	written := fstest.MapFS{}
	updated(t, m, written)
	text := string(written["contracts/fct_orders.odcs.yaml"].Data)
	for _, want := range []string{
		"# From dbt's model fct_orders; the rest is guessed from 100 rows of fct_orders",
		"    description: \"One row for each order",
		"    relationships:\n      - {type: foreignKey, from: fct_orders.customer_id, to: dim_customers.customer_id}\n",
		"- {name: ORDER_ID, logicalType: integer, required: true, primaryKey: true, primaryKeyPosition: 1,\n         description: \"Number of the order.\"}",
		"- {name: customer_id, logicalType: integer, required: true,",
		"arguments: {validValues: [placed, shipped, returned]}, mustBe: 0}]",
		"- {name: amount, logicalType: number,\n", // dbt only warns of missing ones
		"logicalTypeOptions: {minimum: 0, maximum: 10000}",
		"- {name: note, logicalType: string, required: true",
		"total_amount: sum(amount)",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the contract lacks %q:\n%s", want, text)
		}
	}
	for _, no := range []string{"The key is guessed", "the list is guessed", "all values of the field"} {
		if strings.Contains(text, no) {
			t.Errorf("the contract has %q:\n%s", no, text)
		}
	}
	model := compiled(t, written)
	if c := model.Dataset("dim_customers"); c.Field("email") != nil || !slices.Equal(c.Key, []string{"customer_id"}) {
		t.Errorf("customers: %v", c)
	}
	if model.Facts != "fct_orders" || len(model.Dataset("fct_orders").Lookups) != 1 {
		t.Errorf("facts %s, lookups %v", model.Facts, model.Dataset("fct_orders").Lookups)
	}
	if paths, _ := updated(t, m, written); len(paths) > 0 {
		t.Errorf("a second run writes %v", paths)
	}
}

// TestWhateverAProjectSaysTheModelLoads: names, descriptions and values are any text.
func TestWhateverAProjectSaysTheModelLoads(t *testing.T) {
	odd := []string{"a: b", "# no", "- x", "it's \"so\"", "two\nlines", "\u2028\u0085\t", "null", "yes", "12", "", "{}", "é è", strings.Repeat("long ", 100)}
	p := &dbt.Project{}
	customers := &dbt.Model{Name: "customers", Table: true, Columns: []*dbt.Column{{Name: "id", Type: "int"}}, Tests: []dbt.Test{
		{Kind: dbt.NotNull, Columns: []string{"id"}}, {Kind: dbt.Unique, Columns: []string{"id"}},
	}}
	for _, text := range append(odd, "datasets", "../up", "gold_release") {
		m := &dbt.Model{Name: text, Table: true, Description: text, Columns: []*dbt.Column{{Name: "id", Type: "int"}}}
		for _, name := range odd {
			m.Columns = append(m.Columns, &dbt.Column{Name: name, Type: []string{"text", "date", "decimal(5,2)", "bit"}[len(name)%4], Description: text})
			for _, severity := range []gold.Severity{gold.SeverityError, gold.SeverityWarning} {
				m.Tests = append(m.Tests,
					dbt.Test{Kind: dbt.Accepted, Columns: []string{name}, Values: odd, Severity: severity},
					dbt.Test{Kind: dbt.Accepted, Columns: []string{name}, Values: []string{"2024-01-01", "true", "1"}, Severity: severity},
					dbt.Test{Kind: dbt.Range, Columns: []string{name}, Low: "1", High: text, Severity: severity},
					dbt.Test{Kind: dbt.NotNull, Columns: []string{name}, Severity: severity},
					dbt.Test{Kind: dbt.Unique, Columns: []string{name}, Severity: severity},
					dbt.Test{Kind: dbt.Unique, Columns: []string{name, "id"}, Severity: severity},
					dbt.Test{Kind: dbt.Refers, Columns: []string{name}, To: customers, Field: text, Severity: severity},
					dbt.Test{Kind: dbt.Refers, Columns: []string{"id"}, To: customers, Field: "id", Severity: severity})
			}
		}
		p.Models = append(p.Models, m)
	}
	p.Models = append(p.Models, customers)
	p.Skipped = []dbt.Skipped{{Test: odd[4], Reason: "which are odd"}}
	m, folder := FromProject(p, "shop"), fstest.MapFS{}
	updated(t, m, folder)
	model := compiled(t, folder)
	if len(model.Contracts) != len(p.Models)-len(m.LeftOut) || len(model.Contracts) < len(odd) {
		t.Errorf("%d contracts of %d tables, left out %v", len(model.Contracts), len(p.Models), m.LeftOut)
	}
	for _, line := range m.LookFirst() {
		if strings.ContainsAny(line, "\n\u2028\u0085\t") {
			t.Errorf("a line that is not one: %q", line)
		}
	}
}
