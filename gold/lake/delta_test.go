package lake

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"goldserve/gold"
	"goldserve/gold/storetest"
)

// TestFoldersWithALogAreDeltaTables reads no folder with a log as plain Parquet, however it is named and marked.
func TestFoldersWithALogAreDeltaTables(t *testing.T) {
	for name, c := range map[string]struct {
		files []string
		links map[string]string
	}{
		"with the extension":          {files: []string{"x.parquet/part-0.parquet", "x.parquet/_delta_log/00000000000000000000.json"}},
		"that Spark marked":           {files: []string{"x.parquet/part-0.parquet", "x.parquet/_SUCCESS", "x.parquet/_delta_log/_last_checkpoint"}},
		"without the extension":       {files: []string{"x/part-0.parquet", "x/_delta_log/0.json"}},
		"a link to a table":           {files: []string{"t/part-0.parquet", "t/_delta_log/0.json"}, links: map[string]string{"x.parquet": "t"}},
		"a link to a log in the lake": {files: []string{"log/0.json", "x.parquet/part-0.parquet", "x.parquet/_SUCCESS"}, links: map[string]string{"x.parquet/_delta_log": "../log"}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for _, f := range c.files {
				writeFile(t, filepath.Join(dir, f), []byte("{}"))
			}
			for at, target := range c.links {
				if err := os.Symlink(target, filepath.Join(dir, at)); err != nil {
					t.Fatal(err)
				}
			}
			wantError(t, openTable(t, dir, Spec{Dataset: dataset("x", "id:i")}), gold.Invalid, gold.CodeFileInvalid, "the log of the Delta table")
		})
	}
}

// TestATableThatWasOverwritten has files of 335 in its folder, of which the newest version has 160.
func TestATableThatWasOverwritten(t *testing.T) {
	l := mustOpen(t, filepath.Join(storetest.Shared(t), "data", "field", "delta-overwritten", "lake"))
	first := int64(0)
	for name, c := range map[string]struct {
		at  *int64
		sum float64
	}{"the newest": {nil, 160}, "the first": {&first, 175}} {
		s, err := inferred(t, l, "sales")
		if err != nil {
			t.Fatal(err)
		}
		if c.at != nil {
			s.Reading = gold.Reading{Format: gold.Delta, Version: c.at}
		}
		table, err := l.Table(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		rows, _, err := readRows(table, Read{Fields: []string{"amount"}})
		sum := 0.0
		for _, r := range rows {
			sum += r[0].Double()
		}
		if err != nil || sum != c.sum {
			t.Errorf("%s has %v, want %v (%v)", name, sum, c.sum, err)
		}
		if err := errors.Join(table.Unchanged(t.Context()), table.Close()); err != nil {
			t.Error(err)
		}
	}
}
