package gold

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// expression is a condition as people write it, and truth evaluates it in SQL's logic of three values: 1 true, 0 unknown,
// -1 false.
type expression struct {
	word  string // and, or, not; "": a comparison
	of    []expression
	field int
	p     Predicate
}

func (e expression) truth(row []Value) int {
	truths := make([]int, len(e.of))
	for i := range e.of {
		truths[i] = e.of[i].truth(row)
	}
	switch e.word {
	case "and":
		return slices.Min(truths)
	case "or":
		return slices.Max(truths)
	case "not":
		return -truths[0]
	}
	v := row[e.field]
	switch {
	case e.p.Op == IsNull || e.p.Op == NotNull:
		return map[bool]int{true: 1, false: -1}[v.IsNull() == (e.p.Op == IsNull)]
	case v.IsNull():
		return 0
	case e.p.Holds(v):
		return 1
	default:
		return -1
	}
}

func (e expression) condition() []Predicate {
	var parts [][]Predicate
	for _, part := range e.of {
		parts = append(parts, part.condition())
	}
	switch e.word {
	case "and":
		return slices.Concat(parts...)
	case "or":
		return AnyOf(parts...)
	case "not":
		return Not(parts[0])
	default:
		return []Predicate{e.p}
	}
}

func randomExpression(r *rand.Rand, deep int) expression {
	word := []string{"and", "or", "not", ""}[r.IntN(4)]
	if deep == 0 || word == "" {
		e := expression{field: r.IntN(3), p: Predicate{Op: Op(r.IntN(int(opCount)))}}
		e.p.Field = []string{"n", "m", "t"}[e.field]
		if e.p.Op.Row().Search {
			e.field, e.p.Field = 2, "t"
		}
		for range []int{1, 0, r.IntN(3)}[e.p.Op.Row().Arity] {
			e.p.Values = append(e.p.Values, someValue(r, e.field))
		}
		return e
	}
	e := expression{word: word}
	for range map[string]int{"not": 1}[word] + map[bool]int{true: 0, false: 1 + r.IntN(3)}[word == "not"] {
		e.of = append(e.of, randomExpression(r, deep-1))
	}
	return e
}

func someValue(r *rand.Rand, field int) Value {
	if field == 2 {
		return NewText([]string{"", "a", "ab", "B"}[r.IntN(4)])
	}
	return NewInt(r.Int64N(4))
}

func TestConditionsHoldWhereSQLWouldBeTrue(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 3_000 {
		e := randomExpression(r, 4)
		test, err := NewTest(e.condition(), func(p Predicate) (int, error) { return slices.Index([]string{"n", "m", "t"}, p.Field), nil })
		if err != nil {
			t.Fatal(err)
		}
		for range 8 {
			row := make([]Value, 3)
			for i := range row {
				if r.IntN(3) > 0 {
					row[i] = someValue(r, i)
				}
			}
			if got, want := test.Holds(func(i int) Value { return row[i] }), e.truth(row) == 1; got != want {
				t.Fatalf("%+v of %v is %v, expected %v", e, row, got, want)
			}
		}
	}
}

func TestConditionsOfNothing(t *testing.T) {
	never, p := AnyOf(), Predicate{Field: "n", Op: IsNull}
	if len(AnyOf([]Predicate{p}, nil)) != 0 || len(Not(never)) != 0 {
		t.Error("what always holds is a condition")
	}
	for _, where := range [][]Predicate{never, Not(nil)} {
		test, err := NewTest(where, nil)
		if err != nil || len(where) != 1 || test.Holds(nil) {
			t.Errorf("%+v holds: %v", where, err)
		}
	}
	if got := AnyOf(AnyOf([]Predicate{p}, []Predicate{p}), []Predicate{p}); len(got) != 1 || len(got[0].Any) != 3 {
		t.Errorf("alternatives within alternatives are %+v", got)
	}
}
