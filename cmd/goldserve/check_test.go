package main

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestCheckEvaluatesTheRulesOfDerivedDatasets(t *testing.T) {
	t.Parallel()
	lake, p := copyLake(t), sqlitePlace(t)
	publishSample(t, p)
	var out checked
	if err := json.Unmarshal([]byte(mustCLI(t, "check", "--json", "--lake", lake)), &out); err != nil {
		t.Fatal(err)
	}
	for _, v := range current(t, p).Versions {
		if out.Rows[v.Dataset.Name] != v.Rows {
			t.Errorf("%s: check sees %d rows, publish %d", v.Dataset.Name, out.Rows[v.Dataset.Name], v.Rows)
		}
	}
	if out.Kept != out.Rules || len(out.Results) != out.Rules || len(out.Problems) != 0 {
		t.Errorf("%d of %d rules hold, problems %v", out.Kept, out.Rules, out.Problems)
	}

	// Rules that hold for the files, and not for what is derived from them.
	models := copyModels(t, func(name, text string) (string, bool) {
		const rule = "      - {id: rows, type: library, metric: rowCount, mustBeGreaterThan: 0, severity: error"
		switch name {
		case "daily.odcs.yaml", "distribution.odcs.yaml", "monthly_growth.odcs.yaml":
			if !strings.Contains(text, rule) {
				t.Fatalf("%s has no rule rows", name)
			}
			return strings.Replace(text, rule, "      - {id: few, type: library, metric: rowCount, mustBeLessThan: 3, severity: error, description: x}\n"+rule, 1), true
		}
		return text, true
	})
	code, stdout, stderr := cli(t, "check", "--lake", lake, "--models", models)
	for _, dataset := range []string{"daily", "distribution", "monthly_growth"} {
		if !strings.Contains(stdout, dataset) || !strings.Contains(stderr, "dataset "+dataset) {
			t.Errorf("%s is not named:\n%s%s", dataset, stdout, stderr)
		}
	}
	if code != exitRefused || !strings.Contains(stdout, "in 16 datasets, 7 of them derived") {
		t.Errorf("exit %d\n%s", code, stdout)
	}

	code, stdout, stderr = cli(t, "check", "--lake", lake, "--memory", "2000")
	if code != exitRefused || !strings.Contains(stderr, "--memory") {
		t.Errorf("little memory: exit %d\n%s%s", code, stdout, stderr)
	}
}

func TestCheckPartialLeavesOutWhatIsMissing(t *testing.T) {
	t.Parallel()
	lake := copyLake(t)
	remove(t, lake, "fact_achats.parquet")
	code, stdout, _ := cli(t, "check", "--json", "--lake", lake)
	var out checked
	if err := json.Unmarshal([]byte(stdout), &out); err != nil || code != exitRefused || len(out.Problems) != 1 || out.Problems[0].Code != "source_missing" {
		t.Errorf("without --partial: exit %d, %v\n%s", code, err, stdout)
	}
	if out := mustCLI(t, "check", "--lake", lake, "--partial"); !strings.Contains(out, "in 9 datasets, 1 of them derived") {
		t.Errorf("with --partial: %s", out)
	}
}
