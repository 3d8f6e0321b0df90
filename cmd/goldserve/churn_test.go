package main

import (
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"goldserve/gold"
	"goldserve/gold/storetest"
)

// churnLake generates the raw files of the shipped model churn.
func churnLake(t *testing.T, set ...string) *monthLake {
	t.Helper()
	l := &monthLake{TB: t, folder: t.TempDir()}
	l.with = []string{"--lake", l.folder, "--model", "churn", "--duckdb", storetest.DuckDB(t), "--set", "first_month=2023-04-01"}
	args := append([]string{"generate", filepath.Join(l.folder, "bronze"), "--model", "churn", "--duckdb", storetest.DuckDB(t), "--clients", "150"}, set...)
	if out := mustCLI(t, args...); !strings.HasSuffix(out, "--model churn --set first_month=2023-04-01\n") {
		t.Errorf("the next command: %s", out)
	}
	return l
}

// mustBuild builds, and returns the hashes of the tables' files.
func (l *monthLake) mustBuild(more ...string) map[string]string {
	l.Helper()
	if code, out, errs := l.build(more...); code != exitDone {
		l.Fatalf("exit %d: %s%s", code, out, errs)
	}
	var record gold.BuildRecord
	text, err := os.ReadFile(filepath.Join(l.folder, "gold", gold.BuiltFile))
	if err == nil {
		err = json.Unmarshal(text, &record)
	}
	if err != nil {
		l.Fatal(err)
	}
	sums := map[string]string{}
	for _, t := range record.Tables {
		for _, f := range t.Files {
			sums[t.Stage+"/"+f.Path] = f.SHA256
		}
	}
	for _, s := range record.Sources {
		if !s.Frozen || len(s.Files) == 0 {
			l.Errorf("the record of %s: frozen %v, %d files", s.Name, s.Frozen, len(s.Files))
		}
		for _, f := range s.Files {
			sums[f.Path] = f.SHA256
		}
	}
	return sums
}

// TestChurnIsAsPandasComputesIt: every table, from raw files of three seeds.
func TestChurnIsAsPandasComputesIt(t *testing.T) {
	python := storetest.Python(t)
	for _, seed := range []string{"7", "8", "20"} {
		l := churnLake(t, "--seed", seed, "--months", "5", "--dirt", "3")
		l.mustBuild()
		out, err := exec.CommandContext(t.Context(), python, filepath.Join("testdata", "churn.py"), filepath.Join(l.folder, "bronze"), filepath.Join(l.folder, "gold"), "2023-04-01").CombinedOutput()
		if err != nil || len(out) > 0 {
			t.Errorf("seed %s: %v\n%s", seed, err, out)
		}
	}
}

// TestChurnIsTheSameBytes: of the same seed, whatever the number of threads.
func TestChurnIsTheSameBytes(t *testing.T) {
	one, other := churnLake(t, "--months", "3", "--threads", "1"), churnLake(t, "--months", "3", "--threads", "3")
	a, b := one.mustBuild("--threads", "1"), other.mustBuild("--threads", "3")
	if len(a) < 30 || len(a) != len(b) {
		t.Errorf("%d files and %d", len(a), len(b))
	}
	for name, sum := range a {
		if b[name] != sum {
			t.Errorf("%s differs", name)
		}
	}
}

// TestLiveTablesAreTheirSnapshots: what was live at a month's end is what the snapshot of that day says later.
func TestLiveTablesAreTheirSnapshots(t *testing.T) {
	all := churnLake(t, "--months", "4")
	l := &monthLake{TB: t, folder: t.TempDir(), with: slices.Clone(all.with)}
	l.with[1] = l.folder
	p := sqlitePlace(t)
	days := []string{"2023-04-30", "2023-05-31", "2023-06-30", "2023-07-31"}
	for month, day := range days {
		folder := "month_00" + string(rune('0'+month))
		if err := os.CopyFS(filepath.Join(l.folder, "bronze", folder), os.DirFS(filepath.Join(all.folder, "bronze", folder))); err != nil {
			t.Fatal(err)
		}
		if out := mustCLI(t, append([]string{"run", "--store", p.store, "--keep", "9"}, l.with...)...); !strings.Contains(out, "churn release ") {
			t.Fatalf("%s: %s", day, out)
		}
	}
	query := func(more ...string) string {
		return mustCLI(t, append([]string{"query", "--store", p.store, "--model", "churn", "--format", "csv", "--limit", "0", "--sort", "user_id"}, more...)...)
	}
	snapshots, err := fs.Glob(os.DirFS(filepath.Join(l.folder, "gold")), "*_snapshots.parquet")
	if err != nil || len(snapshots) != 5 {
		t.Fatal(snapshots, err)
	}
	for _, name := range snapshots {
		live := strings.TrimSuffix(name, "_snapshots.parquet")
		for _, day := range days {
			was := query(live, "--as-of", day)
			header, _, _ := strings.Cut(was, "\r\n")
			if then := query(live+"_snapshots", "--where", "as_of__eq="+day, "--fields", header); then != was || strings.Count(was, "\n") < 50 {
				t.Errorf("%s as of %s has %d lines, and its snapshot %d", live, day, strings.Count(was, "\n"), strings.Count(then, "\n"))
			}
		}
	}
}
