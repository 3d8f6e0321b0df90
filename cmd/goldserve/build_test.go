package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"goldserve/gold/storetest"
	"goldserve/test/fixture"
)

// builtLake copies the raw files of a small lake, and returns its folder and the flags with which it is built.
func builtLake(t *testing.T) (folder string, with []string) {
	t.Helper()
	folder = t.TempDir()
	if err := os.CopyFS(filepath.Join(folder, "bronze"), os.DirFS(storetest.Shared(t)+"/data/retail-edge/a/bronze")); err != nil {
		t.Fatal(err)
	}
	return folder, []string{"--lake", folder, "--duckdb", storetest.DuckDB(t), "--threads", "1", "--set", "now=2026-01-01T00:00:00Z"}
}

func TestBuildAtTheCommandLine(t *testing.T) {
	lake, with := builtLake(t)
	build := func(more ...string) string { return mustCLI(t, append(append([]string{"build"}, with...), more...)...) }
	if plan := build("--plan"); !strings.Contains(plan, "silver.clients           build: new\n") || !strings.Contains(plan, "15 tables of 15 to build with duckdb 1.") {
		t.Errorf("plan: %s", plan)
	}
	if _, err := os.Stat(filepath.Join(lake, "gold")); err == nil {
		t.Error("a plan has written gold")
	}
	if code, _, stderr := cli(t, append([]string{"build", "--select", "ca_month"}, with...)...); code != exitUsage || !strings.Contains(stderr, "did you mean ca_monthly?") {
		t.Errorf("exit %d: %s", code, stderr)
	}
	if code, _, stderr := cli(t, append([]string{"build", "--set", "horizon=3"}, with...)...); code != exitUsage || !strings.Contains(stderr, "did you mean horizon_days?") {
		t.Errorf("exit %d: %s", code, stderr)
	}
	first := build()
	if !strings.Contains(first, "14 of 62 rejected") || !strings.Contains(first, "15 tables built") || !strings.Contains(first, "Next: goldserve publish --lake "+filepath.Join(lake, "gold")) {
		t.Errorf("build: %s", first)
	}
	if again := build(); !strings.Contains(again, ": up to date, in ") {
		t.Errorf("again: %s", again)
	}
	var last struct {
		Event  string
		Tables []struct {
			Table, Why string
			Runs       bool
		}
	}
	events := strings.Split(strings.TrimSpace(build("--json", "--select", "gold.ca_country", "--full")), "\n")
	if err := json.Unmarshal([]byte(events[len(events)-1]), &last); err != nil || last.Event != "built" || len(last.Tables) != 15 || !strings.HasPrefix(events[0], `{"event":"table","table":"gold.`) {
		t.Errorf("%v: %s", err, events)
	}
	if !strings.Contains(first, " view  ") || strings.Contains(first, " 0 rows") {
		t.Errorf("a view has no number of rows: %s", first)
	}
	later := append(slices.Clone(with), "--set", "horizon_days=90")
	if some := mustCLI(t, append([]string{"build", "--select", "ca_country"}, later...)...); !strings.Contains(some, " not selected (") {
		t.Errorf("a selection hides what is out of date: %s", some)
	}
	build()
	// A gold that a configuration names is in the lake around it.
	if again := mustCLI(t, append([]string{"build", "--lake", filepath.Join(lake, "gold")}, with[2:]...)...); !strings.Contains(again, ": up to date, in ") {
		t.Errorf("by the folder gold: %s", again)
	}
	p := sqlitePlace(t)
	mustCLI(t, "publish", "--store", p.store, "--lake", filepath.Join(lake, "gold"))
	if out := mustCLI(t, "publish", "--store", p.store, "--lake", filepath.Join(lake, "gold")); !strings.Contains(out, "unchanged") && !strings.Contains(out, "nothing") {
		t.Errorf("publish again: %s", out)
	}
}

func TestBuildWatches(t *testing.T) {
	lake, with := builtLake(t)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var out fixture.Lines
	done := make(chan int, 1)
	go func() { done <- run(ctx, append([]string{"build", "--watch", "20ms"}, with...), &out, &out) }()
	built := func(times int) func() bool {
		return func() bool { return strings.Count(out.String(), " built") >= times }
	}
	waitFor(t, "the first build", built(1))
	raw, err := os.ReadFile(filepath.Join(lake, "bronze", "clients.csv"))
	if err == nil {
		err = os.WriteFile(filepath.Join(lake, "bronze", "clients.csv"), raw[:len(raw)/2], 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	waitFor(t, "the build of what changed", built(2))
	stop()
	if code := <-done; code != exitDone {
		t.Errorf("exit %d: %s", code, out.String())
	}
}
