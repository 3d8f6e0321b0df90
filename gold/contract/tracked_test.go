package contract_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"goldserve/gold"
	"goldserve/gold/contract"
)

func loadTracked(runs string) (*contract.Model, error) {
	return load(fstest.MapFS{
		"m/model.yaml":                 {Data: []byte("name: m\ntitle: M\nmlflow:\n  runs:\n" + runs)},
		"m/contracts/orders.odcs.yaml": {Data: []byte(ordersContract)},
	})
}

func TestTrackedRunsMeasureADataset(t *testing.T) {
	m, err := loadTracked("    all: {dataset: orders, metrics: {n: count(), mean: avg(price)}}\n    lands: {dataset: orders, by: country, metrics: {dear: \"count(where price > 100)\"}}\n")
	if err != nil {
		t.Fatal(err)
	}
	want := []gold.TrackedRun{
		{Name: "all", Dataset: "orders", Metrics: []gold.Measure{{As: "n"}, {Func: gold.Avg, Field: "price", As: "mean"}}},
		{Name: "lands", Dataset: "orders", By: "country", Metrics: []gold.Measure{{Where: "price > 100", As: "dear"}}},
	}
	if diff := cmp.Diff(want, m.Tracked); diff != "" {
		t.Error(diff)
	}
	for settings, says := range map[string]string{
		"{dataset: orders, metrics: {m: max(day)}}":              "m is a date, and a metric is a number",
		"{dataset: orders, metrics: {m: max(country)}}":          "m is a text, and a metric is a number",
		"{dataset: orders, metrics: {m: avg(prize)}}":            `orders has no field "prize" (did you mean price?)`,
		"{dataset: orders, metrics: {m: avg}}":                   "expected a measure",
		"{dataset: orders, metrics: {}}":                         "expected a map",
		"{dataset: orders}":                                      "metrics",
		"{dataset: order, metrics: {n: count()}}":                "did you mean orders?",
		"{dataset: orders, by: land, metrics: {n: count()}}":     `orders has no field "land"`,
		"{dataset: orders, per: country, metrics: {n: count()}}": "per",
	} {
		_, err := loadTracked("    r: " + settings + "\n")
		if err == nil {
			t.Errorf("%s is accepted", settings)
			continue
		}
		found := ""
		for _, p := range problems(t, err) {
			found += p.String() + "\n"
		}
		if !strings.Contains(found, says) || !strings.Contains(found, "m/model.yaml:5:") {
			t.Errorf("%s: got %s expected %s", settings, found, says)
		}
	}
}
