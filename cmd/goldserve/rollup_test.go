package main

import (
	"encoding/json"
	"math"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"goldserve/gold"
)

// monthSales is a row of the sample's revenue by month.
type monthSales struct {
	Month   string  `parquet:"mois"`
	Revenue float64 `parquet:"ca"`
}

// rollupsOf returns what became of a release's rollups, and checks that each has one result.
func rollupsOf(t *testing.T, r *gold.Release) map[string]gold.RuleResult {
	t.Helper()
	results := map[string]gold.RuleResult{}
	count := 0
	for _, q := range r.Quality {
		if q.Rule == "rollup" {
			results[q.Dataset] = q
			count++
		}
	}
	if count != 5 || len(results) != 5 {
		t.Errorf("%d results of rollups: %v", count, results)
	}
	return results
}

// broken names the datasets whose rollup was not kept.
func broken(results map[string]gold.RuleResult) []string {
	var names []string
	for name, r := range results {
		if !r.Passed {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// TestRollupsAreHeldAgainstTheirFacts: wherever the change is, in facts or in aggregates, in this publish or an earlier
// one, what contradicts is found. The right sums are added up here.
func TestRollupsAreHeldAgainstTheirFacts(t *testing.T) {
	t.Parallel()
	p := sqlitePlace(t)
	folder := copyLake(t)
	publish := func(want ...string) map[string]gold.RuleResult {
		t.Helper()
		publishLake(t, p, folder, "--partial")
		results := rollupsOf(t, current(t, p))
		if got := broken(results); !slices.Equal(got, want) {
			t.Errorf("broken: %v, want %v", got, want)
		}
		return results
	}
	publish()

	// 0.2 % less money in the facts, beside the aggregates as they were.
	sums := map[string]float64{}
	changeFacts(t, folder, func(rows []purchase) []purchase {
		for i := range rows {
			rows[i].Amount *= 0.998
			sums[rows[i].Country] += rows[i].Amount
		}
		return rows
	})
	ofFacts := []string{"ca_country", "ca_monthly", "ca_product", "cohort_first_purchase"}
	country := publish(ofFacts...)["ca_country"]
	found := regexp.MustCompile(`^pays '(.*)': ca is ([\d.]+), fact_achats gives ([\d.]+)$`).FindStringSubmatch(country.Examples[0])
	if country.Failing != int64(len(sums)) || len(country.Examples) != 5 || found == nil {
		t.Fatalf("%+v", country)
	}
	is, _ := strconv.ParseFloat(found[2], 64)
	gives, _ := strconv.ParseFloat(found[3], 64)
	if math.Abs(gives-sums[found[1]]) > 1e-6 || math.Abs(gives/is-0.998) > 1e-9 {
		t.Errorf("%s: facts give %f", country.Examples[0], sums[found[1]])
	}
	// The same files again: nothing to do, and the result stays.
	if again := publishLake(t, p, folder, "--partial"); again.Outcome != "unchanged" {
		t.Errorf("again: %+v", again)
	}

	// Facts as they were, and another table of months: one missing, one too many, one that differs.
	changeFacts(t, folder, func([]purchase) []purchase {
		rows, err := parquet.ReadFile[purchase](filepath.Join(sample, "gold", "fact_achats.parquet"))
		if err != nil {
			t.Fatal(err)
		}
		return rows
	})
	publish()
	months, err := parquet.ReadFile[monthSales](filepath.Join(folder, "ca_monthly.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	missing := months[1].Month
	months[0].Revenue *= 1.00001
	months[1].Month = "2031-01"
	if err := parquet.WriteFile(filepath.Join(folder, "ca_monthly.parquet"), months); err != nil {
		t.Fatal(err)
	}
	monthly := publish("ca_monthly")["ca_monthly"]
	if monthly.Failing != 3 || len(monthly.Examples) != 3 || !strings.Contains(monthly.Examples[0], months[0].Month+"': ca is ") ||
		!strings.HasPrefix(monthly.Examples[1], "mois '"+missing+"' is missing: fact_achats gives ca ") ||
		monthly.Examples[2] != "mois '2031-01': fact_achats has no such group" {
		t.Errorf("%+v", monthly)
	}

	// What is kept is held against what is new, and what is new against what is kept.
	remove(t, folder, "ca_country.parquet")
	changeFacts(t, folder, func(rows []purchase) []purchase {
		rows[0].Amount += 100
		return rows
	})
	if kept := publish(ofFacts...)["ca_country"]; kept.Failing != 1 {
		t.Errorf("a kept aggregate: %+v", kept)
	}
	remove(t, folder, "fact_achats.parquet")
	changeProducts(t, folder, func(rows []productSales) []productSales { return rows[1:] })
	if products := publish(ofFacts...)["ca_product"]; products.Failing != 2 {
		t.Errorf("kept facts: %+v", products)
	}

	server := served(t, p)
	status, body := get(t, server.URL, "/datasets/ca_product/quality")
	var answer struct{ Data []gold.RuleResult }
	if err := json.Unmarshal(body, &answer); err != nil || status != 200 || !slices.ContainsFunc(answer.Data, func(r gold.RuleResult) bool {
		return r.Rule == "rollup" && !r.Passed && r.Failing == 2 && len(r.Examples) == 2
	}) {
		t.Errorf("quality: %d %s", status, body)
	}
}

func TestAStrictRollupRefusesThePublish(t *testing.T) {
	t.Parallel()
	models := copyModels(t, func(name, text string) (string, bool) {
		if name == "ca_country.odcs.yaml" {
			text = strings.Replace(text, "group: [pays]\n", "group: [pays]\n            severity: error\n", 1)
		}
		return text, true
	})
	folder, p := copyLake(t), sqlitePlace(t)
	flags := []string{"--models", models, "--lake", folder}
	mustCLI(t, append([]string{"publish", "--store", p.store}, flags...)...)
	changeFacts(t, folder, func(rows []purchase) []purchase {
		rows[0].Amount++
		return rows
	})
	for _, args := range [][]string{{"publish", "--store", p.store}, {"check"}} {
		code, stdout, stderr := cli(t, append(args, flags...)...)
		if code != exitRefused || !strings.Contains(stderr, "ca_country.parquet: rule rollup failed: 1 row: pays '") || !strings.Contains(stdout, "ca_monthly") {
			t.Errorf("%s: exit %d\n%s%s", args[0], code, stdout, stderr)
		}
	}
	if r := current(t, p); r.Number != 1 || len(broken(rollupsOf(t, r))) > 0 {
		t.Errorf("release %d", r.Number)
	}
}
