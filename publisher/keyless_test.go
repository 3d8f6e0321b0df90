package publisher_test

import (
	"crypto/sha256"
	"fmt"
	"hash/fnv"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/parquet-go/parquet-go"

	"goldserve/gold"
	"goldserve/gold/contract"
	"goldserve/gold/lake"
	"goldserve/gold/sqlitestore"
	"goldserve/publisher"
	"goldserve/test/fixture"
)

// line is an order's line, which no field names.
type line struct {
	Product string  `parquet:"product"`
	Amount  float64 `parquet:"amount"`
}

// linesModel has a dataset without a key, whose region is its folder's name, and one that is derived from it.
func linesModel(t *testing.T) *contract.Model {
	t.Helper()
	return modelOf(t, map[string]string{
		"lines": `    properties:
      - {name: product, logicalType: string, required: true}
      - {name: amount, logicalType: number, required: true}
      - {name: region, logicalType: string, required: true}
    customProperties:
      - {property: goldserve, value: {collection: shop_lines, bi: {day: product}}}
`,
		"products": `    properties:
      - {name: product, logicalType: string, required: true, primaryKey: true}
      - {name: lines, logicalType: integer, required: true}
    customProperties:
      - {property: goldserve, value: {derive: {from: lines, group: [product], measures: {lines: count()}}}}
`,
	})
}

// modelOf compiles the model shop with these datasets: their fields and settings.
func modelOf(t testing.TB, datasets map[string]string) *contract.Model {
	t.Helper()
	files := fstest.MapFS{"shop/model.yaml": {Data: []byte("name: shop\ntitle: {en: Shop}\n")}}
	for name, text := range datasets {
		files["shop/contracts/"+name+".odcs.yaml"] = &fstest.MapFile{Data: []byte("apiVersion: v3.1.0\nkind: DataContract\nid: shop." + name +
			"\nversion: 1.0.0\nstatus: active\nschema:\n  - name: " + name + "\n" + text)}
	}
	models, broken, err := contract.LoadAll(contract.Overlays{}, files)
	for _, b := range broken {
		t.Fatal(b.Err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return models[0]
}

// writeLines writes a part of four row groups, each of whose lines comes twice.
func writeLines(t *testing.T, path, product string) {
	t.Helper()
	var lines []line
	for i := range 2_000 {
		lines = append(lines, line{product, float64(i / 2)})
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := parquet.WriteFile(path, lines, parquet.MaxRowsPerRowGroup(500)); err != nil {
		t.Fatal(err)
	}
}

// TestRowsWithoutAKeyKeepTheOrderOfWhatTheirFilesHold: all rows are there, in the order of the folders' values, then of the
// files' bytes, then of the file, whatever the files are called and however many read them.
func TestRowsWithoutAKeyKeepTheOrderOfWhatTheirFilesHold(t *testing.T) {
	folder, model := t.TempDir(), linesModel(t)
	path := func(name string) string { return filepath.Join(folder, "lines.parquet", filepath.FromSlash(name)) }
	writeLines(t, path("region=b/part-0.parquet"), "last")
	writeLines(t, path("region=a/part-1.parquet"), "one")
	writeLines(t, path("region=a/part-2.parquet"), "two")
	if err := os.WriteFile(path("_SUCCESS"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	order := []string{"two", "one"}
	if hash(t, path("region=a/part-1.parquet")) < hash(t, path("region=a/part-2.parquet")) {
		// The order of names must be another.
		rename(t, path("region=a/part-1.parquet"), path("region=a/part-2.parquet"))
		slices.Reverse(order)
	}
	store, err := sqlitestore.Open(t.Context(), filepath.Join(t.TempDir(), "gold.db"), sqlitestore.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	p := publisher.New(publisher.Config{Store: store, Logger: slog.New(slog.DiscardHandler), Holder: "test", Workers: 4})
	publish := func() *publisher.Report {
		t.Helper()
		report, err := p.Publish(t.Context(), publisher.Request{Model: model, Lake: fixture.OpenLake(t, folder)})
		if err != nil {
			t.Fatal(err)
		}
		return report
	}
	first := publish().Release.Version("lines")
	var got, want []string
	for _, product := range append(order, "last") {
		region := "a"
		if product == "last" {
			region = "b"
		}
		for i := range 2_000 {
			want = append(want, fmt.Sprint(len(want), " ", product, " ", i/2, " ", region))
		}
	}
	rows, err := store.Rows(t.Context(), gold.Query{Version: first, Fields: []string{gold.PositionField, "product", "amount", "region"}, Sort: first.Dataset.TotalSort(nil)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := gold.EachBatch(t.Context(), rows, func(b *gold.Batch) error {
		for i := range b.Rows {
			values := b.Row(i, nil)
			got = append(got, fmt.Sprint(values[0].Int(), " ", values[1].Text(), " ", values[2].Double(), " ", values[3].Text()))
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got, want) {
		at := 0
		for at < min(len(got), len(want)) && got[at] == want[at] {
			at++
		}
		t.Fatalf("%d rows, expected %d; they differ from row %d on: %q, expected %q", len(got), len(want), at, got[at:min(at+3, len(got))], want[at:min(at+3, len(want))])
	}
	if _, err := p.Verify(t.Context(), publisher.VerifyRequest{Model: "shop"}); err != nil {
		t.Errorf("verify: %v", err)
	}

	rename(t, path("region=a/part-1.parquet"), path("region=a/part-2.parquet"))
	if report := publish(); report.Release.Number != 1 {
		t.Errorf("files that have exchanged their names make release %d: loaded %v", report.Release.Number, report.Loaded)
	}
	writeLines(t, path("region=a/part-0.parquet"), "zero")
	if again := publish().Release.Version("lines"); again.Rows != 8_000 || again.Digest == first.Digest {
		t.Errorf("one more file: %d rows of digest %s", again.Rows, again.Digest)
	}
}

// rename exchanges the names of two files.
func rename(t *testing.T, a, b string) {
	t.Helper()
	for _, names := range [][2]string{{a, a + "~"}, {b, a}, {a + "~", b}} {
		if err := os.Rename(names[0], names[1]); err != nil {
			t.Fatal(err)
		}
	}
}

func hash(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%x", sha256.Sum256(content))
}

// TestADatasetThatLosesItsKeyIsLoadedAnew, and the plan says why.
func TestADatasetThatLosesItsKeyIsLoadedAnew(t *testing.T) {
	folder := t.TempDir()
	writeSales(t, folder, "sales", 10, func(rows []sale) { rows[3] = rows[2] })
	fields := func(key string) *contract.Model {
		return modelOf(t, map[string]string{"sales": `    properties:
      - {name: id, logicalType: integer, required: true` + key + `}
      - {name: amount, logicalType: number, required: true}
`})
	}
	store, err := sqlitestore.Open(t.Context(), filepath.Join(t.TempDir(), "gold.db"), sqlitestore.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	p := publisher.New(publisher.Config{Store: store, Logger: slog.New(slog.DiscardHandler), Holder: "test"})
	publish := func(key string) (*publisher.Report, error) {
		return p.Publish(t.Context(), publisher.Request{Model: fields(key), Lake: fixture.OpenLake(t, folder)})
	}
	if _, err := publish(", primaryKey: true"); gold.CodeOf(err) != gold.CodeDuplicateKey {
		t.Fatalf("a key that comes twice: %v", err)
	}
	if _, err := p.Check(t.Context(), publisher.Request{Model: fields(""), Lake: fixture.OpenLake(t, folder)}); err != nil {
		t.Errorf("check: %v", err)
	}
	report, err := publish("")
	if err != nil {
		t.Fatal(err)
	}
	if v := report.Release.Version("sales"); v.Rows != 10 {
		t.Errorf("%d rows, expected 10", v.Rows)
	}
	// What its own rule forbids is found without a key too.
	_, err = publish(", unique: true")
	if gold.CodeOf(err) != gold.CodeQualityFailed || !strings.Contains(err.Error(), "id_unique") {
		t.Errorf("a field that should be unique: %v", err)
	}
}

// TestEqualRowsOfARealShopAreAllThere: a British shop's purchases without their numbers, 5,276 of which are equal to an
// earlier one (pandas: DataFrame.duplicated).
func TestEqualRowsOfARealShopAreAllThere(t *testing.T) {
	model := modelOf(t, map[string]string{"fact_achats": `    properties:
      - {name: id_client, logicalType: integer, required: true}
      - {name: date_achat, logicalType: timestamp, required: true}
      - {name: montant, logicalType: number, required: true}
      - {name: produit, logicalType: string, required: true}
      - {name: pays, logicalType: string, required: true}
`})
	store, err := sqlitestore.Open(t.Context(), filepath.Join(t.TempDir(), "gold.db"), sqlitestore.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	p := publisher.New(publisher.Config{Store: store, Logger: slog.New(slog.DiscardHandler), Holder: "test"})
	source := fixture.OpenLake(t, fixture.RealLake(t))
	report, err := p.Publish(t.Context(), publisher.Request{Model: model, Lake: source})
	if err != nil {
		t.Fatal(err)
	}
	v := report.Release.Version("fact_achats")
	table, err := source.Table(t.Context(), lake.Spec{Dataset: v.Dataset})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = table.Close() })
	var want []uint64
	read := lake.Read{Workers: 1}
	if _, err := table.Read(t.Context(), read, func(_ int, b *gold.Batch, _ int64) error { want = appendHashes(want, b); return nil }); err != nil {
		t.Fatal(err)
	}
	rows, err := store.Rows(t.Context(), gold.Query{Version: v, Sort: v.Dataset.TotalSort(nil)})
	if err != nil {
		t.Fatal(err)
	}
	var got []uint64
	if _, err := gold.EachBatch(t.Context(), rows, func(b *gold.Batch) error { got = appendHashes(got, b); return nil }); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got, want) {
		t.Errorf("%d rows that are not those of the file in its order, %d", len(got), len(want))
	}
	seen := map[uint64]bool{}
	for _, h := range got {
		seen[h] = true
	}
	if again := len(got) - len(seen); len(got) != 397_310 || again != 5_276 {
		t.Errorf("%d rows, %d of them equal to an earlier one; pandas has 397310 and 5276", len(got), again)
	}
}

// appendHashes appends a hash of each row.
func appendHashes(hashes []uint64, b *gold.Batch) []uint64 {
	var row []gold.Value
	for i := range b.Rows {
		row = b.Row(i, row[:0])
		h := fnv.New64a()
		for _, v := range row {
			_, _ = h.Write(v.Append([]byte{byte(v.Kind())}, 0))
		}
		hashes = append(hashes, h.Sum64())
	}
	return hashes
}
