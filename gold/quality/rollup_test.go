package quality

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"goldserve/gold"
)

// sales is a dataset that says it is sums of facts by month and shop.
var sales = gold.Dataset{
	Name: "sales", Key: []string{"month", "shop"},
	Fields: []gold.Field{
		{Name: "sold", Kind: gold.Double, Nullable: true}, {Name: "n", Kind: gold.Int}, {Name: "month", Kind: gold.Text}, {Name: "shop", Kind: gold.Int},
	},
	Rollup: &gold.Rollup{
		Of: "facts", Group: []gold.Group{{Field: "month"}, {Field: "shop"}},
		Measures: []gold.Measure{{Func: gold.Sum, Field: "amount", As: "sold"}, {Func: gold.Count, As: "n"}},
	},
}

var groupFields = []gold.Field{
	{Name: "month", Kind: gold.Text}, {Name: "shop", Kind: gold.Int}, {Name: "sold", Kind: gold.Double}, {Name: "n", Kind: gold.Int},
}

type saleGroup struct {
	month string
	shop  int64
	sold  any // nil, or a float64
	n     int64
}

func (g saleGroup) sum() gold.Value {
	if v, ok := g.sold.(float64); ok {
		return gold.NewDouble(v)
	}
	return gold.Value{}
}

// compareSales returns the result of rows against groups.
func compareSales(t *testing.T, d gold.Dataset, groups, rows []saleGroup) gold.RuleResult {
	t.Helper()
	expected := gold.NewBatch(groupFields, 0)
	for _, g := range groups {
		expected.AppendRow(gold.NewText(g.month), gold.NewInt(g.shop), g.sum(), gold.NewInt(g.n))
	}
	r, err := NewRollup(&d, expected, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range rows { // a batch each, with the dataset's own order of fields
		b := gold.NewBatch(d.Fields, 0)
		b.AppendRow(g.sum(), gold.NewInt(g.n), gold.NewText(g.month), gold.NewInt(g.shop))
		if err := r.Add(b); err != nil {
			t.Fatal(err)
		}
	}
	return r.Result()
}

func TestRollup(t *testing.T) {
	groups := []saleGroup{{"2024-01", 1, 1000.0, 3}, {"2024-01", 2, 0.0, 2}, {"2024-02", 1, 1e9, 5}}
	with := func(change func(rows []saleGroup) []saleGroup) []saleGroup {
		return change(append([]saleGroup{}, groups...))
	}
	for name, c := range map[string]struct {
		rows []saleGroup
		want []string
	}{
		"the same rows in another order":   {with(func(r []saleGroup) []saleGroup { r[0], r[2] = r[2], r[0]; return r }), nil},
		"a sum in another order of adding": {with(func(r []saleGroup) []saleGroup { r[0].sold = 1000.0009; return r }), nil},
		"over a millionth": {with(func(r []saleGroup) []saleGroup { r[0].sold = 1000.002; return r }), []string{
			"month '2024-01', shop 1: sold is 1000.002, facts gives 1000",
		}},
		"what is left where values cancel out": {with(func(r []saleGroup) []saleGroup { r[1].sold = 1e-5; return r }), nil},
		"not what is left":                     {with(func(r []saleGroup) []saleGroup { r[1].sold = 0.01; return r }), []string{"month '2024-01', shop 2: sold is 0.01, facts gives 0"}},
		"a sum of nothing":                     {with(func(r []saleGroup) []saleGroup { r[1].sold = nil; return r }), nil},
		"no sum of something": {with(func(r []saleGroup) []saleGroup { r[0].sold = nil; return r }), []string{
			"month '2024-01', shop 1: sold is null, facts gives 1000",
		}},
		"a count is exact": {with(func(r []saleGroup) []saleGroup { r[2].n = 6; r[2].sold = 2e9; return r }), []string{
			"month '2024-02', shop 1: sold is 2000000000, facts gives 1000000000, n is 6, facts gives 5",
		}},
		"missing and unknown groups": {with(func(r []saleGroup) []saleGroup { r[1].shop = 9; return r }), []string{
			"month '2024-01', shop 2 is missing: facts gives sold 0, n 2",
			"month '2024-01', shop 9: facts has no such group",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			got := compareSales(t, sales, groups, c.rows)
			want := gold.RuleResult{
				Dataset: "sales", Rule: "rollup", Severity: gold.SeverityWarning, Passed: len(c.want) == 0, Failing: int64(len(c.want)), Examples: c.want,
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestRollupShowsFiveAndNothingPersonal(t *testing.T) {
	strict := sales
	spec := *sales.Rollup
	spec.Strict, strict.Rollup = true, &spec
	strict.Fields = append([]gold.Field{}, sales.Fields...)
	strict.Fields[2].PII = true
	var groups []saleGroup
	for shop := range int64(12) {
		groups = append(groups, saleGroup{"secret", shop, 1.0, 1})
	}
	got := compareSales(t, strict, groups, nil)
	if got.Failing != 12 || len(got.Examples) != 5 || got.Severity != gold.SeverityError || strings.Contains(strings.Join(got.Examples, ""), "secret") ||
		got.Examples[0] != "month (personal), shop 0 is missing: facts gives sold 1, n 1" {
		t.Errorf("got %+v", got)
	}
	if _, err := NewRollup(&sales, gold.NewBatch(groupFields, 0), 1); err != nil {
		t.Error(err)
	}
	many := gold.NewBatch(groupFields, 0)
	many.AppendRow(gold.NewText("2024-01"), gold.NewInt(1), gold.NewDouble(1), gold.NewInt(1))
	if _, err := NewRollup(&sales, many, 50); gold.CodeOf(err) != gold.CodeMemoryLimit {
		t.Errorf("no bound: %v", err)
	}
}
