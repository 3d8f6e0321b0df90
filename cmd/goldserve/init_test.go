package main

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"goldserve/publisher"
)

func TestInitWritesAModelThatCanBePublished(t *testing.T) {
	t.Parallel()
	gold, err := filepath.Abs(filepath.Join("..", "..", "models", "retail", "sample", "gold"))
	if err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(t.TempDir(), "models")
	do := func(want int, args ...string) string {
		t.Helper()
		code, stdout, stderr := cli(t, args...)
		if code != want {
			t.Fatalf("goldserve %s: exit %d\n%s%s", strings.Join(args, " "), code, stdout, stderr)
		}
		return stdout + stderr
	}
	out := do(0, "init", gold, "--model", "shop", "--models", folder)
	for _, want := range []string{"22,403 rows, key id_achat", "dim_clients.email looks like e-mail addresses", "shop/dashboard.yaml: the page's layout", "Next: goldserve publish"} {
		if !strings.Contains(out, want) {
			t.Errorf("init lacks %q:\n%s", want, out)
		}
	}
	do(0, "contracts", "lint", "--models", folder)
	do(0, "check", "--lake", gold, "--models", folder, "--model", "shop")
	if out := do(0, "init", "--lake", gold, "--model", "shop", "--models", folder); !strings.Contains(out, "Nothing to write") {
		t.Errorf("a second run:\n%s", out)
	}
	store := "sqlite:" + filepath.Join(t.TempDir(), "gold.db")
	do(0, "publish", "--lake", gold, "--models", folder, "--model", "shop", "--store", store)
	code, answer, stderr := cli(t, "query", "/kpis", "--models", folder, "--model", "shop", "--store", store, "--format", "json")
	if code != 0 {
		t.Fatalf("exit %d\n%s", code, stderr)
	}
	figures, want := jsonFigures(t, []byte(answer)), expectedFigures(t)
	for name, shipped := range map[string]string{"total_montant": "total_ca", "fact_achats_rows": "total_achats", "distinct_id_client": "total_clients"} {
		if math.Abs(figures[name]-want[shipped]) > 1e-9*want[shipped] {
			t.Errorf("%s is %v, and the shipped %s is %v", name, figures[name], shipped, want[shipped])
		}
	}
	if out := do(2, "init", t.TempDir(), "--model", "empty", "--models", folder); !strings.Contains(out, "no Parquet, CSV or JSON file") {
		t.Errorf("of an empty lake:\n%s", out)
	}
	if out := do(2, "init", gold); !strings.Contains(out, "--model is missing") {
		t.Errorf("without a name:\n%s", out)
	}
	if out := do(2, "init", gold, "--model", "my shop"); !strings.Contains(out, "expected a letter") {
		t.Errorf("with a name that is none:\n%s", out)
	}
	for _, name := range []string{"model.yaml", "dashboard.yaml"} {
		if err := os.Remove(filepath.Join(folder, "shop", name)); err != nil {
			t.Fatal(err)
		}
	}
	if out := do(0, "init", gold, "--model", "shop", "--models", folder); !strings.Contains(out, "model.yaml") || strings.Contains(out, "odcs.yaml:") {
		t.Errorf("after model.yaml was removed:\n%s", out)
	}
}

// TestFromInferredContractsToWrittenOnes: init writes what publish --infer made, so that publishing it loads nothing.
func TestFromInferredContractsToWrittenOnes(t *testing.T) {
	t.Parallel()
	lake, folder := filepath.Join(t.TempDir(), "boutique", "gold"), filepath.Join(t.TempDir(), "models")
	if err := os.CopyFS(lake, os.DirFS(filepath.Join(sample, "gold"))); err != nil {
		t.Fatal(err)
	}
	p := sqlitePlace(t)
	do := func(want int, args ...string) string {
		t.Helper()
		code, stdout, stderr := cli(t, append(args, "--store", p.store)...)
		if code != want {
			t.Fatalf("goldserve %s: exit %d\n%s%s", strings.Join(args, " "), code, stdout, stderr)
		}
		return stdout + stderr
	}
	out := do(0, "publish", "--infer", "--lake", lake)
	for _, want := range []string{"fact_achats            22,403 rows, key id_achat", "dim_clients.email looks like e-mail addresses", "boutique release 1: 26"} {
		if !strings.Contains(out, want) {
			t.Errorf("publish --infer lacks %q:\n%s", want, out)
		}
	}
	if out := do(0, "publish", "--infer", "--lake", lake); !strings.Contains(out, "boutique release 1: nothing to do") {
		t.Errorf("once more:\n%s", out)
	}
	out = do(0, "init", lake, "--model", "boutique", "--models", folder)
	if !strings.Contains(out, "--model boutique --store "+p.store) || strings.Contains(out, "have changed since") {
		t.Errorf("init:\n%s", out)
	}
	if _, err := os.Stat(filepath.Join(folder, "boutique", "dashboard.yaml")); err != nil {
		t.Error(err)
	}
	published := publishLake(t, p, lake, "--models", folder, "--model", "boutique")
	if published.Event != publisher.Published || published.Release != 2 || len(published.Loaded) > 0 {
		t.Errorf("with written contracts: %+v", published)
	}
	if out := do(0, "publish", "--lake", lake, "--models", folder); !strings.Contains(out, "boutique release 2: nothing to do") {
		t.Errorf("once more:\n%s", out)
	}
	for _, command := range [][]string{{"up", lake, "--listen", "127.0.0.1:0"}, {"publish", "--infer", "--lake", lake}} {
		if out := do(3, command...); !strings.Contains(out, "has contracts that were written") {
			t.Errorf("%v of a model with written contracts:\n%s", command, out)
		}
	}
	if out := do(2, "init", lake, "--model", "boutique", "--models", filepath.Join(folder, "other")); !strings.Contains(out, "has no release of model boutique with inferred contracts") {
		t.Errorf("init of written contracts:\n%s", out)
	}
}

// jsonFigures returns the numbers of an object, without what is beside them.
func jsonFigures(t *testing.T, text []byte) map[string]float64 {
	t.Helper()
	var all map[string]any
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	figures := map[string]float64{}
	for name, v := range all {
		if f, ok := v.(float64); ok {
			figures[name] = f
		}
	}
	return figures
}

// expectedFigures returns the shipped sample's key figures, as pandas computed them.
func expectedFigures(t *testing.T) map[string]float64 {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "models", "retail", "sample", "expected", "kpis.json"))
	if err != nil {
		t.Fatal(err)
	}
	return jsonFigures(t, text)
}

// TestPrintedCommandsCanBeCopied: folders have blanks and quotes in their names.
func TestPrintedCommandsCanBeCopied(t *testing.T) {
	t.Parallel()
	lake, models := filepath.Join(t.TempDir(), "l'été (2025)"), filepath.Join(t.TempDir(), "models")
	if err := os.MkdirAll(lake, 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(lake, "loans.csv"), []byte("id,fee\n1,2.50\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	code, out, stderr := cli(t, "init", lake, "--model", "shop", "--models", models)
	if want := "--lake '" + strings.ReplaceAll(lake, "'", `'\''`) + "' --models " + models + " --model shop"; code != 0 || !strings.Contains(out, want) {
		t.Errorf("exit %d, init prints\n%s%s\nwant %s", code, out, stderr, want)
	}
}

func TestInitTakesWhatADbtProjectSays(t *testing.T) {
	t.Parallel()
	target := filepath.Join("..", "..", "gold", "dbt", "testdata", "v12")
	folder := filepath.Join(t.TempDir(), "models")
	code, out, stderr := cli(t, "init", "--model", "shop", "--models", folder, "--dbt", filepath.Join(target, "manifest.json"))
	for _, want := range []string{
		"fct_orders.odcs.yaml: 8 fields, key order_id, customer_id → dim_customers", "tests of dbt are left out, which are queries of their own: no_refunds",
		"Next: goldserve publish --lake FOLDER",
	} {
		if code != 0 || !strings.Contains(out, want) {
			t.Errorf("exit %d, init lacks %q:\n%s%s", code, want, out, stderr)
		}
	}
	if code, out, stderr := cli(t, "contracts", "lint", "--models", folder); code != 0 {
		t.Errorf("exit %d:\n%s%s", code, out, stderr)
	}
	for target, want := range map[string]string{
		t.TempDir(): "has no manifest.json: name the target folder of a dbt project",
		filepath.Join("..", "..", "gold", "dbt", "testdata", "v8"): "dbt docs generate",
	} {
		code, out, stderr := cli(t, "init", "--model", "shop", "--models", t.TempDir(), "--dbt", target)
		if code != exitUsage || !strings.Contains(out+stderr, want) {
			t.Errorf("exit %d, lacks %q:\n%s%s", code, want, out, stderr)
		}
	}
}
