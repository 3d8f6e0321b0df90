package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"goldserve/gold/storetest"
)

// learnersLake makes the raw files of the learners model, and builds them.
func learnersLake(tb testing.TB, lake string, set ...string) {
	tb.Helper()
	tb.Setenv("GOLDSERVE_DUCKDB", storetest.DuckDB(tb))
	args := []string{"generate", "--model", "learners", filepath.Join(lake, "bronze")}
	for _, s := range set {
		args = append(args, "--set", s)
	}
	mustCLI(tb, args...)
	mustCLI(tb, "build", "--model", "learners", "--lake", lake, "--threads", "1")
}

// TestLearnersAreThoseOfPandas: at three seeds final_dataset is what a script computes from the raw files that shares nothing with the SQL, and
// the same seed gives the same bytes.
func TestLearnersAreThoseOfPandas(t *testing.T) {
	python := storetest.Python(t)
	for _, seed := range []string{"seed=7", "seed=8", "seed=9"} {
		var before []byte
		for _, dirt := range []string{"dirt=1", "dirt=1", "dirt=4"} {
			lake := t.TempDir()
			learnersLake(t, lake, seed, dirt)
			built := filepath.Join(lake, "gold", "final_dataset.parquet")
			text, err := os.ReadFile(built)
			if err != nil {
				t.Fatal(err)
			}
			if dirt == "dirt=1" && before != nil && !bytes.Equal(text, before) {
				t.Errorf("%s: built twice, the bytes differ", seed)
			}
			before = text
			if out, err := exec.CommandContext(t.Context(), python, "testdata/learners.py", filepath.Join(lake, "bronze"), built).CombinedOutput(); err != nil {
				t.Errorf("%s %s: %v: %s", seed, dirt, err, out)
			} else if dirt == "dirt=1" && !strings.HasPrefix(string(out), "250 rows, ") {
				t.Errorf("%s: %s", seed, out)
			}
		}
	}
}

// TestAProfileColumnNamedLikeAnAggregateIsRefused: a further column of the profiles passes through, unless final_dataset has one of its name.
func TestAProfileColumnNamedLikeAnAggregateIsRefused(t *testing.T) {
	shipped, err := filepath.Abs(filepath.Join(sample, "..", "..", "learners"))
	if err != nil {
		t.Fatal(err)
	}
	lake := &monthLake{TB: t, folder: t.TempDir()}
	learnersLake(t, lake.folder)
	for column, want := range map[string]string{"city": "", "n_events": "the query has two columns n_events: give one another name with AS", "TOTAL_AMOUNT": "the query has two columns TOTAL_AMOUNT"} {
		models := filepath.Join(t.TempDir(), "models")
		if err := os.CopyFS(filepath.Join(models, "learners"), os.DirFS(shipped)); err != nil {
			t.Fatal(err)
		}
		change := func(name, old, by string) {
			at := filepath.Join(models, "learners", name)
			text, err := os.ReadFile(at)
			if err != nil || !bytes.Contains(text, []byte(old)) {
				t.Fatalf("%s has no %q: %v", name, old, err)
			}
			if err := os.WriteFile(at, bytes.Replace(text, []byte(old), []byte(by), 1), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		change("model.yaml", "        theme: {kind: text, optional: true}\n", "        theme: {kind: text, optional: true}\n        "+column+": {kind: text, optional: true}\n")
		change("sql/silver/profiles_by_user.sql", "AS theme,", "AS theme, p."+column+",")
		change("sql/silver/profiles_by_user.sql", "country, channel, theme,", "country, channel, theme, "+column+",")
		change("sql/gold/final_dataset.sql", "  p.theme\n", "  p.theme, p."+column+"\n")
		code, out, stderr := cli(t, "build", "--models", models, "--model", "learners", "--lake", lake.folder)
		if want == "" && code != exitDone || want != "" && (code != exitRefused || !strings.Contains(stderr, want) || !strings.Contains(stderr, "sql/gold/final_dataset.sql:")) {
			t.Errorf("%s: exit %d: %s%s", column, code, out, stderr)
		}
	}
}

// TestLearnersWithoutOptionalColumns: country, channel and theme may be missing, and names are found in any case; a missing input or required
// column is named.
func TestLearnersWithoutOptionalColumns(t *testing.T) {
	lake := t.TempDir()
	learnersLake(t, lake)
	profiles := filepath.Join(lake, "bronze", "profiles_by_user.csv")
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(lake, "bronze", name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("profiles_by_user.csv", " User_ID ,Channel\nu00001,WEB\n")
	mustCLI(t, "build", "--model", "learners", "--lake", lake)
	record, err := os.ReadFile(filepath.Join(lake, "gold", "_build.json"))
	if err != nil || !strings.Contains(strings.Join(strings.Fields(string(record)), ""), `"absent":["country","theme"]`) {
		t.Errorf("%s %v", record, err)
	}
	write("profiles_by_user.csv", "user,country\nu00001,France\n")
	if code, _, stderr := cli(t, "build", "--model", "learners", "--lake", lake); code != exitRefused || !strings.Contains(stderr, "profiles_by_user.csv, column user_id: the file has no such column: it has user, country") {
		t.Errorf("exit %d: %s", code, stderr)
	}
	if err := os.Remove(profiles); err != nil {
		t.Fatal(err)
	}
	if code, _, stderr := cli(t, "build", "--model", "learners", "--lake", lake); code != exitRefused || !strings.Contains(stderr, "profiles_by_user") {
		t.Errorf("exit %d: %s", code, stderr)
	}
}
