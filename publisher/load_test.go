package publisher_test

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/fstest"

	"github.com/parquet-go/parquet-go"

	"goldserve/gold"
	"goldserve/gold/contract"
	"goldserve/gold/sqlitestore"
	"goldserve/publisher"
	"goldserve/test/fixture"
)

// sale is a row of both datasets of shopModel.
type sale struct {
	ID     int64   `parquet:"id"`
	Amount float64 `parquet:"amount"`
	Note   string  `parquet:"note"`
}

// shopModel has two datasets whose amounts must not be negative, and one that is derived from the first.
func shopModel(t *testing.T) *contract.Model {
	t.Helper()
	files := fstest.MapFS{"shop/model.yaml": {Data: []byte("name: shop\ntitle: {en: Shop}\n")}}
	for _, name := range []string{"orders", "returns"} {
		files["shop/contracts/"+name+".odcs.yaml"] = &fstest.MapFile{Data: []byte(`apiVersion: v3.1.0
kind: DataContract
id: shop.` + name + `
version: 1.0.0
status: active
schema:
  - name: ` + name + `
    properties:
      - {name: id, logicalType: integer, required: true, primaryKey: true}
      - {name: amount, logicalType: number, required: true, logicalTypeOptions: {minimum: 0}}
      - {name: note, logicalType: string, required: true}
`)}
	}
	files["shop/contracts/spread.odcs.yaml"] = &fstest.MapFile{Data: []byte(`apiVersion: v3.1.0
kind: DataContract
id: shop.spread
version: 1.0.0
status: active
schema:
  - name: spread
    properties:
      - {name: bucket, logicalType: string, required: true, primaryKey: true}
      - {name: lower, logicalType: number, required: true}
      - {name: upper, logicalType: number, required: true}
      - {name: count, logicalType: integer, required: true}
    customProperties:
      - {property: goldserve, value: {derive: {from: orders, histogram: {field: amount, bins: 10}}}}
`)}
	models, broken, err := contract.LoadAll(contract.Overlays{}, files)
	if err != nil || len(broken) > 0 {
		t.Fatal(err, broken)
	}
	return models[0]
}

// writeSales writes a dataset's file. change may spoil its rows.
func writeSales(t *testing.T, folder, dataset string, rows int, change func([]sale)) {
	t.Helper()
	sales := make([]sale, rows)
	for i := range sales {
		sales[i] = sale{ID: int64(i), Amount: float64(i % 100), Note: fmt.Sprintf("note %d of %s, which takes some room", i, dataset)}
	}
	change(sales)
	if err := parquet.WriteFile(filepath.Join(folder, dataset+".parquet"), sales); err != nil {
		t.Fatal(err)
	}
}

// TestARefusedPublishLeavesNothingBehind: rows that a rule or a key refuses are not sealed, and take no space in the store;
// every rule that is broken is named at once.
func TestARefusedPublishLeavesNothingBehind(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "gold.db")
		store, err := sqlitestore.Open(t.Context(), path, sqlitestore.Options{Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		testRefusals(t, store, func() int64 {
			total := int64(0)
			for _, suffix := range []string{"", "-wal"} {
				info, err := os.Stat(path + suffix)
				if err != nil {
					t.Fatal(err)
				}
				total += info.Size()
			}
			return total
		})
	})
}

// testRefusals publishes one release and then others that are refused. size is what the store takes on disk.
func testRefusals(t *testing.T, store gold.Store, size func() int64) {
	t.Helper()
	folder, model := t.TempDir(), shopModel(t)
	source := fixture.OpenLake(t, folder)
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	publish := func() (*publisher.Report, error) {
		p := publisher.New(publisher.Config{Store: store, Logger: slog.New(slog.DiscardHandler), Holder: "test"})
		return p.Publish(t.Context(), publisher.Request{Model: model, Lake: source})
	}
	nothing := func([]sale) {}
	negative := func(rows []sale) { rows[7].Amount = -5 }
	twice := func(rows []sale) { rows[len(rows)-1].ID = 7 }

	writeSales(t, folder, "orders", 100, nothing)
	writeSales(t, folder, "returns", 100, nothing)
	if _, err := publish(); err != nil {
		t.Fatal(err)
	}
	before := size()
	for _, c := range []struct {
		name            string
		orders, returns func([]sale)
		code            gold.Code
		problems        []string // file of each
	}{
		{"by a rule", negative, nothing, gold.CodeQualityFailed, []string{"orders.parquet"}},
		{"by rules of two datasets", negative, negative, gold.CodeQualityFailed, []string{"orders.parquet", "returns.parquet"}},
		{"by a rule, and a key of what is then only checked", negative, twice, gold.CodeQualityFailed, []string{"orders.parquet", "returns.parquet"}},
		{"by a key", twice, nothing, gold.CodeDuplicateKey, []string{"orders.parquet"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			writeSales(t, folder, "orders", 30000, c.orders)
			writeSales(t, folder, "returns", 30000, c.returns)
			report, err := publish()
			var e *gold.Error
			if !errors.As(err, &e) || e.Code != c.code {
				t.Fatalf("got %v, expected %s", err, c.code)
			}
			var files []string
			for _, p := range e.Problems {
				files = append(files, p.File)
			}
			if !slices.Equal(files, c.problems) {
				t.Errorf("problems of %v, expected %v:\n%v", files, c.problems, err)
			}
			if report != nil && len(report.Loaded)+len(report.Reused) != 0 {
				t.Errorf("loaded %v, reused %v, expected none", report.Loaded, report.Reused)
			}
			state, err := store.State(t.Context(), "shop")
			if err != nil || len(state.Orphans) != 0 || len(state.Sealed) != 3 || state.Current.Number != 1 {
				t.Errorf("release %d, %d sealed versions, orphans %v (%v); expected release 1, its 3 versions and no orphan",
					state.Current.Number, len(state.Sealed), state.Orphans, err)
			}
			if after := size(); after > before+128<<10 {
				t.Errorf("the store takes %d bytes, before it took %d", after, before)
			}
		})
	}
	writeSales(t, folder, "orders", 30000, nothing)
	if report, err := publish(); err != nil || report.Release.Number != 2 || len(report.Loaded) != 3 {
		t.Errorf("the corrected files: %+v (%v)", report, err)
	}
}
