package spark

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"goldserve/builder"
	"goldserve/builder/duckdb"
	"goldserve/builder/landing"
	places "goldserve/builder/place"
	"goldserve/gold"
	"goldserve/gold/lake/dir"
	"goldserve/gold/storetest"
)

// TestFilesOfSlicesAreThoseOfDuckDB: a table with one file for each slice, tables named by the newest one, and an array, of so many small raw
// files that they are landed in bundles.
func TestFilesOfSlicesAreThoseOfDuckDB(t *testing.T) {
	e := newLake(t).engine()
	var want map[string]string
	for _, engine := range []builder.Engine{duckdb.New(duckdb.Options{Executable: storetest.DuckDB(t)}), e} {
		folder := t.TempDir()
		for i := range 80 {
			at := time.Date(2025, 11, 13, 10, 0, 5*i, 0, time.UTC)
			text := fmt.Sprintf("id,total,note\n%d,%d.5,new\n%d,1,\"a, b\"\n%d,%d,\n", 2*i, i, 2*i+1, max(2*i-60, 0), i)
			writeText(t, filepath.Join(folder, "bronze", "orders_"+at.Format(builder.SliceName)+".csv"), text)
		}
		writeText(t, filepath.Join(folder, "bronze", "orders.csv"), "id,total,note\n1000,7,no slice\n")
		r, err := sliced(t, folder, engine).Run(t.Context(), builder.Options{}, builder.Progress{})
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range r.Built {
			if b.Table.Name == "orders_clean" && (b.RowsIn != 241 || b.Rejected["duplicate"] != 80) {
				t.Errorf("%s: %d rows, rejected %v", r.Engine.Name, b.RowsIn, b.Rejected)
			}
		}
		got := texts(t, folder)
		if want == nil {
			want = got
		}
		if diff := cmp.Diff(want, got); diff != "" || len(got) != 83 {
			t.Errorf("%d files: -duckdb +spark\n%s", len(got), diff)
		}
	}
}

// sliced returns a builder of a lake of slices.
func sliced(t *testing.T, folder string, engine builder.Engine) *builder.Builder {
	t.Helper()
	build := &gold.Build{Sources: []gold.RawSource{{Name: "orders", Files: []string{"orders*.csv"}, Columns: []gold.RawColumn{
		{Name: "id", Kind: gold.RawWhole}, {Name: "total", Kind: gold.RawMoney}, {Name: "note", Kind: gold.RawText},
	}}}}
	tables, err := builder.ReadSQL(fstest.MapFS{
		"m/sql/silver/orders_clean.sql": {Data: []byte("-- goldserve:\n--   format: csv\n--   file: orders_clean_{slice}.csv\n--   quarantine: {source: orders, reasons: [duplicate]}\n" +
			"SELECT o._slice, o.id, o.total, o.note, o._file, o._line, CASE WHEN o.nth > 1 THEN 'duplicate' END AS reason\n" +
			"FROM (SELECT b.*, row_number() OVER (PARTITION BY b.id ORDER BY b._slice DESC NULLS LAST, b._line DESC) AS nth FROM bronze.orders b) o ORDER BY o._slice NULLS FIRST, o.id")},
		"m/sql/gold/sales.sql": {Data: []byte("-- goldserve:\n--   format: csv\n--   file: sales/sales_{ts}.csv\nSELECT sum(o.total) AS total, count(*) AS n FROM silver.orders_clean o")},
		"m/sql/gold/list.sql":  {Data: []byte("-- goldserve: {format: json}\nSELECT o.id FROM silver.orders_clean o ORDER BY o.id")},
	}, "m", build)
	if err != nil {
		t.Fatal(err)
	}
	at := func(name string) *places.Folder {
		f, err := places.NewFolder(filepath.Join(folder, name))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = f.Close() })
		return f
	}
	bronze, err := dir.Open(filepath.Join(folder, "bronze"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = bronze.Close() })
	root := at(".")
	return &builder.Builder{
		Model: "m", Build: build, Tables: tables, Engine: engine,
		Lander: landing.New(landing.Config{Bronze: bronze, Path: filepath.Join(folder, "bronze"), Folder: filepath.Join(folder, "_landed")}),
		Lake: builder.Lake{
			Root: root, Silver: at("silver"), Quarantine: at("quarantine"), Gold: at("gold"), Scratch: filepath.Join(folder, "_scratch"), Lock: root.Lock,
		},
	}
}

// texts returns the text files of silver and gold.
func texts(t *testing.T, folder string) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, stage := range []string{"silver", "gold"} {
		err := filepath.WalkDir(filepath.Join(folder, stage), func(path string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() || strings.HasPrefix(e.Name(), "_") {
				return err
			}
			text, err := os.ReadFile(path)
			name, _ := filepath.Rel(folder, path)
			found[name] = string(text)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return found
}

func writeText(t *testing.T, name, text string) {
	t.Helper()
	err := os.MkdirAll(filepath.Dir(name), 0o750)
	if err == nil {
		err = os.WriteFile(name, []byte(text), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}
