//go:build e2e

package lake

import (
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"goldserve/gold/storetest"
)

// TestDeltaTablesAsDuckDBReadsThem compares tables that delta-rs writes, and others that it can't, with DuckDB's rows of them.
func TestDeltaTablesAsDuckDBReadsThem(t *testing.T) {
	root := filepath.Join(t.TempDir(), "lake")
	tables := writtenTables(t, "delta", root, 18)
	l := mustOpen(t, root)
	for _, name := range tables {
		t.Run(name, func(t *testing.T) {
			s, rows := inferredRows(t, l, name, 2)
			wantRowsOf(t, l, s, "expected/"+name, rows)
		})
	}
}

// writtenTables has a format's script write its tables below a folder, and returns their names, at least so many.
func writtenTables(t *testing.T, format, folder string, least int) []string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), storetest.Python(t), filepath.Join("testdata", format, "tables.py"), folder).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v", out, err)
	}
	tables := strings.Fields(string(out))
	if len(tables) < least {
		t.Fatalf("tables %q", tables)
	}
	return tables
}

// inferredRows reads all columns of a source, at least so many, and returns its rows in the order of their texts.
func inferredRows(t *testing.T, l *Lake, source string, fields int) (Spec, []string) {
	t.Helper()
	s, err := inferred(t, l, source)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := sortedRows(t, l, s)
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Dataset.Fields) < fields {
		t.Errorf("%d fields, want %d at least", len(s.Dataset.Fields), fields)
	}
	return s, rows
}

// wantRowsOf compares rows with those that another source has of the same columns.
func wantRowsOf(t *testing.T, l *Lake, s Spec, source string, rows []string) {
	t.Helper()
	s.Source = source
	same, err := sortedRows(t, l, s)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(rows, same) {
		t.Errorf("%d rows, want %d of %d fields; the first ones:\n%s\nwant\n%s", len(rows), len(same), len(s.Dataset.Fields),
			strings.Join(rows[:min(len(rows), 9)], "\n"), strings.Join(same[:min(len(same), 9)], "\n"))
	}
}

const writeDelta = `
import glob, os, sys
import pyarrow.parquet as pq
from deltalake import write_deltalake
for file in glob.glob(sys.argv[1] + "/*.parquet"):
    rows = pq.read_table(file)
    table = os.path.join(sys.argv[2], os.path.basename(file)[:-len(".parquet")])
    half = rows.num_rows // 2
    write_deltalake(table, rows.slice(0, half))
    write_deltalake(table, rows.slice(half), mode="append")
`

// TestTheSampleAsDeltaTables has the same rows as in Parquet.
func TestTheSampleAsDeltaTables(t *testing.T) { sampleAs(t, writeDelta) }

// sampleAs compares the sample's rows with those of the tables that a script writes of them.
func sampleAs(t *testing.T, script string) {
	t.Helper()
	lake := t.TempDir()
	if out, err := exec.CommandContext(t.Context(), storetest.Python(t), "-c", script, sampleGold(t), lake).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v", out, err)
	}
	for name := range datasets {
		want, _, err := readLake(sampleGold(t), Spec{Dataset: known(name)})
		if err != nil {
			t.Fatal(err)
		}
		got, _, err := readLake(lake, Spec{Dataset: known(name)})
		if err != nil || got.String() != want.String() || got.Rows() == 0 {
			t.Errorf("%s: %v, %v, want %v", name, err, got, want)
		}
	}
}
