package api_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"goldserve/api"
	"goldserve/gold"
)

// serveTowns serves sales of DECIMAL(18,2) with their sums by town, which the contract declares as decimals of 18 digits.
func serveTowns(t *testing.T) http.Handler {
	t.Helper()
	const most = 999_999_999_999_999_999
	facts := table{Dataset: gold.Dataset{
		Model: "t", Name: "sales", Collection: "sales", Key: []string{"id"}, MaxLimit: 100, DefaultSort: []gold.Sort{{Field: "id"}},
		Fields: []gold.Field{
			{Name: "id", Kind: gold.Int, Filters: comparable4}, {Name: "town", Kind: gold.Text, Filters: comparable4}, {Name: "amount", Kind: gold.Decimal, Scale: 2, Filters: comparable4},
		},
		Metrics: []gold.Metric{{Name: "revenue", Measure: &gold.Measure{Func: gold.Sum, Field: "amount"}}},
	}}
	for i, town := range []string{"Arras", "Lens", "Lens"} {
		facts.rows = append(facts.rows, []gold.Value{gold.NewInt(int64(i)), gold.NewText(town), gold.NewDecimal(int64(100 * (i + 1)))})
	}
	for i := range 11 {
		facts.rows = append(facts.rows, []gold.Value{gold.NewInt(int64(i + 3)), gold.NewText("Lille"), gold.NewDecimal(most)})
	}
	by := []gold.Group{{Field: "town"}}
	total := []gold.Measure{{Func: gold.Sum, Field: "amount", As: "total"}}
	towns := table{Dataset: gold.Dataset{
		Model: "t", Name: "towns", Collection: "towns", Key: []string{"town"}, MaxLimit: 100, DefaultSort: []gold.Sort{{Field: "town"}},
		Fields: []gold.Field{
			{Name: "town", Kind: gold.Text, Filters: comparable4}, {Name: "total", Kind: gold.Decimal, Scale: 2, Filters: comparable4, Sortable: true},
		},
		Derive: &gold.Derive{From: "sales", Group: &gold.DeriveGroup{By: by, Measures: total}},
		Rollup: &gold.Rollup{Of: "sales", Group: by, Measures: total},
	}}
	for i, town := range []string{"Arras", "Lens"} {
		towns.rows = append(towns.rows, []gold.Value{gold.NewText(town), gold.NewDecimal(int64(100 + 400*i))})
	}
	store := openStore(t)
	ctx := t.Context()
	lease := must(store.Acquire(ctx, "t", "test", time.Minute))(t)
	versions := []gold.Version{load(ctx, t, store, *lease, facts), load(ctx, t, store, *lease, towns)}
	model := gold.Model{Name: "t", Facts: "sales", KPIs: []string{"revenue"}, Datasets: []gold.Dataset{facts.Dataset, towns.Dataset}}
	must(store.Publish(ctx, gold.Publication{Lease: *lease, Release: &gold.Release{Model: "t", AsOf: asOf(1), Facts: "sales", KPIs: model.KPIs, Versions: versions}}))(t)
	return must(api.New(api.Config{Reader: store, Models: []gold.Model{model}}))(t).Handler()
}

// TestSumsOfDecimalsBeyond64Bits: 11 · 9999999999999999.99 is 109999999999999999.89, which int64 doesn't hold in cents.
func TestSumsOfDecimalsBeyond64Bits(t *testing.T) {
	h := serveTowns(t)
	for _, c := range []struct {
		target string
		status int
		part   string
	}{
		{
			"/datasets/sales/aggregate?measures=s:sum(amount)&group_by=town&sort=-s&id__gte=0", 200,
			`[{"town":"Lille","s":109999999999999999.89},{"town":"Lens","s":5.00},{"town":"Arras","s":1.00}]`,
		},
		{"/datasets/sales/aggregate?measures=s:sum(amount)&group_by=town&id__gte=0&s__gt=92233720368547758.07", 200, `[{"town":"Lille","s":109999999999999999.89}]`},
		{"/datasets/sales/aggregate.csv?measures=s:sum(amount)&id__gte=0", 200, "110000000000000005.89"},
		{"/kpis?id__gte=0", 200, `"revenue":110000000000000005.89`},
		// The rows of towns are computed again from sales that a filter leaves.
		{"/datasets/towns/rows?id__lte=1", 200, `[{"town":"Arras","total":1.00},{"town":"Lens","total":2.00}]`},
		{"/datasets/towns/rows?id__gte=1&total__eq=5&sort=-total", 200, `[{"town":"Lens","total":5.00}]`},
		{"/datasets/towns/rows?id__gte=1", 400, "total is 109999999999999999.89, which has more than 18 digits"},
	} {
		if w := ask(h, "GET "+c.target); w.Code != c.status || !strings.Contains(strings.ReplaceAll(w.Body.String(), "\n", ""), c.part) {
			t.Errorf("%s: %d %s, want %d %s", c.target, w.Code, w.Body, c.status, c.part)
		}
	}
}

// TestBinsOfLongDecimalsHaveTheEdgesThatWereWritten, of which both are the same double.
func TestBinsOfLongDecimalsHaveTheEdgesThatWereWritten(t *testing.T) {
	facts := table{Dataset: gold.Dataset{Name: "o", Fields: []gold.Field{{Name: "id", Kind: gold.Int}, {Name: "w", Kind: gold.WideDecimal, Precision: 30, Scale: 2}}}}
	for i, digits := range []string{"1234567890123456789011", "1234567890123456789012", "1234567890123456789013"} {
		facts.rows = append(facts.rows, []gold.Value{gold.NewInt(int64(i)), must(gold.ParseValue(gold.WideDecimal, 0, digits))(t)})
	}
	h := serveTable(t, facts, "")
	const want = `[{"w_bins":"<12345678901234567890.12","count":1},{"w_bins":"[12345678901234567890.12,12345678901234567890.13)","count":1},{"w_bins":">=12345678901234567890.13","count":1}]`
	w := ask(h, "GET /datasets/o/aggregate?group_by=w.bins(12345678901234567890.120,12345678901234567890.13)")
	if !strings.Contains(strings.NewReplacer("\n", "", `\u003c`, "<", `\u003e`, ">").Replace(w.Body.String()), want) {
		t.Errorf("%d %s, want %s", w.Code, w.Body, want)
	}
	if w := ask(h, "GET /datasets/o/aggregate?group_by=w.bins(12345678901234567890.13,12345678901234567890.12)"); w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "ascending") {
		t.Errorf("edges that descend: %d %s", w.Code, w.Body)
	}
}
