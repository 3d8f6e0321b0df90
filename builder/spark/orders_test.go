package spark

import (
	"fmt"
	"os"
	"slices"
	"testing"

	"goldserve/builder"
	"goldserve/builder/duckdb"
	"goldserve/builder/landing"
	places "goldserve/builder/place"
	"goldserve/gold/contract"
	"goldserve/gold/lake/dir"
	"goldserve/gold/storetest"
	"goldserve/models"
)

// TestOrdersOnSparkAreThoseOfDuckDB: a raw file with broken lines, built on both into a table in three formats and the gold that is made of it.
func TestOrdersOnSparkAreThoseOfDuckDB(t *testing.T) {
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	all, _, err := contract.LoadAll(contract.Overlays{}, models.FS)
	must(err)
	m := all[slices.IndexFunc(all, func(m *contract.Model) bool { return m.Name == "orders" })]
	tables, err := builder.ReadSQL(m.Files, m.Dir, m.Build)
	must(err)
	values, err := m.Build.SetGenerate([]string{"events=1500", "dirt=3"})
	must(err)
	l := newLake(t)
	at := func(elem ...string) *places.Folder {
		p, err := places.NewFolder(l.path(elem...))
		must(err)
		t.Cleanup(func() { _ = p.Close() })
		return p
	}
	local := duckdb.New(duckdb.Options{Executable: storetest.DuckDB(t)})
	g := &builder.Generator{Parameters: m.Build.Generate, Values: values, Engine: local, Bronze: at("raw"), Scratch: l.path("_scratch")}
	g.Tables = slices.DeleteFunc(slices.Clone(tables), func(t *builder.Table) bool { return t.Stage != builder.Generate })
	_, err = g.All(t.Context())
	must(err)
	raw, err := dir.Open(l.path("raw"))
	must(err)
	defer func() { _ = raw.Close() }()
	for name, engine := range map[string]builder.Engine{"duck": local, "spark": l.engine()} {
		root := at(name)
		b := &builder.Builder{
			Model: m.Name, Build: m.Build, Tables: tables, Engine: engine,
			Lander: landing.New(landing.Config{Bronze: raw, Path: l.path("raw"), Folder: l.path(name, "_landed"), Model: m.Name}),
			Lake: builder.Lake{
				Root: root, Silver: at(name, "silver"), Quarantine: at(name, "quarantine"), Gold: at(name, "gold"), Scratch: l.path(name, "_scratch"), Lock: root.Lock,
			},
		}
		report, err := b.Run(t.Context(), builder.Options{}, builder.Progress{})
		must(err)
		t.Logf("%s: %.1f s", name, report.Seconds)
	}
	for table, read := range map[string]string{
		"silver/orders_events_cleaned.csv": "read_csv('%s', all_varchar = true)", "silver/orders_events_cleaned.json": "read_json('%s')",
		"silver/orders_events_cleaned.parquet": "read_parquet('%s')", "quarantine/orders_events_cleaned.parquet": "read_parquet('%s')",
		"gold/events.parquet": "read_parquet('%s')", "gold/orders.parquet": "read_parquet('%s')", "gold/customers.parquet": "read_parquet('%s')", "gold/predictions.parquet": "read_parquet('%s')",
	} {
		file := l.path("spark", table)
		if info, err := os.Stat(file); err == nil && info.IsDir() {
			file += "/part-*"
		}
		one, other := fmt.Sprintf(read, l.path("duck", table)), fmt.Sprintf(read, file)
		rows := l.sql(fmt.Sprintf("SELECT (SELECT count(*) FROM %[1]s) AS n, (SELECT count(*) FROM (FROM %[1]s EXCEPT ALL FROM %[2]s)) AS lacks, (SELECT count(*) FROM (FROM %[2]s EXCEPT ALL FROM %[1]s)) AS more", one, other))
		if n := rows[0]["n"].(float64); n < 50 || rows[0]["lacks"] != 0.0 || rows[0]["more"] != 0.0 {
			t.Errorf("%s: %v", table, rows)
		}
	}
}
