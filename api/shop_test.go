package api_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"goldserve/gold"
	"goldserve/gold/sqlitestore"
)

// table is a dataset with its rows.
type table struct {
	gold.Dataset
	rows [][]gold.Value
}

var comparable4 = []gold.Op{gold.Eq, gold.Ne, gold.In, gold.NotIn, gold.Gte, gold.Gt, gold.Lte, gold.Lt}

// shop is a small model in which every kind of field, key, limit and metric occurs. Its dataset futur is never published.
func shop() gold.Model {
	model := gold.Model{
		Name: "shop", Title: map[string]string{"en": "A small shop"},
		KPIs:  []string{"total_ca", "total_achats", "total_clients", "panier_moyen", "attendu", "taille"},
		Facts: "achats", AsOf: gold.FieldRef{Dataset: "achats", Field: "le"},
	}
	for _, t := range shopTables(2) {
		model.Datasets = append(model.Datasets, t.Dataset)
	}
	model.Datasets = append(model.Datasets, gold.Dataset{
		Model: "shop", Name: "futur", Collection: "gold_futur", Endpoint: "/futur",
		Fields: []gold.Field{{Name: "an", Kind: gold.Int, Filters: comparable4, Sortable: true}}, Key: []string{"an"},
	})
	return model
}

// shopTables returns what release 1 or 2 of the shop publishes.
func shopTables(release int) []table {
	return []table{
		purchases(), byCountry(release), scores(), stock(), nothing(), internal(),
		clients(), byDay(), byTown(), growth(), histogram(),
	}
}

func purchases() table {
	t := table{Dataset: gold.Dataset{
		Model: "shop", Name: "achats", Collection: "gold_achats", Key: []string{"id"}, DefaultSort: []gold.Sort{{Field: "le"}, {Field: "id"}},
		Doc: gold.Doc{Label: map[string]string{"fr": "Achats", "en": "Purchases"}, Description: map[string]string{"en": "One row a purchase."}},
		Fields: []gold.Field{
			{Name: "id", Kind: gold.Int, Filters: comparable4, Sortable: true},
			{Name: "client", Kind: gold.Int, Filters: comparable4, Sortable: true},
			{Name: "montant", Kind: gold.Double, MultipleOf: 0.01, Filters: []gold.Op{gold.Gte, gold.Lte}, Sortable: true, Doc: gold.Doc{Unit: "EUR", Format: "money"}},
			{Name: "prix", Kind: gold.Decimal, Scale: 2, Nullable: true, Filters: comparable4},
			{Name: "produit", Kind: gold.Text, Nullable: true, Filters: append([]gold.Op{gold.IsNull}, comparable4...), Sortable: true, Search: true},
			{Name: "pays", Kind: gold.Text, Filters: comparable4, Sortable: true},
			{Name: "le", Kind: gold.Time, Filters: comparable4, Sortable: true},
			{Name: "livre", Kind: gold.Date, Nullable: true, Filters: append([]gold.Op{gold.IsNull}, comparable4...), Sortable: true},
			{Name: "count", Kind: gold.Int, Filters: comparable4},
			{Name: "paye", Kind: gold.Bool, Filters: []gold.Op{gold.Eq}},
			{Name: "email", Kind: gold.Text, Nullable: true, Mask: gold.MaskInitials, PII: true, Filters: comparable4, Sortable: true},
			{Name: "mois", Kind: gold.Text, Filters: comparable4, Sortable: true, Doc: gold.Doc{Format: "month"}},
		},
		Metrics: []gold.Metric{
			{Name: "total_ca", Measure: &gold.Measure{Func: gold.Sum, Field: "montant"}, Doc: gold.Doc{Unit: "EUR", Format: "money", Label: map[string]string{"en": "Revenue"}}},
			{Name: "total_achats", Measure: &gold.Measure{Func: gold.Count}},
			{Name: "total_clients", Measure: &gold.Measure{Func: gold.CountDistinct, Field: "client"}},
			{Name: "panier_moyen", Over: []string{"total_ca", "total_achats"}},
			{Name: "taille", Measure: &gold.Measure{Func: gold.Count}, Unfiltered: true},
		},
		Lookups:  []gold.Lookup{{Dataset: "clients", On: "client", Key: "client", Fields: []string{"ville", "depuis", "telephone"}}},
		MaxLimit: 8,
	}}
	products := []string{"Tray, Breakfast In Bed", `Letter "R" Ring`, "Mug", "Étagère", "A+B & C/D", ""}
	countries := []string{"France", "Belgique", "Côte D'Ivoire"}
	for i := range 12 {
		product, delivered, price := gold.NewText(products[i%6]), gold.NewDate(int64(15000+i)), gold.NewDecimal(int64(i*125-100))
		if i%6 == 5 {
			product, delivered, price = gold.Value{}, gold.Value{}, gold.Value{}
		}
		when := at("2011-06-29T23:59:59.999Z", time.Duration(i)*6*time.Hour)
		t.rows = append(t.rows, []gold.Value{
			gold.NewInt(int64(i + 1)), gold.NewInt(int64(i%4) + 9007199254740993), gold.NewDouble(float64(i) * 10.1), price, product,
			gold.NewText(countries[i%3]), when, delivered,
			gold.NewInt(int64(i % 2)), gold.NewBool(i%2 == 0), gold.NewText("J. D."), gold.NewText(when.String()[:len("2011-06")]),
		})
	}
	return t
}

func byCountry(release int) table {
	t := table{Dataset: gold.Dataset{
		Model: "shop", Name: "ca_pays", Collection: "gold_par_pays", Endpoint: "/par_pays", Key: []string{"pays"},
		DefaultSort: []gold.Sort{{Field: "ca", Desc: true}, {Field: "pays"}},
		Doc:         gold.Doc{Label: map[string]string{"fr": "Chiffre d'affaires par pays", "en": "Revenue by country"}},
		Fields: []gold.Field{
			{Name: "pays", Kind: gold.Text, Filters: comparable4, Sortable: true, Search: true},
			{Name: "ca", Kind: gold.Double, MultipleOf: 0.01, Filters: comparable4, Sortable: true},
		},
	}}
	for i, name := range []string{"France", "Belgique", "Côte D'Ivoire", "Allemagne"} {
		if i < 2+release {
			t.rows = append(t.rows, []gold.Value{gold.NewText(name), gold.NewDouble(2182610.8900000001 / float64(i+1))})
		}
	}
	return t
}

func scores() table {
	t := table{Dataset: gold.Dataset{
		Model: "shop", Name: "client_scores", Collection: "gold_scores", Endpoint: "/scores", Key: []string{"client"},
		DefaultSort: []gold.Sort{{Field: "attendu", Desc: true}, {Field: "client"}}, DefaultLimit: 3, MaxLimit: 5,
		Fields: []gold.Field{
			{Name: "client", Kind: gold.Int, Filters: comparable4, Sortable: true},
			{Name: "attendu", Kind: gold.Double, Nullable: true, Filters: comparable4, Sortable: true},
			{Name: "segment", Kind: gold.Text, Filters: comparable4, Sortable: true},
		},
		Rules:   []gold.Rule{{ID: "segment_valid", Metric: "invalidValues", Field: "segment", Valid: []string{"VIP", "Actifs", "A relancer"}, Operator: "mustBe", Values: []float64{0}}},
		Metrics: []gold.Metric{{Name: "attendu", Measure: &gold.Measure{Func: gold.Sum, Field: "attendu"}, MultipleOf: 0.01}},
	}}
	segments := []string{"VIP", "Actifs"}
	for i := range 7 {
		expected := gold.NewDouble(float64(100 - i/2*10))
		if i == 6 {
			expected = gold.Value{}
		}
		t.rows = append(t.rows, []gold.Value{gold.NewInt(int64(i + 1)), expected, gold.NewText(segments[i%2])})
	}
	return t
}

func stock() table {
	return table{
		Dataset: gold.Dataset{
			Model: "shop", Name: "stock", Collection: "gold_stock", Endpoint: "/stock", Key: []string{"produit", "jour"},
			DefaultSort: []gold.Sort{{Field: "produit"}, {Field: "jour"}},
			Fields: []gold.Field{
				{Name: "produit", Kind: gold.Text, Filters: comparable4, Sortable: true},
				{Name: "jour", Kind: gold.Date, Filters: comparable4, Sortable: true},
				{Name: "reste", Kind: gold.Int, Filters: comparable4, Sortable: true},
			},
		},
		rows: [][]gold.Value{
			{gold.NewText("Glass/Shell, \"A\" +&"), gold.NewDate(15000), gold.NewInt(3)},
			{gold.NewText("Mug"), gold.NewDate(15000), gold.NewInt(1)},
		},
	}
}

func nothing() table {
	return table{Dataset: gold.Dataset{
		Model: "shop", Name: "rien", Collection: "gold_rien", Endpoint: "/rien", Key: []string{"mois"}, DefaultSort: []gold.Sort{{Field: "mois"}},
		Fields: []gold.Field{{Name: "mois", Kind: gold.Text, Filters: comparable4, Sortable: true}},
	}}
}

func internal() table {
	return table{
		Dataset: gold.Dataset{
			Model: "shop", Name: "interne", Key: []string{"id"}, DefaultSort: []gold.Sort{{Field: "id"}},
			Fields: []gold.Field{{Name: "id", Kind: gold.Text}},
		},
		rows: [][]gold.Value{{gold.NewText("a/b")}, {gold.NewText("<é>")}},
	}
}

func at(text string, later time.Duration) gold.Value {
	v, err := gold.ParseValue(gold.Time, 0, text)
	if err != nil {
		panic(err)
	}
	return gold.NewTime(v.Int() + later.Milliseconds())
}

// version is what a publisher would make of a table.
func (t *table) version() gold.Version {
	id := sha256.Sum256(fmt.Appendf(nil, "%s %v", t.Name, t.rows))
	var digest gold.Digest
	digest.Add(t.batch(), len(t.Fields))
	v := gold.Version{Dataset: t.Dataset, ID: hex.EncodeToString(id[:]), Digest: digest.String(), Rows: int64(len(t.rows)), Location: "m_" + t.Name}
	if t.Name == "achats" {
		v.Origin = &gold.Origin{Details: &gold.Provenance{Kind: gold.DeltaTable, Format: gold.Delta, Place: "s3://lake/gold/achats", Version: "42", Files: 3, Bytes: 12_345_678, Modified: time.Date(2026, 1, 31, 10, 0, 0, 0, time.UTC)}}
	}
	return v
}

func (t *table) batch() *gold.Batch {
	b := gold.NewBatch(t.Fields, len(t.rows))
	for _, row := range t.rows {
		b.AppendRow(row...)
	}
	return b
}

// asOf is the instant of a release of the shop: the end of January, then of February 2026.
func asOf(release int) time.Time {
	return time.Date(2026, time.Month(release+1), 0, 12, 0, 0, 0, time.UTC)
}

// release is what a publisher hands to the switch.
func newRelease(number int, versions []gold.Version) *gold.Release {
	m := shop()
	r := &gold.Release{
		Model: m.Name, AsOf: asOf(number), KPIs: m.KPIs, Facts: m.Facts, Versions: versions,
		Quality: []gold.RuleResult{{Dataset: "client_scores", Rule: "segment_valid", Passed: true}},
	}
	slices.SortFunc(r.Versions, func(a, b gold.Version) int { return cmpText(a.Dataset.Name, b.Dataset.Name) })
	return r
}

func cmpText(a, b string) int { return gold.Compare(gold.NewText(a), gold.NewText(b)) }

// openStore opens a store of the test's own, and closes it with the test.
func openStore(t *testing.T) *sqlitestore.Store {
	t.Helper()
	store, err := sqlitestore.Open(t.Context(), filepath.Join(t.TempDir(), "gold.db"), sqlitestore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return store
}

// publish publishes a release of the shop into a store, as the publisher does.
func publish(t *testing.T, s gold.Store, number int) {
	t.Helper()
	ctx := t.Context()
	lease := must(s.Acquire(ctx, "shop", "test", time.Minute))(t)
	var versions []gold.Version
	for _, tb := range shopTables(number) {
		versions = append(versions, load(ctx, t, s, *lease, tb))
	}
	must(s.Publish(ctx, gold.Publication{Lease: *lease, From: int64(number - 1), Release: newRelease(number, versions)}))(t)
	if err := s.Release(ctx, *lease, &gold.Attempt{Command: "publish", Outcome: "published"}); err != nil {
		t.Fatal(err)
	}
}

func load(ctx context.Context, t *testing.T, s gold.Store, lease gold.Lease, tb table) gold.Version {
	t.Helper()
	v := tb.version()
	for _, sealed := range must(s.State(ctx, "shop"))(t).Sealed {
		if sealed.ID == v.ID {
			return sealed
		}
	}
	loader := must(s.Load(ctx, gold.Load{Lease: lease, Dataset: tb.Dataset, ID: v.ID, Rows: v.Rows}))(t)
	if err := loader.Append(ctx, tb.batch()); err != nil {
		t.Fatal(err)
	}
	return *must(loader.Seal(ctx, v))(t)
}

func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}
