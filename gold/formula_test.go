package gold

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestFormulasReadBack(t *testing.T) {
	for text, want := range map[string]string{
		"revenue-cost":                   "revenue - cost",
		"(revenue - cost)/revenue":       "(revenue - cost) / revenue",
		"a - (b - c)":                    "a - (b - c)",
		"(a - b) - c":                    "a - b - c",
		"a*(b*c)":                        "a * (b * c)",
		"a/b/c":                          "a / b / c",
		"a/(b/c)":                        "a / (b / c)",
		"((a))":                          "a",
		"a + b * 2.50":                   "a + b * 2.5",
		"1e3*sum(x) - count_distinct(y)": "1000 * sum(x) - count_distinct(y)",
		"-2 * -a":                        "-2 * (0 - a)",
		"a - -2":                         "a - (-2)",
		" sum( montant ) / count( ) ":    "sum(montant) / count()",
	} {
		f, err := ParseFormula(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := f.String(); got != want {
			t.Errorf("%s is %s, want %s", text, got, want)
		}
		written, err := json.Marshal(Metric{Name: "m", Formula: f})
		var m Metric
		if err == nil {
			err = json.Unmarshal(written, &m)
		}
		if err != nil || m.Text() != want {
			t.Errorf("%s is read from JSON as %s (%v)", want, m.Text(), err)
		}
	}
}

func TestFormulasThatAreNone(t *testing.T) {
	for text, want := range map[string]string{
		"":                        "expected a number, a metric, a measure such as sum(amount), or (",
		"a +":                     `after "a +"`,
		"a + / b":                 `expected a number, a metric, a measure such as sum(amount), or ( after "a +"`,
		"(a - b":                  `expected +, -, *, / or ) after "(a - b"`,
		"a b":                     `expected +, -, * or / after "a"`,
		"a ^ 2":                   `expected +, -, * or / after "a"`,
		"a é 2":                   `expected +, -, * or / after "a"`,
		"1.2.3 * a":               "expected a number",
		"total(x)":                "expected a measure such as sum(amount) or count()",
		"sum(x":                   `expected where or ) after "sum(x"`,
		strings.Repeat("(", 40):   "at most 32 parentheses within each other",
		strings.Repeat("a+", 1e4): "at most 2000 are allowed",
	} {
		if f, err := ParseFormula(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40s reads as %v, %v; want an error with %s", text, f, err, want)
		}
	}
}

func TestArithmetic(t *testing.T) {
	d := Dataset{
		Fields:  []Field{{Name: "price", Kind: Decimal, Scale: 2}, {Name: "n", Kind: Int}},
		Metrics: []Metric{{Name: "revenue", Measure: &Measure{Func: Sum, Field: "price"}}, {Name: "sales", Measure: &Measure{Func: Count}}},
	}
	for _, name := range []string{"basket = revenue / sales", "net = revenue - 0.5 * basket", "ratio = (revenue - net) / revenue", "none = revenue / (sales - sales)", "empty = max(n) + 1", "huge = revenue * 1e308 * 1e308"} {
		name, text, _ := strings.Cut(name, " = ")
		f, err := ParseFormula(text)
		if err != nil {
			t.Fatal(err)
		}
		d.Metrics = append(d.Metrics, Metric{Name: name, Formula: f})
	}
	values := map[string]Value{"sum(price)": NewDecimal(1000), "count()": NewInt(4), "max(n)": {}}
	for name, want := range map[string]Value{
		"revenue": NewDecimal(1000), "basket": NewDouble(2.5), "net": NewDouble(8.75), "ratio": NewDouble(0.125), "none": {}, "empty": {}, "huge": {},
	} {
		if got := d.Figure(d.Metric(name), func(m Measure) Value { return values[m.String()] }); got != want {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
	if got := d.MeasuresOf(d.Metric("ratio")); len(got) != 2 || got[0].String() != "sum(price)" || got[1].String() != "count()" {
		t.Errorf("the measures of ratio are %v", got)
	}
}
