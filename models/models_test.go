package models_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"goldserve/gold"
	"goldserve/gold/contract"
	"goldserve/models"
)

func mustLoad(t *testing.T) *contract.Model {
	t.Helper()
	return mustLoadModel(t, "retail")
}

func mustLoadModel(t *testing.T, name string) *contract.Model {
	t.Helper()
	all, broken, err := contract.LoadAll(contract.Overlays{}, models.FS)
	if err != nil || len(broken) > 0 {
		t.Fatal(err, broken)
	}
	for _, m := range all {
		if m.Name == name {
			return m
		}
	}
	t.Fatalf("no model %s among %d", name, len(all))
	return nil
}

// The columns that the scores share with the features.
const features = "freq_12m int, monetary_12m double, monetary_avg_12m double, product_diversity_12m int, last_purchase time?, " +
	"first_purchase time?, recency_days int, tenure_days int, total_orders_all int, total_spend_all double, avg_order_value_all double, reference_date time"

// TestRetail says again, in one table, what the contracts of the retail model must be: the names are what clients and
// BI tools see.
func TestRetail(t *testing.T) {
	m := mustLoad(t)
	want := []struct{ dataset, key, collection, endpoint, order, fields string }{
		{"ca_country", "pays", "gold_by_country", "/by_country", "-ca,pays", "pays text, ca double"},
		{"ca_monthly", "mois", "gold_monthly", "/monthly", "mois", "mois text, ca double"},
		{"ca_product", "produit", "gold_by_product", "/by_product", "-ca,produit", "produit text, ca double"},
		{"client_features", "id_client", "gold_client_features", "", "id_client", "id_client int, " + features},
		{
			"client_scores", "id_client", "gold_client_scores", "/scores", "-expected_value_12m,id_client",
			"id_client int, " + features + ", prob_reachat_12m double, expected_value_12m double, value_at_risk_12m double, segment_label text",
		},
		{
			"clients_by_day", "jour,jour_achat,semaine_achat,mois,mois_achat,annee,pays,id_client", "", "",
			"jour,jour_achat,semaine_achat,mois,mois_achat,annee,pays,id_client",
			"jour text, jour_achat text, semaine_achat text, mois text, mois_achat text, annee int, pays text, id_client int, ca double, achats int",
		},
		{
			"clients_by_month", "mois,mois_achat,annee,pays,id_client", "", "", "mois,mois_achat,annee,pays,id_client",
			"mois text, mois_achat text, annee int, pays text, id_client int, ca double, achats int",
		},
		{
			"cohort_first_purchase", "first_purchase_month", "gold_cohort_first_purchase", "/cohort", "first_purchase_month",
			"first_purchase_month text, clients int, ca double",
		},
		{"daily", "jour", "gold_daily", "/daily", "jour", "jour text, ca double, achats int"},
		{
			"dim_clients", "id_client", "gold_dim_clients", "", "id_client",
			"id_client int, pays text, date_inscription time, first_purchase time?, last_purchase time?, recency_days int, tenure_days int, " +
				"total_orders int?, total_spend double?, avg_order_value double, product_count int?",
		},
		{"distribution", "bucket", "gold_distribution", "/distribution", "lower,bucket", "bucket text, lower double, upper double, count int"},
		{
			"fact_achats", "id_achat", "gold_fact_achats", "", "date_achat,id_achat",
			"id_achat int, id_client int, date_achat time, montant double, produit text, pays text, jour text, mois text, annee int",
		},
		{"monthly_growth", "mois", "gold_monthly_growth", "/monthly_growth", "mois", "mois text, ca double, prev_ca double?, growth_abs double?, growth_pct double?"},
		{
			"products_by_month", "mois,mois_achat,annee,pays,produit", "", "", "mois,mois_achat,annee,pays,produit",
			"mois text, mois_achat text, annee int, pays text, produit text, ca double, achats int",
		},
		{
			"segment_summary", "segment_label", "gold_segment_summary", "/segments", "-expected_value_12m,segment_label",
			"segment_label text, clients int, ca_12m double, expected_value_12m double, value_at_risk_12m double, freq_med double, recency_med double",
		},
		{"weekly", "semaine", "gold_weekly", "/weekly", "semaine", "semaine text, ca double, achats int"},
	}
	if len(m.Contracts) != len(want) || len(m.Datasets) != len(want) {
		t.Fatalf("got %d contracts and %d datasets, want %d", len(m.Contracts), len(m.Datasets), len(want))
	}
	for i, w := range want {
		d := &m.Contracts[i].Dataset
		got := w
		got.dataset, got.key, got.collection, got.endpoint = d.Name, strings.Join(d.Key, ","), d.Collection, d.Endpoint
		got.order, got.fields = order(d.DefaultSort), fields(d.Fields)
		if got != w {
			t.Errorf("got  %+v\nwant %+v", got, w)
		}
		if d.Model != "retail" || m.Datasets[i].Name != d.Name {
			t.Errorf("%s: model %q, dataset %q", d.Name, d.Model, m.Datasets[i].Name)
		}
	}
	kpis := []string{"total_ca", "total_achats", "total_clients", "panier_moyen", "expected_total", "value_at_risk_total", "dataset_size"}
	if diff := cmp.Diff(kpis, m.KPIs); diff != "" {
		t.Errorf("kpis: -want +got:\n%s", diff)
	}
	if m.AsOf != (gold.FieldRef{Dataset: "fact_achats", Field: "date_achat"}) || m.Facts != "fact_achats" {
		t.Errorf("as of %+v, facts %s", m.AsOf, m.Facts)
	}
	if scores := m.Dataset("client_scores"); scores.DefaultLimit != 5000 || scores.MaxLimit != 10_000 {
		t.Errorf("scores: default limit %d, maximum %d", scores.DefaultLimit, scores.MaxLimit)
	}
}

// TestShop says again, in one table, what the contracts of the shop model must be.
func TestShop(t *testing.T) {
	m := mustLoadModel(t, "shop")
	want := []struct{ dataset, key, source, endpoint, fields string }{
		{"aov", "", "aov/aov_{ts}.csv", "/aov", "orders int, orders_with_total int, revenue double, aov double?"},
		{"order_repairs", "repair", "order_repairs/order_repairs_{ts}.csv", "/order_repairs", "repair text, orders int"},
		{"revenue_by_channel", "channel", "revenue_by_channel/revenue_by_channel_{ts}.csv", "/revenue_by_channel", "channel text, orders int, revenue double"},
		{"revenue_by_country", "country", "revenue_by_country/revenue_by_country_{ts}.csv", "/revenue_by_country", "country text, orders int, revenue double"},
		{"sales_by_day", "order_date", "sales_by_day/sales_by_day_{ts}.csv", "/sales_by_day", "order_date date, orders int, orders_with_total int, revenue double"},
		{"top_products", "position", "top_products/top_products_{ts}.csv", "/top_products", "position int, product text, orders int, quantity int, revenue double"},
	}
	if len(m.Contracts) != len(want) {
		t.Fatalf("got %d contracts, want %d", len(m.Contracts), len(want))
	}
	for i, w := range want {
		d := &m.Contracts[i].Dataset
		got := w
		got.dataset, got.key, got.source, got.endpoint, got.fields = d.Name, strings.Join(d.Key, ","), m.Contracts[i].Source, d.Endpoint, fields(d.Fields)
		if got != w {
			t.Errorf("got  %+v\nwant %+v", got, w)
		}
	}
	masks := map[string]gold.Mask{}
	for _, c := range m.Build.Sources[0].Columns {
		masks[c.Name] = c.Mask
	}
	for name, mask := range map[string]gold.Mask{"email": gold.MaskHMAC, "first_name": gold.MaskFirstLetter, "last_name": gold.MaskFirstLetter} {
		if masks[name] != mask {
			t.Errorf("%s is masked by %v, want %v", name, masks[name], mask)
		}
	}
}

// TestOrders says again, in one table, what the contracts of the orders model must be.
func TestOrders(t *testing.T) {
	m := mustLoadModel(t, "orders")
	const features = "country text?, channel text?, device text?, category text?, items int?, basket_value double?, discount_pct double?, is_discounted int?, " +
		"payment_method text?, delivery_days int?, tenure_days int?"
	want := []struct{ dataset, key, source, collection, endpoint, fields string }{
		{
			"customers", "customer_id", "customers", "table_customers", "/customers",
			"customer_id int, customer_since date?, country text?, first_order_id int, first_order_date date, first_channel text?, first_device text?, first_category text?",
		},
		{
			"events", "event_id", "events", "table_events", "/order_events",
			"event_id text, event_ts time, order_id int, customer_id int, order_date date, country text?, channel text?, device text?, category text?, items int?, " +
				"basket_value double?, returned int?",
		},
		{
			"orders", "order_id", "orders", "table_orders", "/orders",
			"order_id int, event_id text, customer_id int, event_ts time, order_date date, order_hour int, weekday int, is_weekend int, " + features + ", returned int?",
		},
		{
			"predictions", "order_id", "predictions", "table_predictions", "/predictions",
			"order_id int, customer_id int, order_date date, return_proba double, expected_basket double, " + features + ", order_hour int, is_weekend int",
		},
	}
	if len(m.Contracts) != len(want) {
		t.Fatalf("got %d contracts, want %d", len(m.Contracts), len(want))
	}
	for i, w := range want {
		d := &m.Contracts[i].Dataset
		got := w
		got.dataset, got.key, got.source, got.collection, got.endpoint, got.fields = d.Name, strings.Join(d.Key, ","), m.Contracts[i].Source, d.Collection, d.Endpoint, fields(d.Fields)
		if got != w {
			t.Errorf("got  %+v\nwant %+v", got, w)
		}
	}
	if want := (gold.BuildFolders{Lake: "data", Bronze: "raw", Silver: "processed", Gold: "features"}); m.Build.Folders != want {
		t.Errorf("folders %+v", m.Build.Folders)
	}
}

func order(sorts []gold.Sort) string {
	terms := make([]string, len(sorts))
	for i, s := range sorts {
		terms[i] = s.String()
	}
	return strings.Join(terms, ",")
}

func fields(all []gold.Field) string {
	texts := make([]string, len(all))
	for i, f := range all {
		texts[i] = f.Name + " " + f.Kind.String()
		if f.Nullable {
			texts[i] += "?"
		}
	}
	return strings.Join(texts, ", ")
}

func TestPersonalDataIsDropped(t *testing.T) {
	for _, c := range mustLoad(t).Contracts {
		want := ""
		if c.Dataset.Name == "dim_clients" {
			want = "nom text, email text"
		}
		if got := fields(c.Dropped); got != want {
			t.Errorf("%s drops %q, want %q", c.Dataset.Name, got, want)
		}
	}
}

// TestEverythingIsDescribed asks for a label and a description in both languages of whatever a person may see.
func TestEverythingIsDescribed(t *testing.T) {
	described := func(what string, doc gold.Doc) {
		for _, language := range []string{"en", "fr"} {
			if doc.Label[language] == "" || doc.Description[language] == "" {
				t.Errorf("%s: no label or description in %s", what, language)
			}
		}
	}
	for _, d := range mustLoad(t).Datasets {
		described(d.Name, d.Doc)
		for _, f := range d.Fields {
			described(d.Name+"."+f.Name, f.Doc)
			if f.Name == "segment_label" && len(f.Doc.Values) != 5 {
				t.Errorf("%s.%s: labels for %d values", d.Name, f.Name, len(f.Doc.Values))
			}
			if f.Doc.Format == "money" && f.Doc.Unit != "EUR" {
				t.Errorf("%s.%s: money in %q", d.Name, f.Name, f.Doc.Unit)
			}
		}
		for _, m := range d.Metrics {
			described(m.Name, m.Doc)
		}
		if len(d.Rules) == 0 {
			t.Errorf("%s has no rule", d.Name)
		}
	}
}

// TestReach is about filters that reach further than a dataset's own fields.
func TestReach(t *testing.T) {
	m := mustLoad(t)
	rollups := map[string]string{
		"ca_country": "fact_achats", "ca_monthly": "fact_achats", "ca_product": "fact_achats", "cohort_first_purchase": "fact_achats",
		"daily": "fact_achats", "weekly": "fact_achats", "clients_by_day": "fact_achats", "clients_by_month": "fact_achats", "products_by_month": "fact_achats",
		"segment_summary": "client_scores",
	}
	derived := map[string]string{
		"daily": "fact_achats", "weekly": "fact_achats", "distribution": "fact_achats", "monthly_growth": "ca_monthly",
		"clients_by_day": "fact_achats", "clients_by_month": "fact_achats", "products_by_month": "fact_achats",
	}
	lent := map[string]string{
		"client_scores": "dim_clients.pays", "client_features": "dim_clients.pays",
		"fact_achats": "dim_clients.first_purchase client_scores.segment_label",
	}
	for _, c := range m.Contracts {
		d := c.Dataset
		rollup, derive := "", ""
		if d.Rollup != nil {
			rollup = d.Rollup.Of
		}
		if d.Derive != nil {
			derive = d.Derive.From
		}
		if rollup != rollups[d.Name] || derive != derived[d.Name] {
			t.Errorf("%s: rollup of %q, derived from %q", d.Name, rollup, derive)
		}
		if (derive == "") != (c.Source == d.Name) {
			t.Errorf("%s: source %q", d.Name, c.Source)
		}
		var borrowed []string
		for _, l := range d.Lookups {
			if l.On != "id_client" || l.Key != "id_client" {
				t.Errorf("%s: lookup on %s = %s", d.Name, l.On, l.Key)
			}
			for _, f := range l.Fields {
				borrowed = append(borrowed, l.Dataset+"."+f)
			}
		}
		if got := strings.Join(borrowed, " "); got != lent[d.Name] {
			t.Errorf("%s borrows %q, want %q", d.Name, got, lent[d.Name])
		}
	}
}

// The shipped contracts list what can be filtered and sorted by, so that no default decides about their answers.
func TestFiltersAndSortsAreListed(t *testing.T) {
	for _, c := range mustLoad(t).Contracts {
		text, err := models.FS.ReadFile(c.File)
		if err != nil {
			t.Fatal(err)
		}
		for _, key := range []string{"          filters:", "          sorts:"} {
			if !strings.Contains(string(text), "\n"+key) {
				t.Errorf("%s has no %s", c.File, strings.TrimSpace(key))
			}
		}
	}
	hidden := mustLoad(t).Dataset("clients_by_month")
	for _, f := range hidden.Fields {
		if isKey := slices.Contains(hidden.Key, f.Name); isKey != f.Sortable || isKey != slices.Equal(f.Filters, []gold.Op{gold.Eq, gold.In}) {
			t.Errorf("%s of %s: filters %v, sortable %v", f.Name, hidden.Name, f.Filters, f.Sortable)
		}
	}
}
