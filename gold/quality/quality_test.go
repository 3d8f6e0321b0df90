package quality

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"goldserve/gold"
)

var asOf = time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)

// things has a field of each kind, a range on those that can have one, and two PII fields.
var things = gold.Dataset{Name: "things", Key: []string{"id"}, Fields: []gold.Field{
	{Name: "id", Kind: gold.Int},
	{Name: "flag", Kind: gold.Bool, Nullable: true},
	{Name: "n", Kind: gold.Int, Nullable: true, Minimum: new(gold.NewInt(-2)), Maximum: new(gold.NewInt(3))},
	{Name: "x", Kind: gold.Double, Nullable: true, Minimum: new(gold.NewDouble(math.Nextafter(0, 1)))},
	{Name: "price", Kind: gold.Decimal, Scale: 2, Nullable: true, Maximum: new(gold.NewDecimal(1050))},
	{Name: "t", Kind: gold.Text, Nullable: true},
	{Name: "day", Kind: gold.Date, Nullable: true, Minimum: new(gold.NewDate(20000))},
	{Name: "at", Kind: gold.Time, Nullable: true, Maximum: new(gold.NewTime(asOf.UnixMilli()))},
	{Name: "name", Kind: gold.Text, Nullable: true, PII: true},
	{Name: "mail", Kind: gold.Text, Nullable: true, Mask: gold.MaskHMAC},
}}

// column returns a batch of one field of things; null is written as null, texts as they are.
func column(tb testing.TB, field string, texts ...string) *gold.Batch {
	tb.Helper()
	f := *things.Field(field)
	b := gold.NewBatch([]gold.Field{f}, len(texts))
	for _, text := range texts {
		var v gold.Value
		if text != "null" {
			var err error
			if v, err = gold.ParseValue(f.Kind, f.Scale, text); err != nil {
				tb.Fatal(err)
			}
		}
		b.AppendRow(v)
	}
	return b
}

func mustNew(tb testing.TB, d *gold.Dataset, o Options, rules ...gold.Rule) *Checker {
	tb.Helper()
	c, err := New(d, rules, o)
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

// evaluate returns the result of one rule over one batch whose first row is row 1.
func evaluate(tb testing.TB, r gold.Rule, b *gold.Batch) gold.RuleResult {
	tb.Helper()
	c := mustNew(tb, &things, Options{}, r)
	if err := c.Add(b, 1); err != nil {
		tb.Fatal(err)
	}
	return c.Results(int64(b.Rows), asOf)[0]
}

// none is the rule that tolerates no row of a metric.
func none(metric, field string) gold.Rule {
	return gold.Rule{ID: "r", Metric: metric, Field: field, Operator: "mustBe", Values: []float64{0}}
}

func TestMetrics(t *testing.T) {
	with := func(r gold.Rule, change func(*gold.Rule)) gold.Rule { change(&r); return r }
	valid := func(field string, texts ...string) gold.Rule {
		return with(none("invalidValues", field), func(r *gold.Rule) { r.Valid = texts })
	}
	missing := func(field string, texts ...string) gold.Rule {
		return with(none("missingValues", field), func(r *gold.Rule) { r.Missing = texts })
	}
	pattern := func(p string) gold.Rule {
		return with(none("invalidValues", "t"), func(r *gold.Rule) { r.Pattern = p })
	}
	length := func(low, high int) gold.Rule {
		return with(none("invalidValues", "t"), func(r *gold.Rule) { r.MinLength, r.MaxLength = low, high })
	}
	for _, c := range []struct {
		name     string
		rule     gold.Rule
		values   []string
		examples []string // of the failing rows
	}{
		{"nulls are counted", none("nullValues", "n"), []string{"1", "null", "0", "null"}, []string{"row 2: null", "row 4: null"}},
		{"an empty text is not null", none("nullValues", "t"), []string{"", "a"}, nil},
		{"nulls of a boolean", none("nullValues", "flag"), []string{"false", "null"}, []string{"row 2: null"}},

		{"null is missing, listed or not", missing("t", "", "N/A"), []string{"a", "", "null", "n/a", "N/A"}, []string{"row 2: ''", "row 3: null", "row 5: 'N/A'"}},
		{"missing without a list is null", missing("t"), []string{"", "null"}, []string{"row 2: null"}},
		{"missing integers", missing("n", "-1", "0"), []string{"0", "null", "1", "-1"}, []string{"row 1: 0", "row 2: null", "row 4: -1"}},
		{"a null's zero is not the listed zero twice", missing("x", "0"), []string{"null", "0"}, []string{"row 1: null", "row 2: 0"}},
		{"missing doubles", missing("x", "-0", "1e3"), []string{"0", "1000", "1"}, []string{"row 1: 0", "row 2: 1000"}},

		{"valid texts", valid("t", "kg", "lb"), []string{"kg", "lb", "KG", "", "null", "kg "}, []string{"row 3: 'KG'", "row 4: ''", "row 6: 'kg '"}},
		{"valid integers", valid("n", "1", "2"), []string{"1", "3", "null", "2"}, []string{"row 2: 3"}},
		{"a null's zero is not invalid", valid("n", "1"), []string{"null", "0"}, []string{"row 2: 0"}},
		{"valid doubles", valid("x", "0.1", "2"), []string{"0.1", "0.2", "2", "null"}, []string{"row 2: 0.2"}},
		{"valid decimals", valid("price", "1.50"), []string{"1.5", "1.51"}, []string{"row 2: 1.51"}},
		{"valid booleans", valid("flag", "true"), []string{"true", "false", "null"}, []string{"row 2: false"}},
		{"valid dates", valid("day", "2026-01-31"), []string{"2026-01-31", "2026-02-01"}, []string{"row 2: 2026-02-01"}},
		{"valid times", valid("at", "2026-01-31T00:00:00Z"), []string{"2026-01-31", "2026-01-31T00:00:00.001"}, []string{"row 2: 2026-01-31T00:00:00.001Z"}},
		{"no value is valid where the list is empty", valid("t", []string{}...), []string{"a", "null"}, []string{"row 1: 'a'"}},

		{"a pattern is searched for", pattern("[0-9]"), []string{"a1", "a", "", "null"}, []string{"row 2: 'a'", "row 3: ''"}},
		{"an anchored pattern is of the whole value", pattern("^[0-9]{2}$"), []string{"12", "123", "12\n"}, []string{"row 2: '123'", `row 3: '12\n'`}},
		{"alternatives are anchored one by one", pattern("^a|b$"), []string{"ax", "xb", "xax"}, []string{"row 3: 'xax'"}},

		{"lengths are in characters", length(2, 3), []string{"é", "éé", "ééé", "日本語", "😀😀😀😀", "", "null"}, []string{"row 1: 'é'", "row 5: '😀😀😀😀'", "row 6: ''"}},
		{"a length may have no upper bound", length(2, 0), []string{"a", "ab", strings.Repeat("x", 1000)}, []string{"row 1: 'a'"}},
		{"a length may have no lower bound", length(0, 1), []string{"", "é", "ab"}, []string{"row 3: 'ab'"}},
		{
			"valid values, pattern and length hold together",
			with(none("invalidValues", "t"), func(r *gold.Rule) { r.Valid, r.Pattern, r.MaxLength = []string{"a", "ab", "b"}, "a", 1 }),
			[]string{"a", "ab", "b", "aa"},
			[]string{"row 2: 'ab'", "row 3: 'b'", "row 4: 'aa'"},
		},

		{"a range takes in its bounds", none("invalidValues", "n"), []string{"-3", "-2", "3", "4", "null"}, []string{"row 1: -3", "row 4: 4"}},
		{"a null's zero is not below the minimum", none("invalidValues", "x"), []string{"null", "0", "-1", "1e-300", "1e300"}, []string{"row 2: 0", "row 3: -1"}},
		{"a range of decimals", none("invalidValues", "price"), []string{"10.5", "10.51", "-99999"}, []string{"row 2: 10.51"}},
		{"a range of dates", none("invalidValues", "day"), []string{"2024-10-04", "2024-10-03"}, []string{"row 2: 2024-10-03"}},
		{"a range of times", none("invalidValues", "at"), []string{"2026-01-31T12:00:00Z", "2026-01-31T12:00:00.001Z"}, []string{"row 2: 2026-01-31T12:00:00.001Z"}},

		{"duplicates are the rows beyond the first", none("duplicateValues", "t"), []string{"a", "b", "a", "a", "b", "c"}, []string{"row 3: same as row 1", "row 4: same as row 1", "row 5: same as row 2"}},
		{"nulls are no duplicates", none("duplicateValues", "t"), []string{"null", "null", "", ""}, []string{"row 4: same as row 3"}},
		{"a null's zero is no duplicate", none("duplicateValues", "n"), []string{"null", "0", "null"}, nil},
		{"duplicate doubles", none("duplicateValues", "x"), []string{"0.1", "0.2", "0.1"}, []string{"row 3: same as row 1"}},
		{"duplicate booleans", none("duplicateValues", "flag"), []string{"true", "false", "true"}, []string{"row 3: same as row 1"}},
		{"the key can't repeat: the store sees to it", none("duplicateValues", "id"), []string{"1", "1"}, nil},

		{"of PII, examples are row numbers", none("nullValues", "name"), []string{"a", "null"}, []string{"row 2"}},
		{"of a masked field too", valid("mail", "a@b.c"), []string{"secret@b.c"}, []string{"row 1"}},
		{"and of PII that repeats", none("duplicateValues", "name"), []string{"x", "x"}, []string{"row 2: same as row 1"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := evaluate(t, c.rule, column(t, c.rule.Field, c.values...))
			want := gold.RuleResult{
				Dataset: "things", Rule: "r", Passed: c.examples == nil, Failing: int64(len(c.examples)), Examples: c.examples,
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDuplicatesOverSeveralFields(t *testing.T) {
	fields := []gold.Field{*things.Field("t"), *things.Field("name"), *things.Field("n"), *things.Field("id")}
	b := gold.NewBatch(fields, 0)
	row := func(t, name string, n, id int64) {
		b.AppendRow(gold.NewText(t), gold.NewText(name), gold.NewInt(n), gold.NewInt(id))
	}
	row("a", "bc", 1, 1)
	row("ab", "c", 1, 2) // the same letters, cut elsewhere
	row("a", "bc", 2, 3)
	row("a", "bc", 1, 4)
	b.AppendRow(gold.NewText("a"), gold.Value{}, gold.NewInt(1), gold.NewInt(5))
	b.AppendRow(gold.NewText("a"), gold.Value{}, gold.NewInt(1), gold.NewInt(6))
	rule := none("duplicateValues", "")

	rule.Fields = []string{"t", "name", "n"}
	got := evaluate(t, rule, b)
	if diff := cmp.Diff([]string{"row 4: same as row 1"}, got.Examples); diff != "" || got.Failing != 1 {
		t.Errorf("%d failing: %s", got.Failing, diff)
	}
	rule.Fields = []string{"t", "id"}
	if got := evaluate(t, rule, b); !got.Passed || got.Failing != 0 {
		t.Errorf("fields that hold the key: %+v", got)
	}
}

func TestTheKeyIsCheckedWhereNoStoreDoes(t *testing.T) {
	rule := none("duplicateValues", "id")
	if fields := mustNew(t, &things, Options{}, rule).Fields(); fields != nil {
		t.Errorf("it wants to read %v", fields)
	}
	c := mustNew(t, &things, Options{CheckKey: true}, rule)
	if err := c.Add(column(t, "id", "7", "8", "7"), 11); err != nil {
		t.Fatal(err)
	}
	got := c.Results(3, asOf)[0]
	if diff := cmp.Diff([]string{"row 13: same as row 11"}, got.Examples); diff != "" || got.Passed {
		t.Errorf("passed %t: %s", got.Passed, diff)
	}
}

func TestOperators(t *testing.T) {
	for _, c := range []struct {
		operator string
		values   []float64
		passes   string // of 2, 3, 4, 5, 6 failing rows
	}{
		{"mustBe", []float64{4}, "..4.."},
		{"mustNotBe", []float64{4}, "23.56"},
		{"mustBeGreaterThan", []float64{4}, "...56"},
		{"mustBeGreaterOrEqualTo", []float64{4}, "..456"},
		{"mustBeLessThan", []float64{4}, "23..."},
		{"mustBeLessOrEqualTo", []float64{4}, "234.."},
		{"mustBeBetween", []float64{3, 5}, "..4.."},
		{"mustNotBeBetween", []float64{3, 5}, "23.56"},
		{"mustBeBetween", []float64{2.5, 4.5}, ".34.."},
	} {
		t.Run(fmt.Sprint(c.operator, c.values), func(t *testing.T) {
			var got strings.Builder
			for n := 2; n <= 6; n++ {
				rule := none("nullValues", "n")
				rule.Operator, rule.Values = c.operator, c.values
				result := evaluate(t, rule, column(t, "n", append(slices.Repeat([]string{"null"}, n), "1")...))
				if result.Failing != int64(n) {
					t.Fatalf("%d nulls, counted %d", n, result.Failing)
				}
				if result.Passed {
					got.WriteByte(byte('0' + n))
				} else {
					got.WriteByte('.')
				}
			}
			if got.String() != c.passes {
				t.Errorf("passes %s, want %s", got.String(), c.passes)
			}
		})
	}
}

func TestPercent(t *testing.T) {
	for _, c := range []struct {
		operator      string
		value         float64
		failing, rows int
		passed        bool
	}{
		{"mustBe", 25, 1, 4, true},
		{"mustBeLessThan", 1, 1, 100, false},
		{"mustBeLessOrEqualTo", 1, 1, 100, true},
		{"mustBeLessOrEqualTo", 0.1, 1, 1000, true},
		{"mustBeLessOrEqualTo", 33.3, 1, 3, false},
		{"mustBe", 100, 3, 3, true},
		{"mustBe", 0, 0, 3, true},
		{"mustBe", 0, 0, 0, true}, // 0 % of no rows
		{"mustBeGreaterThan", 0, 0, 0, false},
	} {
		rule := none("nullValues", "n")
		rule.Operator, rule.Values, rule.Percent = c.operator, []float64{c.value}, true
		texts := append(slices.Repeat([]string{"null"}, c.failing), slices.Repeat([]string{"1"}, c.rows-c.failing)...)
		got := evaluate(t, rule, column(t, "n", texts...))
		if got.Passed != c.passed || got.Failing != int64(c.failing) {
			t.Errorf("%d of %d %s %g %%: %+v", c.failing, c.rows, c.operator, c.value, got)
		}
	}
}

func TestRowCount(t *testing.T) {
	rule := gold.Rule{ID: "rows", Metric: "rowCount", Operator: "mustBeGreaterThan", Values: []float64{1}, Severity: gold.SeverityWarning}
	c := mustNew(t, &things, Options{}, rule)
	if c.Fields() != nil {
		t.Errorf("it wants to read %v", c.Fields())
	}
	if err := c.Add(column(t, "n", "1", "2"), 1); err != nil {
		t.Fatal(err)
	}
	for rows, want := range map[int64]gold.RuleResult{
		2: {Passed: true},
		1: {Examples: []string{"the dataset has 1 row"}},
		0: {Examples: []string{"the dataset has 0 rows"}},
	} {
		want.Dataset, want.Rule, want.Severity = "things", "rows", gold.SeverityWarning
		if diff := cmp.Diff(want, c.Results(rows, asOf)[0]); diff != "" {
			t.Error(diff)
		}
	}
}

func TestFreshness(t *testing.T) {
	secret := things
	secret.Fields = slices.Clone(things.Fields)
	secret.Field("at").PII = true
	for _, c := range []struct {
		name, field string
		values      []string
		seconds     float64 // the largest age that passes
		found       string
		of          *gold.Dataset
	}{
		{"the newest counts", "at", []string{"2026-01-30T12:00:00Z", "2026-01-31T11:59:00.5Z", "null"}, 59.5, "the newest at is 2026-01-31T11:59:00.500Z", &things},
		{"a date is its midnight", "day", []string{"2026-01-30"}, 129_600, "the newest day is 2026-01-30", &things},
		{"before 1970 a null is not the newest", "at", []string{"null", "1969-12-31T00:00:00Z"}, float64(asOf.Unix() + 86_400), "the newest at is 1969-12-31T00:00:00Z", &things},
		{"the future is negative", "at", []string{"2026-01-31T12:01:00Z"}, -60, "the newest at is 2026-01-31T12:01:00Z", &things},
		{"two thousand years", "day", []string{"0001-01-01"}, 63_905_457_600, "the newest day is 0001-01-01", &things},
		{"PII is not shown", "at", []string{"2026-01-31T11:59:00Z"}, 60, "", &secret},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, passed := range []bool{true, false} {
				limit := c.seconds
				if !passed {
					limit -= 0.001
				}
				rule := gold.Rule{ID: "r", Metric: "freshness", Field: c.field, Operator: "mustBeLessOrEqualTo", Values: []float64{limit}}
				checker := mustNew(t, c.of, Options{}, rule)
				if err := checker.Add(column(t, c.field, c.values...), 1); err != nil {
					t.Fatal(err)
				}
				want := gold.RuleResult{Dataset: "things", Rule: "r", Passed: passed}
				if !passed && c.found != "" {
					want.Examples = []string{c.found}
				}
				if diff := cmp.Diff(want, checker.Results(int64(len(c.values)), asOf)[0]); diff != "" {
					t.Errorf("at most %g s: %s", limit, diff)
				}
			}
		})
	}
	t.Run("without a value it is infinite", func(t *testing.T) {
		rule := gold.Rule{ID: "r", Metric: "freshness", Field: "at", Operator: "mustBeLessOrEqualTo", Values: []float64{math.MaxFloat64}}
		got := evaluate(t, rule, column(t, "at", "null"))
		if diff := cmp.Diff([]string{"at has no value"}, got.Examples); diff != "" || got.Passed || got.Failing != 0 {
			t.Errorf("%+v", got)
		}
	})
}

func TestNoRows(t *testing.T) {
	rules := []gold.Rule{none("nullValues", "t"), none("missingValues", "t"), none("invalidValues", "n"), none("duplicateValues", "t")}
	c := mustNew(t, &things, Options{}, rules...)
	if err := c.Add(gold.NewBatch(things.Fields, 0), 1); err != nil {
		t.Fatal(err)
	}
	if err := c.Merge(mustNew(t, &things, Options{}, rules...)); err != nil {
		t.Fatal(err)
	}
	for _, r := range c.Results(0, asOf) {
		if !r.Passed || r.Failing != 0 || r.Examples != nil {
			t.Errorf("%+v", r)
		}
	}
}

func TestBitsOfRowsBeyondTheBatchAreNotItsNulls(t *testing.T) {
	b := column(t, "n", slices.Repeat([]string{"null"}, 200)...)
	b.Rows = 70
	b.Columns[0].Ints = b.Columns[0].Ints[:70]
	if got := evaluate(t, none("nullValues", "n"), b); got.Failing != 70 {
		t.Errorf("%d nulls of 70", got.Failing)
	}
}

func TestExamples(t *testing.T) {
	t.Run("long texts are cut and control characters escaped", func(t *testing.T) {
		texts := []string{
			strings.Repeat("é", 64), strings.Repeat("é", 65), "a\x1b[31m\tb", "it's", "\u202etxt", strings.Repeat("x", 1<<20),
		}
		rule := none("invalidValues", "t")
		rule.Valid = []string{}
		got := evaluate(t, rule, column(t, "t", texts...))
		want := []string{
			"row 1: '" + strings.Repeat("é", 64) + "'",
			"row 2: '" + strings.Repeat("é", 63) + "…'",
			`row 3: 'a\x1b[31m\tb'`,
			"row 4: 'it's'",
			`row 5: '\u202etxt'`,
		}
		if diff := cmp.Diff(want, got.Examples); diff != "" || got.Failing != 6 {
			t.Errorf("%d failing: %s", got.Failing, diff)
		}
	})
	t.Run("rows without numbers give the smallest different values", func(t *testing.T) {
		rules := []gold.Rule{none("missingValues", "t"), none("duplicateValues", "t")}
		rules[0].Missing = []string{"a", "b", "c", "d", "e", "f", "g"}
		c := mustNew(t, &things, Options{}, rules...)
		for _, texts := range [][]string{{"g", "c", "f", "c", "x"}, {"b", "e", "d", "a", "b"}} {
			if err := c.Add(column(t, "t", texts...), 0); err != nil {
				t.Fatal(err)
			}
		}
		got := c.Results(10, asOf)
		if diff := cmp.Diff([]string{"'a'", "'b'", "'c'", "'d'", "'e'"}, got[0].Examples); diff != "" || got[0].Failing != 9 {
			t.Errorf("%d failing: %s", got[0].Failing, diff)
		}
		if got[1].Failing != 2 || got[1].Examples != nil {
			t.Errorf("%+v", got[1])
		}
	})
	t.Run("personal data without numbers gives none", func(t *testing.T) {
		c := mustNew(t, &things, Options{}, none("nullValues", "name"))
		if err := c.Add(column(t, "name", "null"), 0); err != nil {
			t.Fatal(err)
		}
		if got := c.Results(1, asOf)[0]; got.Failing != 1 || got.Examples != nil {
			t.Errorf("%+v", got)
		}
	})
}

func TestVerdictsAreOfTheirTextAlone(t *testing.T) {
	// Many more texts than there are places, short and long, with zeros at the end as the places have.
	var texts, bad []string
	for round := range 2 {
		for i := range 5000 {
			texts = append(texts, fmt.Sprintf("%d", i), fmt.Sprintf("%d\x00", i), strings.Repeat(fmt.Sprintf("%04d", i), 6+i%4+round))
		}
	}
	rule := none("invalidValues", "t")
	rule.Pattern = "^[0-9]*[02468]$"
	for i, text := range texts {
		if !regexp.MustCompile(rule.Pattern).MatchString(text) {
			bad = append(bad, place(int64(i+1)))
		}
	}
	c := mustNew(t, &things, Options{}, rule)
	b := column(t, "t", texts...)
	var got []string
	c.rules[0].meter.(*values).validator.validate(&b.Columns[0], b.Rows, func(i int) { got = append(got, place(int64(i+1))) })
	if diff := cmp.Diff(bad, got); diff != "" {
		t.Error(diff)
	}
}

// The bounds of a rule are those, whatever the field's are.
func TestBoundsOfARule(t *testing.T) {
	r := none("invalidValues", "amount")
	r.Minimum = new(gold.NewDouble(0))
	d := gold.Dataset{Name: "d", Fields: []gold.Field{{Name: "amount", Kind: gold.Double, Minimum: new(gold.NewDouble(5))}}}
	b := gold.NewBatch(d.Fields, 4)
	for _, v := range []float64{-1, 0, 3, 7} {
		b.AppendRow(gold.NewDouble(v))
	}
	c := mustNew(t, &d, Options{}, r)
	if err := c.Add(b, 1); err != nil {
		t.Fatal(err)
	}
	if got := c.Results(4, asOf)[0]; got.Passed || got.Failing != 1 || got.Examples[0] != "row 1: -1" {
		t.Errorf("%+v", got)
	}
}

func TestRulesWithoutAMeaningAreRefused(t *testing.T) {
	noRange := none("invalidValues", "id")
	for want, r := range map[string]gold.Rule{
		`there is no field "nothing"`:                                            none("nullValues", "nothing"),
		`there is no metric "sumValues"`:                                         none("sumValues", "n"),
		`there is no operator "mustBeNice"`:                                      {Metric: "rowCount", Operator: "mustBeNice", Values: []float64{1}},
		"mustBe needs 1 number, not 0":                                           {Metric: "rowCount", Operator: "mustBe"},
		"mustBeBetween needs 2 numbers, not 1":                                   {Metric: "rowCount", Operator: "mustBeBetween", Values: []float64{1}},
		"rowCount is of the dataset, not of a field":                             none("rowCount", "n"),
		"rowCount has no percent":                                                {Metric: "rowCount", Operator: "mustBe", Values: []float64{1}, Percent: true},
		"duplicateValues needs a field":                                          none("duplicateValues", ""),
		"nullValues is of one field, not of 0":                                   none("nullValues", ""),
		"freshness is of a date or time, n is int":                               none("freshness", "n"),
		"pattern and length are for text, n is int":                              {Metric: "invalidValues", Field: "n", Pattern: "a", Operator: "mustBe", Values: []float64{0}},
		`"x" is no value of n: expected a whole number such as 542`:              {Metric: "invalidValues", Field: "n", Valid: []string{"x"}, Operator: "mustBe", Values: []float64{0}},
		`"" is no value of x: expected a number such as 0.65`:                    {Metric: "missingValues", Field: "x", Missing: []string{""}, Operator: "mustBe", Values: []float64{0}},
		"error parsing regexp: missing closing ]: `[`":                           {Metric: "invalidValues", Field: "t", Pattern: "[", Operator: "mustBe", Values: []float64{0}},
		"invalidValues needs valid values, a pattern, a length, or a minimum or": noRange,
	} {
		r.ID = "r"
		_, err := New(&things, []gold.Rule{r}, Options{})
		if err == nil || !strings.HasPrefix(err.Error(), "dataset things: rule r: "+want) {
			t.Errorf("got %v, want %s", err, want)
		}
		if gold.CodeOf(err) != gold.CodeContractInvalid || gold.KindOf(err) != gold.Invalid {
			t.Errorf("%v is %s, %s", err, gold.KindOf(err), gold.CodeOf(err))
		}
	}
}

func TestABatchThatDoesNotFitIsAnError(t *testing.T) {
	c := mustNew(t, &things, Options{}, none("nullValues", "n"))
	other := column(t, "t", "a")
	wrong := column(t, "t", "a")
	wrong.Fields = []gold.Field{{Name: "n", Kind: gold.Text}}
	for want, b := range map[string]*gold.Batch{
		"dataset things: rule r: the batch has no column n":             other,
		"dataset things: rule r: the batch's column n is text, not int": wrong,
	} {
		if err := c.Add(b, 1); err == nil || err.Error() != want || gold.KindOf(err) != gold.Internal {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	if err := c.Merge(mustNew(t, &things, Options{})); gold.KindOf(err) != gold.Internal || err == nil {
		t.Errorf("other rules were merged: %v", err)
	}
}

func TestMemoryIsBounded(t *testing.T) {
	const bound = 1 << 20
	batch := func(from int) *gold.Batch {
		b := gold.NewBatch([]gold.Field{*things.Field("t")}, 0)
		for i := range 1000 {
			b.AppendRow(gold.NewText(fmt.Sprint(from + i)))
		}
		return b
	}
	fill := func(c *Checker, from int) (int, error) {
		for n := from; n < from+100_000; n += 1000 {
			if err := c.Add(batch(n), 1); err != nil {
				return n - from, err
			}
		}
		return 100_000, nil
	}
	check := func(err error) {
		t.Helper()
		const want = "dataset things: rule r: finding duplicates needs more than 1048576 bytes of memory; leave the rule out, or let it take more"
		if gold.CodeOf(err) != gold.CodeMemoryLimit || gold.KindOf(err) != gold.Invalid || err.Error() != want {
			t.Errorf("got %v", err)
		}
	}
	rule := none("duplicateValues", "t")
	held, err := fill(mustNew(t, &things, Options{Memory: bound}, rule), 0)
	check(err)
	if held*55 < bound {
		t.Errorf("only %d values fit into %d bytes", held, bound)
	}
	// Values that are there already need nothing.
	c, other := mustNew(t, &things, Options{Memory: bound}, rule), mustNew(t, &things, Options{Memory: bound}, rule)
	for range 100 {
		if err := c.Add(batch(0), 1); err != nil {
			t.Fatal(err)
		}
	}
	if err := other.Add(batch(0), 1001); err != nil {
		t.Fatal(err)
	}
	if err := c.Merge(other); err != nil {
		t.Fatal(err)
	}
	if got := c.Results(101_000, asOf)[0]; got.Failing != 100_000 {
		t.Errorf("%d duplicates", got.Failing)
	}
	// Together they are too many: 19,000 fit, 57,000 don't.
	var parts []*Checker
	for n := range 3 {
		part := mustNew(t, &things, Options{Memory: bound}, rule)
		for i := range 19 {
			if err := part.Add(batch(n*19_000+i*1000), 1); err != nil {
				t.Fatal(err)
			}
		}
		parts = append(parts, part)
	}
	if err = parts[0].Merge(parts[1]); err == nil {
		err = parts[0].Merge(parts[2])
	}
	check(err)
	// And so are two rules.
	two := none("duplicateValues", "t")
	two.ID = "s"
	both, err := fill(mustNew(t, &things, Options{Memory: bound}, two, rule), 0)
	if gold.CodeOf(err) != gold.CodeMemoryLimit || both >= held {
		t.Errorf("two sets held %d values each, one %d: %v", both, held, err)
	}
}

func TestValuesAreToldApartByAllOfTheirDigest(t *testing.T) {
	s := rowSet{budget: &budget{}}
	values := []digest{{7, 0}, {7, 1 << rowBits}, {7, math.MaxUint64 &^ rowMask}, {8, 0}, {0, 0}}
	for i, v := range values {
		if _, found, ok := s.add(v, int64(10+i)); found || !ok {
			t.Errorf("%x is there already", v)
		}
	}
	for i, v := range values {
		if got := s.row(v); got != int64(10+i) {
			t.Errorf("%x is of row %d", v, got)
		}
	}
	if later, found, _ := s.add(values[1], 3); !found || later != 11 || s.row(values[1]) != 3 {
		t.Errorf("row 3 comes before row 11, which repeats it: %d, %t", later, found)
	}
	if s.row(digest{9, 0}) != 0 {
		t.Error("a value that was not added has a row")
	}
	if later, _, _ := s.add(digest{8, 0}, math.MaxInt64); later != maxRow {
		t.Errorf("a row beyond the last is %d", later)
	}
}

func TestRefusal(t *testing.T) {
	results := []gold.RuleResult{
		{Rule: "ok", Passed: true},
		{Rule: "rows", Examples: []string{"the dataset has 0 rows"}},
		{Rule: "late", Severity: gold.SeverityWarning, Failing: 3},
		{Rule: "segments", Failing: 2, Examples: []string{"row 3: 'x'", "row 9: 'y'"}},
		{Rule: "mail", Failing: 700, Examples: []string{"row 1", "row 2", "row 3", "row 4", "row 5"}},
		{Rule: "few", Failing: 0},
	}
	e := Refusal("things", "things.parquet", results)
	want := `dataset things breaks 4 rules of its contract: correct the rows, or the contract
things.parquet: rule rows failed: the dataset has 0 rows
things.parquet: rule segments failed: 2 rows: row 3: 'x'; row 9: 'y'
things.parquet: rule mail failed: 700 rows, such as row 1; row 2; row 3; row 4; row 5
things.parquet: rule few failed: 0 rows`
	if e.Error() != want {
		t.Errorf("got\n%s", e.Error())
	}
	if e.Kind != gold.Invalid || e.Code != gold.CodeQualityFailed || len(e.Problems) != 4 {
		t.Errorf("%+v", e)
	}
	if !Blocked(results) || Blocked(results[:1]) || Blocked(results[2:3]) || Blocked(nil) {
		t.Error("an error blocks, and nothing else does")
	}
	if e := Refusal("things", "", results[2:3]); e != nil {
		t.Errorf("a warning refuses: %v", e)
	}
}

func TestMultiplesAreCountedExactly(t *testing.T) {
	d := gold.Dataset{Name: "x", Fields: []gold.Field{{Name: "n", Kind: gold.Int}, {Name: "p", Kind: gold.Decimal, Scale: 2}, {Name: "d", Kind: gold.Double}}}
	for _, c := range []struct {
		field, step, fails string
		values             []int64 // unscaled
	}{
		{"p", "0.05", "1.01 0.04 -0.01", []int64{5, 100, 101, 4, 0, -5, -1}},
		// 0.1+0.2 and its like: as doubles 12.30/0.05 is 246.00000000000003.
		{"p", "0.05", "", []int64{1230, 30, 115, 999999999999999995}},
		{"p", "0.050", "9999999999999999.99", []int64{999999999999999999}},
		{"p", "1", "0.50", []int64{100, 50}},
		{"p", "2.50", "0.50", []int64{250, 50, -500}},
		{"p", "0.0125", "0.01 0.02", []int64{1, 2, 5, 10}}, // 0.05 is four of them
		{"p", "0.001", "", []int64{1, 2, 999}},
		{"p", "100000000000000000", "0.01", []int64{0, 1}},
		{"n", "5", "4 -1", []int64{5, 4, -1, math.MinInt64 + 3, 0}},
		{"n", "0.5", "", []int64{1, 2}},
		{"n", "1.5", "1 2", []int64{1, 2, 3, -3}},
	} {
		f := d.Field(c.field)
		b := gold.NewBatch([]gold.Field{*f}, 8)
		for _, v := range c.values {
			b.AppendRow(gold.NewIntegral(f.Kind, v))
		}
		checker := mustNew(t, &d, Options{}, gold.Rule{ID: "r", Metric: "invalidValues", Field: c.field, Step: c.step, Operator: "mustBe", Values: []float64{0}})
		if err := checker.Add(b, 0); err != nil {
			t.Fatal(err)
		}
		result := checker.Results(int64(b.Rows), asOf)[0]
		want := strings.Fields(c.fails)
		slices.Sort(want)
		if got := slices.Sorted(slices.Values(result.Examples)); !slices.Equal(got, want) || result.Passed != (len(want) == 0) {
			t.Errorf("multiples of %s: %v fail, want %v", c.step, got, want)
		}
	}
	for _, step := range []string{"0", "-1", "x", "1e3"} {
		if _, err := New(&d, []gold.Rule{{ID: "r", Metric: "invalidValues", Field: "n", Step: step, Operator: "mustBe", Values: []float64{0}}}, Options{}); err == nil {
			t.Errorf("the step %q is taken", step)
		}
	}
	if _, err := New(&d, []gold.Rule{{ID: "r", Metric: "invalidValues", Field: "d", Step: "1", Operator: "mustBe", Values: []float64{0}}}, Options{}); err == nil {
		t.Error("a double has multiples")
	}
}

func TestRulesOfWideDecimals(t *testing.T) {
	f := gold.Field{Name: "w", Kind: gold.WideDecimal, Precision: 38, Scale: 18, Nullable: true}
	read := func(text string) gold.Value {
		t.Helper()
		v, err := f.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	low, high := read("-1.5"), read("99999999999999999999.999999999999999998")
	f.Minimum, f.Maximum = &low, &high
	d := gold.Dataset{Name: "x", Fields: []gold.Field{f}}
	rule := gold.Rule{ID: "r", Metric: "invalidValues", Field: "w", Operator: "mustBe", Values: []float64{0}}
	for name, c := range map[string]struct {
		change        func(*gold.Rule)
		values, fails string
	}{
		"range":                {func(*gold.Rule) {}, "-1.5 -1.500000000000000001 0 99999999999999999999.999999999999999999 99999999999999999999.999999999999999998", "-1.500000000000000001 99999999999999999999.999999999999999999"},
		"list":                 {func(r *gold.Rule) { r.Valid = []string{"1", "0.000000000000000001"} }, "1.0 0.000000000000000001 0.000000000000000002", "0.000000000000000002"},
		"step":                 {func(r *gold.Rule) { r.Step = "0.05" }, "0.1 12345678901234567890.15 -0.05 12345678901234567890.150000000000000001 -0.01", "12345678901234567890.150000000000000001 -0.010000000000000000"},
		"step of 64 bits":      {func(r *gold.Rule) { r.Step = "18.446744073709551615" }, "36.89348814741910323 0 1", "1.000000000000000000"},
		"step of more than 64": {func(r *gold.Rule) { r.Step = "100" }, "12345678901234567800 -99999999999999999900 99999999999999999901", "99999999999999999901.000000000000000000"},
		"smallest step":        {func(r *gold.Rule) { r.Step = "0.000000000000000005" }, "0.000000000000000005 0.000000000000000004", "0.000000000000000004"},
	} {
		r := rule
		c.change(&r)
		b := gold.NewBatch(d.Fields, 8)
		for text := range strings.FieldsSeq(c.values) {
			b.AppendRow(read(text))
		}
		b.AppendRow(gold.Value{})
		checker := mustNew(t, &d, Options{}, r)
		if err := checker.Add(b, 0); err != nil {
			t.Fatal(err)
		}
		want := strings.Fields(c.fails)
		slices.Sort(want)
		if got := slices.Sorted(slices.Values(checker.Results(int64(b.Rows), asOf)[0].Examples)); !slices.Equal(got, want) {
			t.Errorf("%s: %v fail, want %v", name, got, want)
		}
	}
	same := gold.NewBatch(d.Fields, 4)
	same.AppendRow(read("12345678901234567890.5"))
	same.AppendRow(read("12345678901234567890.50"))
	same.AppendRow(read("12345678901234567890.500000000000000001"))
	checker := mustNew(t, &d, Options{}, gold.Rule{ID: "r", Metric: "duplicateValues", Field: "w", Operator: "mustBe", Values: []float64{0}})
	if err := checker.Add(same, 0); err != nil {
		t.Fatal(err)
	}
	if result := checker.Results(3, asOf)[0]; result.Failing != 1 {
		t.Errorf("%d duplicates, want 1", result.Failing)
	}
}
