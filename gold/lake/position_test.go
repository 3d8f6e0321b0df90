package lake

import (
	"path/filepath"
	"slices"
	"testing"

	"goldserve/gold"
)

// TestPositionsAreOfContent: rows are numbered by partition, then by the files' bytes; empty files take no number.
func TestPositionsAreOfContent(t *testing.T) {
	type row struct {
		ID int64 `parquet:"id"`
	}
	ordered := func(files map[string][]row) []int64 {
		dir := t.TempDir()
		writeRows(t, filepath.Join(dir, "x.parquet", "_SUCCESS", "ignored"), []row{})
		for name, rows := range files {
			writeRows(t, filepath.Join(dir, "x.parquet", name), rows)
		}
		table := mustTable(t, dir, Spec{Dataset: dataset("x", "id:i")})
		positions, err := table.Positions(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		ids := slices.Repeat([]int64{-1}, int(table.Rows()))
		if _, err := table.Read(t.Context(), Read{Workers: 1, BatchRows: 1}, func(_ int, b *gold.Batch, first int64) error {
			ids[positions.Of(first)] = b.Columns[0].Ints[0]
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		return ids
	}
	one := []row{{1}, {2}, {2}}
	for what, files := range map[string]map[string][]row{
		"one way": {"p=a/a.parquet": {}, "p=a/b.parquet": one, "p=a/c.parquet": {}, "p=b/a.parquet": {{3}}, "p=" + hiveNull + "/a.parquet": {{4}, {5}}, "p=c/z.parquet": {}},
		"another": {"p=a/b.parquet": {}, "p=a/c.parquet": one, "p=b/y.parquet": {{3}}, "p=" + hiveNull + "/0.parquet": {{4}, {5}}, "p=c/a.parquet": {}, "p=c/b.parquet": {}},
	} {
		if got, want := ordered(files), []int64{4, 5, 1, 2, 2, 3}; !slices.Equal(got, want) {
			t.Errorf("%s: the rows are %v in their order, expected %v", what, got, want)
		}
	}
	parts := map[string][]row{"a.parquet": {{1}, {2}}, "b.parquet": {{3}}, "c.parquet": {{4}, {5}}}
	named := ordered(parts)
	parts["a.parquet"], parts["b.parquet"], parts["c.parquet"] = parts["c.parquet"], parts["a.parquet"], parts["b.parquet"]
	if again := ordered(parts); !slices.Equal(again, named) {
		t.Errorf("names of parts matter: %v and %v", named, again)
	}
}
