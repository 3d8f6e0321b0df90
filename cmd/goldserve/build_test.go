package main

import (
	"context"
	"encoding/json"
	"fmt"
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
	if entries, err := os.ReadDir(lake); err != nil || len(entries) != 1 {
		t.Errorf("a plan has written something beside bronze: %v, %v", entries, err)
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

// libraryModel writes a model that has only its SQL, and a lake with its raw files, and returns the folders.
func libraryModel(t *testing.T) (models, lake string) {
	t.Helper()
	t.Setenv("GOLDSERVE_DUCKDB", storetest.DuckDB(t))
	models, lake = filepath.Join(t.TempDir(), "models"), filepath.Join(t.TempDir(), "lake")
	loans := "loan,isbn,day,fine\n"
	for i := range 60 {
		loans += fmt.Sprintf("%d,%d,2025-01-%02d,%d.5\n", i, 100+i%7, 1+i%28, i%3)
	}
	for name, text := range map[string]string{
		models + "/library/model.yaml": "name: library\ntitle: Library\nbuild:\n  sources:\n    loans:\n" +
			"      columns: {loan: whole, isbn: text, day: date, fine: money} # each loan of a book\n",
		models + "/library/sql/silver/loans.sql": "SELECT l.loan, l.isbn, l.day, l.fine FROM bronze.loans l ORDER BY l.loan\n",
		models + "/library/sql/gold/loans.sql":   "SELECT l.loan, l.isbn, l.day, l.fine FROM silver.loans l ORDER BY l.loan\n",
		lake + "/bronze/loans.csv":               loans,
	} {
		if err := os.MkdirAll(filepath.Dir(name), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return models, lake
}

// TestFromRawFilesToKeyFigures: a model is begun with its SQL alone, and its contracts are written from what that builds.
func TestFromRawFilesToKeyFigures(t *testing.T) {
	models, lake := libraryModel(t)
	goldFolder := filepath.Join(lake, "gold")
	p := sqlitePlace(t)
	if code, _, stderr := cli(t, "contracts", "lint", "--models", models); code != exitRefused || !strings.Contains(stderr, "goldserve init writes from the files of a lake") {
		t.Errorf("lint: exit %d: %s", code, stderr)
	}
	out := mustCLI(t, "build", lake, "--models", models)
	if want := "Next: goldserve init " + goldFolder + " --model library --models " + models + "\n"; !strings.HasSuffix(out, want) {
		t.Fatalf("build: got %s, expected %s", out, want)
	}
	out = mustCLI(t, "init", goldFolder, "--model", "library", "--models", models)
	if !strings.Contains(out, "library/model.yaml: new keys asOf, facts, kpis\n") || !strings.Contains(out, "library/dashboard.yaml") {
		t.Errorf("init: %s", out)
	}
	text, err := os.ReadFile(filepath.Join(models, "library", "model.yaml"))
	if err != nil || !strings.HasPrefix(string(text), "name: library\n") || !strings.Contains(string(text), "# each loan of a book\n") || !strings.Contains(string(text), "\nfacts: loans\n") {
		t.Errorf("model.yaml: %s %v", text, err)
	}
	if out := mustCLI(t, "init", goldFolder, "--model", "library", "--models", models); !strings.Contains(out, "Nothing to write") {
		t.Errorf("init again: %s", out)
	}
	out = mustCLI(t, "build", "--lake", lake, "--models", models, "--full")
	if want := "Next: goldserve publish --lake " + goldFolder + " --models " + models + " --model library\n"; !strings.HasSuffix(out, want) {
		t.Errorf("build: got %s, expected %s", out, want)
	}
	mustCLI(t, "publish", "--lake", goldFolder, "--models", models, "--model", "library", "--store", p.store)
	if out := mustCLI(t, "query", "/kpis", "--models", models, "--model", "library", "--store", p.store, "--format", "json"); !strings.Contains(out, `"loans_rows":60`) || !strings.Contains(out, `"total_fine":90`) {
		t.Errorf("/kpis: %s", out)
	}
}

// TestInitFollowsFilesNamedBySlices: a table whose file has another name after each build is one dataset, and the facts are those
// that model.yaml names.
func TestInitFollowsFilesNamedBySlices(t *testing.T) {
	models, lake := libraryModel(t)
	p := sqlitePlace(t)
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	model := models + "/library/model.yaml"
	text, err := os.ReadFile(filepath.Clean(model))
	if err != nil {
		t.Fatal(err)
	}
	write(model, string(text)+"asOf: books.day\nfacts: books\n")
	write(models+"/library/sql/gold/books.sql", "-- goldserve:\n--   format: csv\n--   file: books/books_{ts}.csv\n"+
		"SELECT l.isbn, max(l.day) AS day FROM silver.loans l GROUP BY l.isbn ORDER BY l.isbn\n")
	if err := os.Rename(lake+"/bronze/loans.csv", lake+"/bronze/loans_20250101T000000.csv"); err != nil {
		t.Fatal(err)
	}
	mustCLI(t, "build", lake, "--models", models)
	out := mustCLI(t, "init", lake+"/gold", "--model", "library", "--models", models)
	if !strings.Contains(out, "contracts/books.odcs.yaml: 7 rows, key day, time day") || strings.Contains(out, "loans are the facts") {
		t.Errorf("init: %s", out)
	}
	if out := mustCLI(t, "run", lake, "--models", models, "--store", p.store); !strings.Contains(out, "library release 1: 67 rows") {
		t.Errorf("run: %s", out)
	}
	write(lake+"/bronze/loans_20250102T000000.csv", "loan,isbn,day,fine\n99,200,2025-02-01,1\n")
	if out := mustCLI(t, "run", lake, "--models", models, "--store", p.store); !strings.Contains(out, "library release 2: 69 rows") {
		t.Errorf("run: %s", out)
	}
	if out := mustCLI(t, "init", lake+"/gold", "--model", "library", "--models", models); !strings.Contains(out, "Nothing to write") {
		t.Errorf("init again: %s", out)
	}
}

// TestRunPublishesWhatItBuilt: whatever the store holds.
func TestRunPublishesWhatItBuilt(t *testing.T) {
	models, lake := libraryModel(t)
	p := sqlitePlace(t)
	mustCLI(t, "publish", "--store", p.store, "--lake", filepath.Join(sample, "gold"))
	if code, out, stderr := cli(t, "run", lake, "--models", models, "--store", p.store); code != exitRefused || !strings.Contains(out, "Next: goldserve init ") || !strings.Contains(stderr, "library/contracts") {
		t.Errorf("without contracts: exit %d: %s%s", code, out, stderr)
	}
	mustCLI(t, "init", filepath.Join(lake, "gold"), "--model", "library", "--models", models)
	if out := mustCLI(t, "run", "--lake", lake, "--models", models, "--store", p.store); !strings.Contains(out, "library release 1: 60 rows") {
		t.Errorf("run: %s", out)
	}
	if err := os.WriteFile(filepath.Join(lake, "bronze", "loans_2.csv"), []byte("loan,isbn,day,fine\n99,1,2025-01-01,1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var out fixture.Lines
	done := make(chan int, 1)
	go func() {
		done <- run(ctx, []string{"run", lake, "--watch", "20ms", "--models", models, "--store", p.store}, &out, &out)
	}()
	waitFor(t, "the second release", func() bool { return strings.Contains(out.String(), "library release 2: 61 rows") })
	stop()
	if code := <-done; code != exitDone {
		t.Errorf("exit %d: %s", code, out.String())
	}
}

// TestFoldersOfModelsThatAreNone: the message names the folder that was given.
func TestFoldersOfModelsThatAreNone(t *testing.T) {
	models, lake := libraryModel(t)
	empty := t.TempDir()
	for folder, want := range map[string]string{
		filepath.Join(models, "library"): filepath.Join(models, "library") + ": the folder is itself a model: --models names the folder around it (did you mean --models " + models + "?)",
		empty:                            empty + ": no folder in it has a model.yaml: expected MODEL/model.yaml",
	} {
		if code, _, stderr := cli(t, "build", lake, "--models", folder); code != exitRefused || !strings.Contains(stderr, want) {
			t.Errorf("%s: exit %d: %s", folder, code, stderr)
		}
	}
	if code, _, stderr := cli(t, "build", lake, "--models", models, "--select", "loan"); code != exitUsage || !strings.Contains(stderr, "did you mean loans?") || strings.Contains(stderr, "ca_monthly") {
		t.Errorf("--select: exit %d: %s", code, stderr)
	}
}

// TestRunReadsTheModelsOnce: what is wrong with another model is told once.
func TestRunReadsTheModelsOnce(t *testing.T) {
	_, with := builtLake(t)
	models := t.TempDir()
	if err := os.Mkdir(filepath.Join(models, "other"), 0o700); err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(models, "other", "model.yaml"), "name: [other]\n")
	code, out, stderr := cli(t, append([]string{"run", "--model", "retail", "--models", models, "--store", sqlitePlace(t).store}, with...)...)
	if code != exitDone || !strings.Contains(out, "retail release 1: ") || strings.Count(stderr, "the key title is missing") != 1 {
		t.Errorf("exit %d: %s\n%s", code, out, stderr)
	}
}
