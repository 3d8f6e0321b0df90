package infer

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"goldserve/gold"
	"goldserve/gold/yaml"
)

func TestAnyTextBecomesAName(t *testing.T) {
	for text, want := range map[string]string{
		"promo": "promo", "Date d'achat": "Date_dachat", "Größe (cm)": "Grosse_cm", "2nd floor": "f_2nd_floor", "a__b": "a_b", "_id": "id", "日本": "f",
		"address.city": "address_city", "": "f", "Œuvre": "OEuvre", strings.Repeat("x", 80): strings.Repeat("x", 63),
	} {
		got := yaml.Identifier(text)
		if got != want || !yaml.IsIdentifier(got) {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
	taken := []string{"promo", "promo_2"}
	if got := uniqueName("Promo", func(lower string) bool { return slices.Contains(taken, lower) }); got != "Promo_3" {
		t.Errorf("a third promo is %q", got)
	}
}

// TestColumnsThatAreNamesKeepThem wherever they stand; the others are named after theirs.
func TestColumnsThatAreNamesKeepThem(t *testing.T) {
	d := &Dataset{}
	want := map[string]string{
		"customer__city": "customer_city_3", "Customer_City": "Customer_City_2", "customer_city": "customer_city", "Customer City": "Customer_City_4",
		"0": "f_0_2", "1": "f_1", "f_0": "f_0", "__": "f", "a__in": "a_in",
	}
	for _, column := range []string{"customer__city", "customer_city", "Customer_City", "Customer City", "0", "1", "f_0", "__", "a__in"} {
		d.Fields = append(d.Fields, &Field{Field: gold.Field{Name: column}})
	}
	d.nameFields()
	for _, f := range d.Fields {
		if f.Name != want[f.Column()] || !yaml.IsIdentifier(f.Name) {
			t.Errorf("column %s is the field %s, want %s", f.Column(), f.Name, want[f.Column()])
		}
	}
}

func TestWhatColumnsIdentify(t *testing.T) {
	for column, want := range map[string]string{"id_client": "client", "clientId": "client", "order_line_id": "orderline", "id": "", "CATEGORY_KEY": "category", "orderkey": "order", "customerid": "customer", "zipcode": "zip"} {
		if got, ok := identifies(column); !ok || got != want {
			t.Errorf("%s identifies %q, want %q", column, got, want)
		}
	}
	for _, column := range []string{"montant", "valid", "idea", "paid", "hybrid", "monkey", "linenumber"} {
		if _, ok := identifies(column); ok {
			t.Errorf("%s identifies nothing", column)
		}
	}
	for dataset, want := range map[string][]string{"dim_clients": {"client"}, "client_scores": {"clientscore", "client", "score"}, "Categories": {"category"}} {
		if got := subjects(dataset); !slices.Equal(got, want) {
			t.Errorf("%s is about %v, want %v", dataset, got, want)
		}
	}
}

func TestWhatAllColumnsBeginWithIsNotSpoken(t *testing.T) {
	for _, c := range []struct{ names, want []string }{
		{[]string{"l_orderkey", "l_tax", "l_comment"}, []string{"orderkey", "tax", "comment"}},
		{[]string{"ps_partkey", "ps_suppkey", "ps_availqty"}, []string{"partkey", "suppkey", "availqty"}},
		{[]string{"id_a", "id_b", "id_c"}, []string{"id_a", "id_b", "id_c"}},
		{[]string{"l_orderkey", "tax", "l_comment"}, []string{"l_orderkey", "tax", "l_comment"}},
		{[]string{"l_a", "l_b"}, []string{"l_a", "l_b"}},
		{[]string{"_a", "_b", "_c"}, []string{"a", "b", "c"}},
	} {
		if got := spoken(c.names); !slices.Equal(got, c.want) {
			t.Errorf("%v are spoken %v, want %v", c.names, got, c.want)
		}
	}
}

func TestTextsAreWrittenSoThatYAMLReadsThem(t *testing.T) {
	for _, text := range []string{"plain", "two words", "no", "NULL", "1.5", "a: b", "# x", "Côte D'Ivoire", "x, y", "[a]", "", " a", "tab\tquote\"", "=", "-", "2011-12", "a\u2028b", "a\u0085b", "\x7f", "\ufeff", "\n", "back\\slash", "😀", "\U000e0001", "\u00a0"} {
		f := &yaml.File{Name: "x", Report: &yaml.Report{}}
		root := f.Parse([]byte("{a: [" + scalar(text) + "], b: " + scalar(text) + "}\n"))
		if root == nil {
			t.Errorf("%q is written as %s: %v", text, scalar(text), f.Report.Problems)
			continue
		}
		for _, n := range []*yaml.Node{root.Value("a").Items[0], root.Value("b")} {
			if got, ok := f.Text(n, "text"); !ok || got != text {
				t.Errorf("%q is written as %s, and read as %q: %v", text, scalar(text), got, f.Report.Problems)
			}
		}
	}
}

func TestAModelIsNamedAfterTheFirstFolderThatTells(t *testing.T) {
	for path, want := range map[string]string{
		"/home/anna/shop/gold":                "shop",
		"/home/anna/shop":                     "shop",
		"/home/anna/gold":                     "gold",
		"/srv/data/Ventes d'été 2024/parquet": "Ventes_dete_2024",
		"/data/2024-01/exports":               "exports",
		"/data/olist/gold_v2/tables":          "olist",
		"/mnt/lake/olist/gold":                "olist",
		"/2024":                               "lake",
		"/":                                   "lake",
		"/projects/metrics":                   "metrics",
	} {
		if got := ModelName(path, "/home/anna"); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}

// TestLabelsKeepWhatNamesLose: capitals that the column has, and letters that no name of a field can have.
func TestLabelsKeepWhatNamesLose(t *testing.T) {
	type row struct {
		ID       int64   `parquet:"id"`
		Rabatt   float64 `parquet:"Rabatt Prozent"`
		Quantity float64 `parquet:"volonté"`
		Size     float64 `parquet:"Größe_in_cm"`
		Price    float64 `parquet:"unit price (€)"`
	}
	lake := t.TempDir()
	writeRows(t, lake, "Aufträge", []row{{1, 2, 3, 4, 5}})
	m := mustInfer(t, lake)
	folder := fstest.MapFS{}
	updated(t, m, folder)
	set := compiled(t, folder).Contracts[0].Dataset
	labels := map[string]string{set.Name: set.Doc.Label["en"]}
	for _, f := range set.Fields {
		labels[f.Name] = f.Doc.Label["en"]
	}
	want := map[string]string{
		"Auftrage": "Aufträge", "id": "Id", "Rabatt_Prozent": "Rabatt Prozent", "volonte": "Volonté", "Grosse_in_cm": "Größe in cm", "unit_price": "Unit price",
	}
	if diff := cmp.Diff(want, labels); diff != "" {
		t.Errorf("labels (-want +got):\n%s", diff)
	}
}
