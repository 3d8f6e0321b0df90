package landing

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"goldserve/gold"
	"goldserve/gold/storetest"
)

// valuesOf are rows without their file and their line.
func valuesOf(rows []string) []string {
	var values []string
	for _, row := range rows {
		parts := strings.Split(row, "|")
		values = append(values, strings.Join(parts[1:len(parts)-2], "|"))
	}
	slices.Sort(values)
	return values
}

// A table of bronze is its live rows, whatever files lie in its folder: those of deleted and overwritten rows aren't read.
func TestTablesOfBronzeAreTheirLiveRows(t *testing.T) {
	folder := filepath.Join(storetest.Shared(t), "data", "delta", "basic-with-inserts-updates")
	b := newBench(t)
	for from, to := range map[string]string{"delta": "people", "expected": "expected.parquet"} {
		if err := os.CopyFS(filepath.Join(b.root, "bronze", to), os.DirFS(filepath.Join(folder, from))); err != nil {
			t.Fatal(err)
		}
	}
	columns := []string{"id whole", "str text"}
	table, found, landed, err := b.land(source("people", columns...))
	if err != nil || len(found[0].Files) != 1 || !found[0].Files[0].Table {
		t.Fatal(found, err)
	}
	b.write("expected_none.csv", "id,str\n") // a text file beside it has Parquet landed, too
	plain, _, _, err := b.land(source("expected", columns...))
	if err != nil {
		t.Fatal(err)
	}
	want := valuesOf(b.rows(&plain[0]))
	if diff := cmp.Diff(want, valuesOf(b.rows(&table[0]))); diff != "" || landed.Rows != 100 {
		t.Error(landed, diff)
	}
	if _, again, landed, err := b.land(source("people", columns...)); err != nil || landed.Written != 0 || again[0].ID != found[0].ID {
		t.Error(landed, err)
	}
	if err := b.lander.Unchanged(t.Context(), found); err != nil {
		t.Error(err)
	}
	if err := os.Remove(filepath.Join(b.root, "bronze/people/_delta_log/00000000000000000001.json")); err != nil {
		t.Fatal(err)
	}
	if err := b.lander.Unchanged(t.Context(), found); gold.CodeOf(err) != gold.CodeSourceChanged {
		t.Error(err)
	}
	_, _, _, err = b.land(source("people", "idd whole", "str whole"))
	if gold.CodeOf(err) != gold.CodeBuildSchema || !strings.Contains(err.Error(), "did you mean id?") {
		t.Error(err)
	}
}
