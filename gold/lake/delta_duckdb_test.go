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
	out, err := exec.CommandContext(t.Context(), storetest.Python(t), filepath.Join("testdata", "delta", "tables.py"), root).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v", out, err)
	}
	tables := strings.Fields(string(out))
	if len(tables) < 17 {
		t.Fatalf("tables %q", tables)
	}
	l := mustOpen(t, root)
	for _, name := range tables {
		t.Run(name, func(t *testing.T) {
			s, err := inferred(t, l, name)
			if err != nil {
				t.Fatal(err)
			}
			rows, err := sortedRows(t, l, s)
			if err != nil {
				t.Fatal(err)
			}
			s.Source = "expected/" + name
			same, err := sortedRows(t, l, s)
			if err != nil {
				t.Fatal(err)
			}
			if len(s.Dataset.Fields) < 5 && name != "with_vectors" || !slices.Equal(rows, same) {
				t.Errorf("%d rows, want %d of %d fields; the first ones:\n%s\nwant\n%s", len(rows), len(same), len(s.Dataset.Fields),
					strings.Join(rows[:min(len(rows), 9)], "\n"), strings.Join(same[:min(len(same), 9)], "\n"))
			}
		})
	}
}
