package duckdb

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"goldserve/builder"
	"goldserve/gold"
)

// TestLambdasWithArrows: both ways to write them are read.
func TestLambdasWithArrows(t *testing.T) {
	l := newLake(t)
	built, err := l.run(Options{}, nil, table(builder.Gold, "x", "SELECT unnest(list_transform(list_filter([1, 2, 3], lambda x: x > 1), x -> x + 1)) AS a"))
	if err != nil || built[0].Rows != 2 {
		t.Errorf("%+v %v", built, err)
	}
}

// TestNamesAreNoPatterns: a file or a folder whose name looks like a pattern is that one alone.
func TestNamesAreNoPatterns(t *testing.T) {
	l := newLake(t)
	l.folder = l.path("lake[12]*?")
	for _, sub := range []string{"lake[12]*?/bronze", "lake[12]*?/scratch", "lake1xx/bronze", "lake1xx/scratch"} {
		if err := os.MkdirAll(filepath.Join(filepath.Dir(l.folder), sub), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	source := builder.Source{Name: "c", Columns: []builder.Column{{Name: "id", Kind: gold.RawWhole, Stored: builder.StoredWhole}}}
	for i, file := range []string{"c_1.parquet", "c_2.parquet", "c_[12].parquet", "c_?.parquet", "c_*.parquet", "c_{1,2}.parquet", "c_[!1].parquet"} {
		l.sql("COPY (SELECT " + string(rune('1'+i)) + " AS id) TO 'LAKE/bronze/" + file + "'; COPY (SELECT 9 AS id) TO 'LAKE/../lake1xx/bronze/" + file + "'")
		source.Files = append(source.Files, builder.File{Path: l.path("bronze", file), Name: file})
	}
	read := table(builder.Silver, "c", "SELECT id, _file FROM bronze.c ORDER BY id", "bronze.c")
	again := table(builder.Gold, "c", "SELECT string_agg(id || ' ' || _file, ', ' ORDER BY id) AS all FROM silver.c", "silver.c")
	text := table(builder.Gold, "text", "SELECT id FROM silver.c", "silver.c")
	text.Format = "csv"
	built, err := l.run(Options{}, []builder.Source{source}, read, again, text)
	if err != nil {
		t.Fatal(err)
	}
	if built[0].Rows != 7 || built[2].Rows != 7 {
		t.Errorf("got %+v", built)
	}
	if err := os.Rename(l.path("scratch", "gold", "c.parquet"), filepath.Join(l.folder, "..", "c.parquet")); err != nil {
		t.Fatal(err)
	}
	want := []map[string]any{{"all": "1 c_1.parquet, 2 c_2.parquet, 3 c_[12].parquet, 4 c_?.parquet, 5 c_*.parquet, 6 c_{1,2}.parquet, 7 c_[!1].parquet"}}
	if diff := cmp.Diff(want, l.sql("FROM read_parquet('"+filepath.Dir(l.folder)+"/c.parquet')")); diff != "" {
		t.Error(diff)
	}

	if err := os.WriteFile(source.Files[2].Path, []byte("PAR1"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := l.run(Options{}, []builder.Source{source}, read); err == nil || !strings.Contains(err.Error(), "bronze/c_[12].parquet") || strings.Contains(err.Error(), "[[]") {
		t.Errorf("a broken file: %v", err)
	}
	source.Files[0] = builder.File{Path: l.path("bronze", `c\1.parquet`), Name: `c\1.parquet`}
	p := &builder.Program{Scratch: l.path("scratch"), Sources: []builder.Source{source}}
	if _, err := newRun(p, Options{}); gold.KindOf(err) != gold.Invalid || !strings.Contains(err.Error(), `bronze/c\1.parquet`) {
		t.Errorf("a backslash beside a pattern: %v", err)
	}
}
