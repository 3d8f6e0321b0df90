package main

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"goldserve/gold"
	"goldserve/test/fixture"
)

// productSales is a row of ca_product.
type productSales struct {
	Product string  `parquet:"produit"`
	CA      float64 `parquet:"ca"`
}

// otherRevenue changes one value.
func otherRevenue(rows []productSales) []productSales {
	rows[0].CA++
	return rows
}

// changeProducts rewrites ca_product.
func changeProducts(t testing.TB, lake string, change func([]productSales) []productSales) {
	t.Helper()
	fixture.ChangeRows(t, lake, "ca_product", change)
}

// remove removes files of a lake.
func remove(t testing.TB, lake string, files ...string) {
	t.Helper()
	for _, name := range files {
		if err := os.Remove(filepath.Join(lake, name)); err != nil {
			t.Fatal(err)
		}
	}
}

// current returns what a store serves.
func current(t testing.TB, p place) *gold.Release {
	t.Helper()
	a := &app{config: config{storeSettings: storeSettings{Store: p.store}}}
	store, err := a.openStore(t.Context(), slog.New(slog.DiscardHandler), true)
	if err != nil {
		t.Fatal(err)
	}
	r, err := store.Resolve(t.Context(), gold.Selector{Model: defaultModel})
	if err := errors.Join(err, store.Close()); err != nil { // an open store keeps SQLite's write-ahead log
		t.Fatal(err)
	}
	return r
}

func TestPartialKeepsTheVersionOfAMissingFile(t *testing.T) {
	t.Parallel()
	// Other contracts too: what is kept keeps its own, and what was checked by it.
	others := append(configFile(t, "models: {retail: {currency: GBP}}\n"), "--models", copyModels(t, withRule), "--partial")
	eachStore(t, func(t *testing.T, p place) {
		lake := copyLake(t)
		publishSample(t, p)
		first := current(t, p)
		remove(t, lake, "fact_achats.parquet", "ca_monthly.parquet")
		changeProducts(t, lake, otherRevenue)

		before := written(t, p)
		code, _, stderr := cli(t, "publish", "--lake", lake, "--store", p.store)
		for _, word := range []string{"fact_achats.parquet", "ca_monthly.parquet", "--partial"} {
			if code != exitRefused || !strings.Contains(stderr, word) {
				t.Errorf("without --partial: exit %d, want %d and %s\n%s", code, exitRefused, word, stderr)
			}
		}
		if written(t, p) != before {
			t.Error("the refused publish wrote to the store")
		}

		r := publishLake(t, p, lake, others...)
		slices.Sort(r.Kept)
		kept := []string{
			"ca_monthly", "clients_by_day", "clients_by_month", "daily", "distribution", "fact_achats", "monthly_growth", "products_by_month", "weekly",
		}
		if r.Release != 2 || !slices.Equal(r.Loaded, []string{"ca_product"}) || !slices.Equal(r.Kept, kept) || len(r.Unchanged) != 6 {
			t.Errorf("with --partial: %+v", r)
		}
		second := current(t, p)
		if !second.AsOf.Equal(first.AsOf) || len(second.Quality) != len(first.Quality)+7 {
			t.Errorf("as of %s with %d results, want %s with 7 more than %d", second.AsOf, len(second.Quality), first.AsOf, len(first.Quality))
		}
		for _, v := range second.Versions {
			name, was := v.Dataset.Name, first.Version(v.Dataset.Name)
			if same := v.ID == was.ID && v.Rows == was.Rows; same == (name == "ca_product") {
				t.Errorf("%s: version %s, was %s", name, v.ID, was.ID)
			}
			if same := v.Checked == was.Checked; same != slices.Contains(kept, name) {
				t.Errorf("%s was checked by %s, before by %s", name, v.Checked, was.Checked)
			}
			if f := v.Dataset.Field("ca"); f != nil && (f.Doc.Unit == "EUR") != slices.Contains(kept, name) {
				t.Errorf("the contract of %s says %s", name, f.Doc.Unit)
			}
		}

		before = written(t, p)
		if r := publishLake(t, p, lake, others...); r.Outcome != "unchanged" || len(r.Kept) != len(kept) {
			t.Errorf("again: %+v", r)
		}
		if written(t, p) != before {
			t.Error("the second publish wrote to the store")
		}
	})
}

func TestPartialComputesANewDerivedDatasetFromKeptRows(t *testing.T) {
	t.Parallel()
	models := copyModels(t, func(name, text string) (string, bool) { return text, name != "weekly.odcs.yaml" })
	eachStore(t, func(t *testing.T, p place) {
		lake := copyLake(t)
		if r := publishLake(t, p, lake, "--models", models); len(r.Loaded) != 15 {
			t.Fatalf("without weekly: %+v", r)
		}
		remove(t, lake, "fact_achats.parquet")
		r := publishLake(t, p, lake, "--partial")
		if !slices.Equal(r.Loaded, []string{"weekly"}) || len(r.Kept) != 6 || r.Rows < 50 {
			t.Errorf("with weekly: %+v", r)
		}
		whole := sqlitePlace(t)
		publishLake(t, whole, copyLake(t))
		if got, want := current(t, p).Version("weekly"), current(t, whole).Version("weekly"); got.Digest != want.Digest || got.ID != want.ID {
			t.Errorf("weekly from kept rows differs from weekly from the file: %s, want %s", got.Digest, want.Digest)
		}
	})
}

func TestPartialNeedsSomethingToKeepAndSomethingToPublish(t *testing.T) {
	t.Parallel()
	p, lake := sqlitePlace(t), copyLake(t)
	remove(t, lake, "ca_monthly.parquet")
	code, _, stderr := cli(t, "publish", "--partial", "--lake", lake, "--store", p.store)
	if code != exitRefused || !strings.Contains(stderr, "nothing to keep") || strings.Contains(stderr, "monthly_growth") {
		t.Errorf("a first publish: exit %d\n%s", code, stderr)
	}
	publishLake(t, p, copyLake(t))
	code, _, stderr = cli(t, "publish", "--partial", "--lake", t.TempDir(), "--store", p.store)
	if code != exitRefused || !strings.Contains(stderr, "--lake") {
		t.Errorf("an empty lake: exit %d\n%s", code, stderr)
	}
}

// withRule adds a rule to every contract.
func withRule(_, text string) (string, bool) {
	return strings.Replace(text, "    quality:\n", "    quality:\n      - {id: some, type: library, metric: rowCount, mustBeGreaterThan: 1, severity: error, description: More than one row.}\n", 1), true
}

// copyModels copies the shipped models into a folder; change gives each contract's new text, and whether it stays.
func copyModels(t testing.TB, change func(name, text string) (string, bool)) string {
	t.Helper()
	folder := t.TempDir()
	if err := os.CopyFS(filepath.Join(folder, defaultModel), os.DirFS("../../models/retail")); err != nil {
		t.Fatal(err)
	}
	contracts := filepath.Join(folder, defaultModel, "contracts")
	entries, err := os.ReadDir(contracts)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		file := filepath.Join(contracts, e.Name())
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if changed, stays := change(e.Name(), string(text)); !stays {
			remove(t, contracts, e.Name())
		} else if err := os.WriteFile(file, []byte(changed), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}
