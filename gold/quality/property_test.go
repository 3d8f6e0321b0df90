package quality

import (
	"fmt"
	"math"
	"math/rand/v2"
	"regexp"
	"slices"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"goldserve/gold"
)

// rulesOfThings has every metric over every kind that it can have.
func rulesOfThings() []gold.Rule {
	r := func(r gold.Rule) gold.Rule {
		r.Operator, r.Values = "mustBe", []float64{0}
		return r
	}
	rules := []gold.Rule{
		{Metric: "rowCount", Operator: "mustBeGreaterThan", Values: []float64{100}},
		r(gold.Rule{Metric: "duplicateValues", Fields: []string{"t", "n"}}),
		r(gold.Rule{Metric: "duplicateValues", Fields: []string{"flag", "x", "day"}}),
		r(gold.Rule{Metric: "duplicateValues", Fields: []string{"t", "name"}}),
		r(gold.Rule{Metric: "invalidValues", Field: "t", Pattern: "^[a-c]$"}),
		r(gold.Rule{Metric: "invalidValues", Field: "mail", Pattern: "b"}),
		r(gold.Rule{Metric: "invalidValues", Field: "t", MinLength: 1, MaxLength: 2}),
		{Metric: "freshness", Field: "at", Operator: "mustBeLessOrEqualTo", Values: []float64{3600}},
		{Metric: "freshness", Field: "day", Operator: "mustBeGreaterThan", Values: []float64{1e6}},
		{Metric: "nullValues", Field: "n", Operator: "mustBeBetween", Values: []float64{2, 30}},
		{Metric: "nullValues", Field: "t", Operator: "mustBeLessThan", Values: []float64{12.5}, Percent: true, Severity: gold.SeverityWarning},
		{Metric: "duplicateValues", Field: "n", Operator: "mustNotBeBetween", Values: []float64{40, 90}, Percent: true},
	}
	lists := map[string][]string{
		"flag": {"true"}, "n": {"0", "1", "2"}, "x": {"0", "0.5"}, "price": {"0.00", "10.51"}, "t": {"", "a", "bb"},
		"day": {"2024-10-04", "1970-01-01"}, "at": {"2026-01-31T12:00:00Z"}, "name": {"a"}, "mail": {"", "bb"},
	}
	for _, f := range things.Fields[1:] {
		rules = append(rules,
			r(gold.Rule{Metric: "nullValues", Field: f.Name}),
			r(gold.Rule{Metric: "missingValues", Field: f.Name, Missing: lists[f.Name]}),
			r(gold.Rule{Metric: "invalidValues", Field: f.Name, Valid: lists[f.Name]}),
			r(gold.Rule{Metric: "duplicateValues", Field: f.Name}))
		if f.Minimum != nil || f.Maximum != nil {
			rules = append(rules, r(gold.Rule{Metric: "invalidValues", Field: f.Name}))
		}
	}
	for i := range rules {
		rules[i].ID = fmt.Sprintf("%s%s%d", rules[i].Metric, rules[i].Field, i)
	}
	return rules
}

// randomRow has few different values, so that rules pass and fail.
func randomRow(r *rand.Rand, nulls float64) []gold.Value {
	texts := []string{"", "a", "b", "c", "bb", "é", "éé", "abc"}
	text := func() gold.Value { return gold.NewText(texts[r.IntN(len(texts))]) }
	row := []gold.Value{
		gold.NewInt(r.Int64()), gold.NewBool(r.IntN(2) == 0), gold.NewInt(r.Int64N(7) - 3), gold.NewDouble(float64(r.IntN(5)-1) / 2),
		gold.NewDecimal(r.Int64N(3) + 1049), text(), gold.NewDate([]int64{0, 19999, 20000, 20483}[r.IntN(4)]),
		gold.NewTime(asOf.UnixMilli() - r.Int64N(9_000_000) + 1000), text(), text(),
	}
	for i := range row[1:] {
		if r.Float64() < nulls {
			row[i+1] = gold.Value{}
		}
	}
	return row
}

// naive evaluates a rule over all rows at once, in the plainest way.
func naive(d *gold.Dataset, rule gold.Rule, rows [][]gold.Value) gold.RuleResult {
	result := gold.RuleResult{Dataset: d.Name, Rule: rule.ID, Severity: rule.Severity}
	names := rule.Fields
	if rule.Field != "" {
		names = []string{rule.Field}
	}
	values := func(row []gold.Value) (values []gold.Value) {
		for _, name := range names {
			i := slices.IndexFunc(d.Fields, func(f gold.Field) bool { return f.Name == name })
			values = append(values, row[i])
		}
		return values
	}
	var field gold.Field
	if len(names) == 1 {
		field = *d.Field(names[0])
	}
	personal := slices.ContainsFunc(names, func(name string) bool { f := d.Field(name); return f.PII || f.Mask != gold.MaskNone })
	measured, first, newest := 0.0, map[string]int{}, gold.Value{}
	for i, row := range rows {
		v := values(row)
		example := fmt.Sprintf("row %d", i+1)
		switch rule.Metric {
		case "rowCount":
			continue
		case "freshness":
			if gold.Compare(v[0], newest) > 0 {
				newest = v[0]
			}
			continue
		case "duplicateValues":
			key := fmt.Sprintf("%#v", v)
			before, found := first[key]
			if !found {
				first[key] = i + 1
			}
			if !found || slices.ContainsFunc(v, gold.Value.IsNull) {
				continue
			}
			example += fmt.Sprintf(": same as row %d", before)
		default:
			if !breaks(rule, &field, v[0]) {
				continue
			}
			if text := v[0].Format(field.Scale); !personal && v[0].Kind() == gold.Text {
				example += ": '" + text + "'"
			} else if !personal {
				example += ": " + text
			}
		}
		result.Failing++
		if len(result.Examples) < 5 {
			result.Examples = append(result.Examples, example)
		}
	}
	measured = float64(result.Failing)
	found := ""
	switch {
	case rule.Metric == "rowCount":
		measured, found = float64(len(rows)), fmt.Sprintf("the dataset has %d rows", len(rows))
		if len(rows) == 1 {
			found = "the dataset has 1 row"
		}
	case rule.Metric == "freshness" && newest.IsNull():
		measured, found = math.Inf(1), rule.Field+" has no value"
	case rule.Metric == "freshness":
		measured, found = asOf.Sub(newest.Time()).Seconds(), "the newest "+rule.Field+" is "+newest.String()
	case rule.Percent && len(rows) > 0:
		measured = measured / float64(len(rows)) * 100
	}
	switch v := rule.Values; rule.Operator {
	case "mustBe":
		result.Passed = measured == v[0]
	case "mustBeGreaterThan":
		result.Passed = measured > v[0]
	case "mustBeLessThan":
		result.Passed = measured < v[0]
	case "mustBeLessOrEqualTo":
		result.Passed = measured <= v[0]
	case "mustBeBetween":
		result.Passed = measured > v[0] && measured < v[1]
	case "mustNotBeBetween":
		result.Passed = !(measured > v[0] && measured < v[1])
	}
	if !result.Passed && found != "" {
		result.Examples = []string{found}
	}
	return result
}

// breaks says whether a value counts for a metric of values.
func breaks(rule gold.Rule, f *gold.Field, v gold.Value) bool {
	text := v.Format(f.Scale)
	switch rule.Metric {
	case "nullValues":
		return v.IsNull()
	case "missingValues":
		return v.IsNull() || slices.Contains(rule.Missing, text)
	}
	switch {
	case v.IsNull():
		return false
	case rule.Valid != nil:
		return !slices.Contains(rule.Valid, text)
	case rule.Pattern != "":
		return !regexp.MustCompile(rule.Pattern).MatchString(text)
	case rule.MinLength > 0 || rule.MaxLength > 0:
		n := utf8.RuneCountInString(text)
		return n < rule.MinLength || n > rule.MaxLength
	default:
		return f.Minimum != nil && gold.Compare(v, *f.Minimum) < 0 || f.Maximum != nil && gold.Compare(v, *f.Maximum) > 0
	}
}

// spread gives the rows to workers in pieces of random sizes and order, each with the number of its first row, and
// merges the workers in random order.
func spread(t *testing.T, r *rand.Rand, rules []gold.Rule, rows [][]gold.Value) []gold.RuleResult {
	workers := make([]*Checker, 1+r.IntN(5))
	for i := range workers {
		workers[i] = mustNew(t, &things, Options{}, rules...)
	}
	type piece struct{ first, end int }
	var pieces []piece
	for first := 0; first < len(rows); {
		end := min(len(rows), first+1+r.IntN(150))
		pieces = append(pieces, piece{first, end})
		first = end
	}
	r.Shuffle(len(pieces), func(i, j int) { pieces[i], pieces[j] = pieces[j], pieces[i] })
	// A batch's fields may come in another order, and there may be others.
	order := r.Perm(len(things.Fields))
	fields := []gold.Field{{Name: "other", Kind: gold.Int}}
	for _, i := range order {
		fields = append(fields, things.Fields[i])
	}
	b := gold.NewBatch(fields, 0)
	for _, p := range pieces {
		b.Reset()
		for _, row := range rows[p.first:p.end] {
			moved := []gold.Value{gold.NewInt(0)}
			for _, i := range order {
				moved = append(moved, row[i])
			}
			b.AppendRow(moved...)
		}
		if err := workers[r.IntN(len(workers))].Add(b, int64(p.first)+1); err != nil {
			t.Fatal(err)
		}
	}
	r.Shuffle(len(workers), func(i, j int) { workers[i], workers[j] = workers[j], workers[i] })
	for _, other := range workers[1:] {
		if err := workers[0].Merge(other); err != nil {
			t.Fatal(err)
		}
	}
	return workers[0].Results(int64(len(rows)), asOf)
}

func TestResultsDependOnTheRowsAlone(t *testing.T) {
	rules := rulesOfThings()
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 1))
		rows := make([][]gold.Value, []int{0, 1, 5, 64, 300, 2000}[r.IntN(6)])
		nulls := []float64{0, 0.1, 1}[r.IntN(3)]
		for i := range rows {
			rows[i] = randomRow(r, nulls)
		}
		var want []gold.RuleResult
		for _, rule := range rules {
			want = append(want, naive(&things, rule, rows))
		}
		for range 3 {
			if diff := cmp.Diff(want, spread(t, r, rules, rows)); diff != "" {
				t.Fatalf("seed %d, %d rows: %s", seed, len(rows), diff)
			}
		}
	}
}

func TestManyDistinctValuesOverWorkers(t *testing.T) {
	const rows = 60_000
	for _, field := range []string{"n", "t"} {
		var workers []*Checker
		for range 4 {
			workers = append(workers, mustNew(t, &things, Options{}, none("duplicateValues", field)))
		}
		f := *things.Field(field)
		for first := 0; first < rows; first += 500 {
			b := gold.NewBatch([]gold.Field{f}, 500)
			for i := first; i < first+500; i++ {
				v := gold.NewInt(int64(i % 59_990)) // the last ten repeat the first ten
				if field == "t" {
					v = gold.NewText(v.String())
				}
				b.AppendRow(v)
			}
			if err := workers[first/500%4].Add(b, int64(first)+1); err != nil {
				t.Fatal(err)
			}
		}
		for _, other := range workers[:3] {
			if err := workers[3].Merge(other); err != nil {
				t.Fatal(err)
			}
		}
		got := workers[3].Results(rows, asOf)[0]
		want := []string{
			"row 59991: same as row 1", "row 59992: same as row 2", "row 59993: same as row 3", "row 59994: same as row 4", "row 59995: same as row 5",
		}
		if diff := cmp.Diff(want, got.Examples); diff != "" || got.Failing != 10 {
			t.Errorf("%s: %d failing: %s", field, got.Failing, diff)
		}
	}
}
