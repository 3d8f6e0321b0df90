package gold

import "testing"

func TestFiguresAndRatios(t *testing.T) {
	sum, count := Measure{Func: Sum, Field: "price"}, Measure{Func: Count}
	d := Dataset{
		Fields: []Field{{Name: "price", Kind: Decimal, Scale: 2}},
		Metrics: []Metric{
			{Name: "revenue", Measure: &sum}, {Name: "sales", Measure: &count}, {Name: "basket", Over: []string{"revenue", "sales"}},
		},
	}
	figure := func(name string, revenue, sales Value) Value {
		return d.Figure(d.Metric(name), func(m Measure) Value {
			if m == sum {
				return revenue
			}
			return sales
		})
	}
	if got := figure("basket", NewDecimal(1050), NewInt(3)); got != NewDouble(3.5) {
		t.Errorf("10.50 over 3 is %v", got)
	}
	if got := figure("revenue", NewDecimal(1050), NewInt(3)); got != NewDecimal(1050) {
		t.Errorf("revenue is %v", got)
	}
	for name, v := range map[string]Value{
		"over zero":      figure("basket", NewDecimal(1), NewInt(0)),
		"null over some": figure("basket", Value{}, NewInt(1)),
	} {
		if !v.IsNull() {
			t.Errorf("%s is %v", name, v)
		}
	}
	if got := d.Measures(); len(got) != 2 {
		t.Errorf("measures %v", got)
	}
}

func TestMeasuresReadBack(t *testing.T) {
	for _, text := range []string{"sum(montant)", "count()", "count_distinct(id)", "median(x)", "quantile(x, 0.9)", "quantile(x, 1 where y > 0)", "last(x, at, id where y > 0)", "first(x)", "min(x)", "max(x)", "avg(x)"} {
		m, err := ParseMeasure(text)
		if err != nil || m.String() != text {
			t.Errorf("%s reads as %s, %v", text, m, err)
		}
	}
	if m, _ := ParseMeasure(" quantile( x ,0.950 ) "); m.String() != "quantile(x, 0.95)" || m.Name() != "quantile_x_0_95" {
		t.Errorf("a quantile is %s, %s", m, m.Name())
	}
	for _, text := range []string{"", "sum", "sum()", "count(x)", "total(x)", "sum(x", "sum(x))x", "quantile(x)", "quantile(x, 1.1)", "quantile(x, -0.1)", "quantile(0.5)", "sum(x, 0.5)", "last(x, x y)", "last(x, a, a)", "first()"} {
		if m, err := ParseMeasure(text); err == nil {
			t.Errorf("%q reads as %s", text, m)
		}
	}
}
