package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"goldserve/builder"
	"goldserve/gold/storetest"
)

func TestGenerateMakesRawFiles(t *testing.T) {
	shipped, err := filepath.Abs(filepath.Join(sample, ".."))
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	t.Setenv("GOLDSERVE_DUCKDB", storetest.DuckDB(t))
	out := mustCLI(t, "generate", "./lake/bronze", "--clients", "20", "--days", "10", "--set", "dirt=0")
	if !strings.Contains(out, "achats.csv") || !strings.Contains(out, "20 rows") || !strings.HasSuffix(out, "Next: goldserve build --lake ./lake\n") {
		t.Errorf("got %s", out)
	}
	var said struct{ Files []builder.Generated }
	out = mustCLI(t, "generate", "./lake/bronze", "--set", "clients=20", "--days=10", "--dirt=0", "--json")
	if err := json.Unmarshal([]byte(out), &said); err != nil || len(said.Files) != 2 || !said.Files[0].Unchanged || said.Files[1].Rows != 20 {
		t.Errorf("got %s: %v", out, err)
	}
	for advice, args := range map[string][]string{"--overwrite replaces it.": {"--seed", "8"}, "--format csv writes files of that format.": {"--format", "parquet"}} {
		code, _, stderr := cli(t, append([]string{"generate", "./lake/bronze", "--clients", "20", "--days", "10", "--dirt", "0"}, args...)...)
		if code == exitDone || !strings.Contains(stderr, advice) {
			t.Errorf("over other files: exit %d, expected %q: %s", code, advice, stderr)
		}
	}
	if err := os.CopyFS("models/shop", os.DirFS(shipped)); err != nil {
		t.Fatal(err)
	}
	named, err := os.ReadFile("models/shop/model.yaml")
	for _, other := range []string{"contracts", "dashboard.yaml"} { // raw files are made before there is any
		err = errors.Join(err, os.RemoveAll(filepath.Join("models/shop", other)))
	}
	if err == nil {
		err = os.WriteFile("models/shop/model.yaml", bytes.Replace(named, []byte("name: retail\n"), []byte("name: shop\n"), 1), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	if out = mustCLI(t, "generate", "./own/bronze", "--clients", "20", "--days", "10", "--models", "models", "--model", "shop"); !strings.HasSuffix(out, "Next: goldserve build --lake ./own --models models --model shop\n") {
		t.Errorf("got %s", out)
	}
	for want, args := range map[string][]string{
		"clients is set twice":                  {"--clients", "1", "--set", "clients=2"},
		"expected at least 1, found \"0\"":      {"--clients", "0"},
		"did you mean clients?":                 {"--set", "client=2"},
		"--format is \"excel\": expected csv":   {"--format", "excel"},
		"--every is 1.5s: expected whole":       {"--every", "1.5s"},
		"threads is -1: expected 1 or more":     {"--threads", "-1"},
		"threads is 0: expected 1 or more":      {"--threads", "0"},
		"is not a program that can be run: pip": {"--duckdb", "./nowhere"},
	} {
		code, _, stderr := cli(t, append([]string{"generate", "./other"}, args...)...)
		if want = strings.Replace(want, "clients is set", "clients: the parameter is set", 1); code == exitDone || !strings.Contains(stderr, want) {
			t.Errorf("%v: exit %d: %s", args, code, stderr)
		}
	}
}

// TestGenerateEveryEndsWhenItIsStopped: with exit code 0, and without half a file.
func TestGenerateEveryEndsWhenItIsStopped(t *testing.T) {
	t.Setenv("GOLDSERVE_DUCKDB", storetest.DuckDB(t))
	folder := t.TempDir()
	ctx, stop := context.WithTimeout(t.Context(), 2500*time.Millisecond)
	defer stop()
	var stdout, stderr bytes.Buffer
	if code := run(ctx, []string{"generate", "--every", "1s", "--clients", "20", folder}, &stdout, &stderr); code != exitDone {
		t.Errorf("exit %d: %s", code, stderr.String())
	}
	slices, err := filepath.Glob(filepath.Join(folder, "achats_*.csv"))
	if err != nil || len(slices) == 0 || !strings.Contains(stderr.String(), "no longer generating") {
		t.Errorf("%v %v: %s", slices, err, stderr.String())
	}
	left, err := os.ReadDir(folder)
	if err != nil || len(left) != len(slices)+2 { // the clients' file, and the lock's
		t.Errorf("left %v: %v", left, err)
	}
}
