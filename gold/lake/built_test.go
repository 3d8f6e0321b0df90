package lake

import (
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"goldserve/gold"
)

// TestWhatBuildsLeaveIsNoDataset: what a build writes beside its files is neither a source of the lake nor told of as one.
func TestWhatBuildsLeaveIsNoDataset(t *testing.T) {
	part, err := os.ReadFile(filepath.Join(sampleGold(t), "ca_country.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, content := range map[string][]byte{
		"ca_country.parquet": part, gold.BuiltFile: []byte("{}"), gold.BuildingFile: []byte("{}"), gold.LineageFile: []byte("[]"),
		"_build.lock": nil, "_landed/bills/0.parquet": part, "_scratch/1/gold/ca_country.parquet": part,
	} {
		name = filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	l := mustOpen(t, dir)
	only := []string{"ca_country.parquet"}
	if names, err := l.Names(t.Context()); err != nil || !slices.Equal(names, only) {
		t.Errorf("names: %v, %v", names, err)
	}
	if sources, err := l.Sources(t.Context()); err != nil || !slices.Equal(sources, []string{"ca_country"}) {
		t.Errorf("sources: %v, %v", sources, err)
	}
	entries, err := l.Inventory(t.Context(), InventoryOptions{})
	if err != nil || len(entries) != 1 || entries[0].Name != only[0] {
		t.Errorf("inventory: %+v, %v", entries, err)
	}
}

// TestTheLakeAroundABuildsGoldIsItsGold: raw files, silver and what silver rejected are no datasets of the lake in which a build
// made gold of them, and its report is no table. Without a build, they are folders like any other.
func TestTheLakeAroundABuildsGoldIsItsGold(t *testing.T) {
	part, err := os.ReadFile(filepath.Join(sampleGold(t), "ca_country.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write := func(name string, content []byte) {
		name = filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("bronze/bills.csv", []byte("id\n1\n"))
	write("silver_report.json", []byte("{\n  \"gold_rows\": {}\n}\n"))
	write("other.csv", []byte("id\n1\n"))
	for _, stage := range []string{"silver", "quarantine", "gold"} {
		write(stage+"/bills.parquet", part)
	}
	all := []string{"bronze/bills", "gold/bills", "other", "quarantine/bills", "silver/bills", "silver_report"}
	for _, built := range []bool{false, true} {
		l, want, listed := mustOpen(t, dir), all, 6
		if built {
			write("gold/"+gold.BuiltFile, []byte("{}"))
			want, listed = []string{"gold/bills", "other"}, 5 // all but the report, which is no table
		}
		sources, err := l.Sources(t.Context())
		if slices.Sort(sources); err != nil || !slices.Equal(sources, want) {
			t.Errorf("built %t: sources %v, %v, expected %v", built, sources, err, want)
		}
		if entries, err := l.Inventory(t.Context(), InventoryOptions{}); err != nil || len(entries) != listed {
			t.Errorf("built %t: inventory of %d, %v, expected %d", built, len(entries), err, listed)
		}
	}
}

// TestPatternsAreSourcesOfABuildsTables: what a build named by the newest slice is one source, with the files of earlier builds.
func TestPatternsAreSourcesOfABuildsTables(t *testing.T) {
	record := `{"model": "m", "build": "1", "engine": {"name": "duckdb", "version": "1"}, "tables": [
	{"stage": "gold", "name": "sales", "file": "sales/sales_{ts}.csv", "files": [{"path": "sales/sales_20250102T000000.csv", "bytes": 5, "sha256": "00"}]},
	{"stage": "gold", "name": "plain", "files": [{"path": "plain.csv", "bytes": 5, "sha256": "00"}]},
	{"stage": "silver", "name": "raw", "file": "raw/raw_{ts}.csv", "files": [{"path": "raw/raw_20250102T000000.csv", "bytes": 5, "sha256": "00"}]}]}`
	for _, folder := range []string{".", "gold"} {
		dir := t.TempDir()
		for name, text := range map[string]string{
			"sales/sales_20250102T000000.csv": "id\n1\n", "sales/sales_20250101T000000.csv": "id\n1\n", "sales/others.csv": "id\n1\n",
			"plain.csv": "id\n1\n", gold.BuiltFile: record,
		} {
			name = filepath.Join(dir, folder, name)
			if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		l := mustOpen(t, dir)
		patterns, err := l.Patterns(t.Context())
		if want := []string{path.Join(folder, "sales/sales_{ts}.csv")}; err != nil || !slices.Equal(patterns, want) {
			t.Fatalf("%s: patterns %v, %v, expected %v", folder, patterns, err, want)
		}
		sources, err := l.Sources(t.Context())
		slices.Sort(sources)
		if want := []string{path.Join(folder, "plain"), path.Join(folder, "sales/others")}; err != nil || !slices.Equal(sources, want) {
			t.Errorf("%s: sources %v, %v, expected %v", folder, sources, err, want)
		}
		for _, evil := range []string{"../sales_{ts}.csv", "*/sales_{ts}.csv", "/sales_{ts}.csv", "sales/../sales_{ts}.csv", "sales_{ts}.csv/x", "sales_{ts}{ts}.csv", "_{ts}.csv", "others_{ts}.csv"} {
			if _, err := gold.ParseBuildRecord([]byte(strings.Replace(record, "sales/sales_{ts}.csv", evil, 1))); err == nil {
				t.Errorf("the record of a build may name files as %s", evil)
			}
		}
		if name := NameOf(patterns[0]); name != path.Join(folder, "sales/sales") {
			t.Errorf("%s: named %s", folder, name)
		}
	}
}
