package builder_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"goldserve/builder"
	"goldserve/builder/duckdb"
	"goldserve/builder/place"
	"goldserve/gold"
	"goldserve/gold/storetest"
)

// TestATableInSeveralFormats: the files have the same rows, those that read it read Parquet, and a format that is given up goes.
func TestATableInSeveralFormats(t *testing.T) {
	t.Parallel()
	s := newStream(t)
	cleaned := "SELECT o.id, o.total, o.note, o._file, o._line, CASE WHEN o.id IS NULL THEN 'no_id' END AS reason FROM bronze.orders o ORDER BY o.id, o._line"
	header := "-- goldserve:\n--   format: [csv, parquet, json]\n--   quarantine: {source: orders, reasons: [no_id]}\n"
	s.sql = map[string]string{
		"silver/cleaned.sql": header + cleaned,
		"gold/sales.sql":     "-- goldserve: {format: [json, csv]}\nSELECT o.total FROM silver.cleaned o ORDER BY o.total",
		"gold/most.sql":      "SELECT max(s.total) AS total FROM gold.sales s",
	}
	s.write("orders.csv", "id,total,note\n2,2.5,\"a,\"\"b\"\nx,1,\n1,1,\n")
	_, err := s.run(t, builder.Options{})
	must(t, err)
	want := map[string]string{
		"silver/cleaned.csv":  "id,total,note\n1,1.0000,\n2,2.5000,\"a,\"\"b\"\n",
		"silver/cleaned.json": "[\n{\"id\":1,\"total\":1.0000,\"note\":null},\n{\"id\":2,\"total\":2.5000,\"note\":\"a,\\\"b\"}\n]\n",
		"gold/sales.csv":      "total\n1.0000\n2.5000\n",
		"gold/sales.json":     "[\n{\"total\":1.0000},\n{\"total\":2.5000}\n]\n",
	}
	check := func(what string) {
		t.Helper()
		got := s.tables(t)
		for name := range got {
			if strings.HasSuffix(name, ".parquet") {
				delete(got, name)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: -want +got\n%s", what, diff)
		}
	}
	check("built")
	if rows, want := s.rows("silver/cleaned.parquet"), "1,1.0000,NULL\n2,2.5000,\"a,\"\"b\""; rows != want {
		t.Errorf("Parquet: %q", rows)
	}

	// A table that reads it is built from its Parquet file alone; a file of any format that is missing is made again.
	s.sql["gold/sales.sql"] = "-- goldserve: {format: [json, csv]}\nSELECT o.total + 1 AS total FROM silver.cleaned o ORDER BY o.total"
	want["gold/sales.csv"], want["gold/sales.json"] = "total\n2.0000\n3.5000\n", "[\n{\"total\":2.0000},\n{\"total\":3.5000}\n]\n"
	r, err := s.run(t, builder.Options{})
	must(t, err)
	if len(r.Built) != 2 || r.Tables[0].Runs {
		t.Errorf("%d tables were built: %+v", len(r.Built), r.Tables)
	}
	check("a reader")
	must(t, os.Remove(filepath.Join(s.folder, "silver/cleaned.csv")))
	r, err = s.run(t, builder.Options{})
	must(t, err)
	if r.Tables[0].Why != "cleaned.csv is missing in the lake" {
		t.Errorf("a missing file: %+v", r.Tables[0])
	}
	check("a missing file")
	s.sql["silver/cleaned.sql"] = strings.Replace(header, "[csv, parquet, json]", "[parquet, csv]", 1) + cleaned
	delete(want, "silver/cleaned.json")
	_, err = s.run(t, builder.Options{})
	must(t, err)
	check("a format fewer")
}

func TestVerbatimLines(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	bronze, err := place.NewFolder(filepath.Join(folder, "bronze"))
	must(t, err)
	t.Cleanup(func() { _ = bronze.Close() })
	g := func(sql, format string) *builder.Generator {
		file := &fstest.MapFile{Data: []byte("-- goldserve: {format: jsonl, verbatim: true}\n" + sql)}
		tables, err := builder.ReadSQL(fstest.MapFS{"m/sql/generate/events.sql": file}, "m", &gold.Build{})
		must(t, err)
		return &builder.Generator{Tables: tables, Engine: duckdb.New(duckdb.Options{Executable: storetest.DuckDB(t)}), Bronze: bronze, Scratch: filepath.Join(folder, "_scratch"), Format: format}
	}
	_, err = g(`SELECT '{"id": 1}' AS line UNION ALL SELECT '{"id": "é\"' UNION ALL SELECT NULL`, "").All(t.Context())
	must(t, err)
	text, err := os.ReadFile(filepath.Join(folder, "bronze", "events.jsonl"))
	if want := "{\"id\": 1}\n{\"id\": \"é\\\"\n\n"; err != nil || string(text) != want {
		t.Errorf("got %q, %v", text, err)
	}
	for _, c := range []struct{ sql, format, want string }{
		{"SELECT 'a' AS line, 'b' AS other", "", "goldserve: verbatim: the query must have a single column, of text"},
		{"SELECT 1 AS line", "", "goldserve: verbatim: the query must have a single column, of text"},
		{"SELECT 'a' AS line", "csv", "generate.events has lines that are written as they are, for jsonl files: leave the format out"},
	} {
		if _, err := g(c.sql, c.format).All(t.Context()); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, expected %q", c.sql, err, c.want)
		}
	}
}
