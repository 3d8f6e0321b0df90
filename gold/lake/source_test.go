package lake

import (
	"path/filepath"
	"testing"

	"goldserve/gold"
	"goldserve/gold/storetest"
)

func TestAFolderOfPartsNeedsNoSuffix(t *testing.T) {
	dir := filepath.Join(storetest.Shared(t), "data/field/spark-folder-no-suffix/lake")
	table := mustTable(t, dir, Spec{Dataset: dataset("sales", "id:i")})
	if table.File() != "sales" || table.Rows() == 0 {
		t.Errorf("%d rows of %s", table.Rows(), table.File())
	}
	if there, err := mustOpen(t, dir).Holds(t.Context(), Spec{Dataset: dataset("sales", "id:i")}); !there || err != nil {
		t.Errorf("it is not there: %v", err)
	}
	if name, at, err := mustOpen(t, dir).Changed(t.Context(), Spec{Dataset: dataset("sales", "id:i")}); name != "sales" || at.IsZero() || err != nil {
		t.Errorf("%s changed %v, %v", name, at, err)
	}
}

// TestTwoThatMayBeTheSource: which one a writer meant can't be known, unless the contract says it.
func TestTwoThatMayBeTheSource(t *testing.T) {
	type row struct {
		ID int64 `parquet:"id"`
	}
	const file, folder = 1, 2 // the number of rows tells which one is read
	for _, c := range []struct {
		name, source string
		others       []string // beside the file
		rows         int64
		words        []string // of the error
	}{
		{name: "a file alone", rows: file},
		{name: "both", others: []string{"sales/part-0.parquet", "sales/_SUCCESS"}, words: []string{"sales.parquet: ", " holds sales.parquet and the folder sales, ", "remove one, or say source: sales.parquet"}},
		{name: "both, the folder unfinished", others: []string{"sales/part-0.parquet"}, words: []string{"the folder sales"}},
		{name: "both, the folder without rows", others: []string{"sales/_SUCCESS"}, words: []string{"the folder sales"}},
		{name: "both, the folder of partitions", others: []string{"sales/a=1/part-0.parquet"}, words: []string{"the folder sales"}},
		{name: "both, by a path", source: "in/sales", others: []string{"in/sales/part-0.parquet", "in/sales/_SUCCESS", "in/sales.parquet"}, words: []string{"in/sales.parquet and the folder in/sales"}},
		{name: "both, and the contract names one", source: "sales.parquet", others: []string{"sales/part-0.parquet", "sales/_SUCCESS"}, rows: file},
		{name: "a folder that orders the lake", others: []string{"sales/orders/part-0.parquet"}, rows: file},
		{name: "a folder of other kinds", others: []string{"sales/README.txt"}, rows: file},
		{name: "a table of another format", others: []string{"sales/part-0.parquet", "sales/_delta_log/0.json"}, rows: file},
		{name: "the folder alone, by a path", source: "in/sales", others: []string{"in/sales/part-0.parquet", "in/sales/_SUCCESS"}, rows: folder},
		{name: "the folder alone, named with the extension", source: "in/sales.parquet", others: []string{"in/sales/part-0.parquet", "in/sales/_SUCCESS"}, words: []string{"in/sales.parquet: ", "no such file"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			writeRows(t, filepath.Join(dir, "sales.parquet"), []row{{1}})
			for _, name := range c.others {
				if filepath.Ext(name) == ".parquet" {
					writeRows(t, filepath.Join(dir, name), []row{{1}, {2}})
				} else {
					writeFile(t, filepath.Join(dir, name), nil)
				}
			}
			spec := Spec{Dataset: dataset("sales", "id:i"), Source: c.source}
			table, err := mustOpen(t, dir).Table(t.Context(), spec)
			if c.words != nil {
				code := gold.CodeSourceUnreadable
				if c.rows == 0 && c.source == "in/sales.parquet" {
					code = gold.CodeSourceMissing
				}
				wantError(t, err, gold.Invalid, code, c.words...)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = table.Close() }()
			if table.Rows() != c.rows {
				t.Errorf("%d rows, want %d", table.Rows(), c.rows)
			}
		})
	}
}

// TestASourceThatMovesIsChanged: the other one of its names came in its place.
func TestASourceThatMovesIsChanged(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "x", "_SUCCESS"), nil)
	table := mustTable(t, dir, Spec{Dataset: dataset("x", "id:i")})
	writeFile(t, filepath.Join(dir, "x.parquet", "_SUCCESS"), nil)
	wantError(t, table.Unchanged(t.Context()), gold.Unavailable, gold.CodeSourceChanged, "x: it was laid out anew")
}
