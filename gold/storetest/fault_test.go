package storetest_test

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"goldserve/gold"
	"goldserve/gold/storetest"
)

// fault bends what a store is asked, or what it answers.
type fault struct {
	query       func(*gold.Query)
	aggregation func(*gold.Aggregation)
	answer      func([][]gold.Value)
}

// faults are mistakes that a store could make.
var faults = map[string]fault{
	"a page has one row too many": {query: func(q *gold.Query) {
		if q.Limit > 0 {
			q.Limit++
		}
	}},
	"a page begins with the last row of the one before": {query: func(q *gold.Query) {
		if n := len(q.After); n > 0 && q.After[n-1].Kind() == gold.Int {
			q.After = append(q.After[:n-1:n-1], gold.NewInt(q.After[n-1].Int()-1))
		}
	}},
	"null is the largest value": {query: func(q *gold.Query) { q.Sort = slices.Clone(q.Sort); q.Sort[0].Desc = !q.Sort[0].Desc }},
	"not in matches everything": {query: func(q *gold.Query) { q.Where = relaxed(q.Where, gold.NotIn) }},
	"the last alternative is overlooked": {query: func(q *gold.Query) {
		for i, p := range q.Where {
			if n := len(p.Any); n > 0 {
				q.Where = slices.Clone(q.Where)
				q.Where[i].Any = p.Any[:n-1]
			}
		}
	}},
	"contains minds the case": {query: func(q *gold.Query) {
		for _, p := range gold.Comparisons(q.Where) {
			if p.Op == gold.Contains && p.Values[0].Text() != strings.ToLower(p.Values[0].Text()) {
				q.Where = append(slices.Clone(q.Where), gold.Predicate{Field: p.Field, Op: gold.IsNull})
			}
		}
	}},
	"an empty text becomes null": {answer: func(rows [][]gold.Value) {
		for _, r := range rows {
			for i, v := range r {
				if v == gold.NewText("") {
					r[i] = gold.Value{}
				}
			}
		}
	}},
	"integers pass through doubles": {answer: func(rows [][]gold.Value) {
		for _, r := range rows {
			for i, v := range r {
				if v.Kind() == gold.Int {
					r[i] = gold.NewInt(int64(float64(v.Int()/2)) * 2)
				}
			}
		}
	}},
	"having is overlooked": {aggregation: func(a *gold.Aggregation) { a.Having = nil }},
	"a measure's condition on looked-up fields is overlooked": {aggregation: func(a *gold.Aggregation) {
		a.Measures = slices.Clone(a.Measures)
		for i, m := range a.Measures {
			if slices.ContainsFunc(m.Comparisons(), func(p gold.Predicate) bool { return a.Alias(p.Field) != nil }) {
				a.Measures[i].Where = ""
			}
		}
	}},
	"groups come in any order": {aggregation: func(a *gold.Aggregation) { a.Sort = nil }},
	"a looked-up field's null matches": {
		query:       func(q *gold.Query) { q.Where = slices.DeleteFunc(slices.Clone(q.Where), isLookedUp) },
		aggregation: func(a *gold.Aggregation) { a.Where = slices.DeleteFunc(slices.Clone(a.Where), isLookedUp) },
	},
}

func isLookedUp(p gold.Predicate) bool { return p.Join != nil && p.Op == gold.NotNull }

func relaxed(where []gold.Predicate, op gold.Op) []gold.Predicate {
	return slices.DeleteFunc(slices.Clone(where), func(p gold.Predicate) bool { return p.Op == op })
}

const faultVariable = "GOLDSERVE_STORETEST_FAULT"

// TestFaults runs the random part of the suite on a store with a mistake, in a process of its own, and expects it to fail.
func TestFaults(t *testing.T) {
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for name := range faults {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cmd := exec.CommandContext(t.Context(), program, "-test.run=^TestFaulty$")
			cmd.Env = append(os.Environ(), faultVariable+"="+name)
			out, err := cmd.CombinedOutput()
			if err == nil || !strings.Contains(string(out), "another answer than the reference") {
				t.Errorf("the suite does not notice it (%v):\n%s", err, out)
			}
		})
	}
}

// TestFaulty is what TestFaults runs; by itself it does nothing.
func TestFaulty(t *testing.T) {
	name := os.Getenv(faultVariable)
	if name == "" {
		t.Skip("TestFaults runs it")
	}
	storetest.Random(t, harness(faults[name]), 1, 300)
}
