package gold

import (
	"os"
	"strings"
	"testing"
)

func TestEveryOperatorHasOneRow(t *testing.T) {
	if len(operators) != int(opCount) {
		t.Errorf("%d rows of %d operators", len(operators), opCount)
	}
	for op := range opCount {
		row := op.Row()
		if row == nil || row.Op != op || row.Name == "" || row.Meaning == "" || row.holds == nil {
			t.Fatalf("the row of operator %d is %+v", op, row)
		}
		var read Op
		if err := read.UnmarshalText([]byte(row.Name)); err != nil || read != op || op.String() != row.Name {
			t.Errorf("%s is read as %s (%v)", row.Name, read, err)
		}
		if back := row.Not.Row(); back.Not != op || back.Arity != row.Arity || back.Search != row.Search {
			t.Errorf("the opposite of %s is %s, whose opposite is %s", row.Name, row.Not, back.Not)
		}
		if spelled, ok := SpelledOp(row.Name); ok != row.Spelled || ok && spelled != op {
			t.Errorf("%s is spelled by contracts and parameters: %v", row.Name, ok)
		}
	}
	if opCount.Row() != nil || opCount.String() != "op(14)" {
		t.Errorf("what is no operator has a row, or the name %s", opCount)
	}
}

// TestOperatorsAreThoseOfTheDashboardAndTheDocs holds what can't read the table to it.
func TestOperatorsAreThoseOfTheDashboardAndTheDocs(t *testing.T) {
	for file, quote := range map[string]string{"../web/src/state/condition.ts": "'", "../docs/query.md": "`"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range SpelledOps() {
			if !strings.Contains(string(text), quote+name+quote) && !strings.Contains(string(text), "__"+name) {
				t.Errorf("%s does not know the operator %s", file, name)
			}
		}
	}
}

func TestPredicatesHold(t *testing.T) {
	null, one, two, text := Value{}, NewInt(1), NewInt(2), NewText
	for _, tt := range []struct {
		op     Op
		values []Value
		holds  []Value
		fails  []Value
	}{
		{Eq, []Value{one}, []Value{one}, []Value{two, null}},
		{Eq, []Value{null}, nil, []Value{one, null}},
		{Ne, []Value{one}, []Value{two}, []Value{one, null}},
		{Ne, []Value{null}, nil, []Value{one, null}},
		{In, []Value{one, null}, []Value{one}, []Value{two, null}},
		{In, nil, nil, []Value{one, null}},
		{NotIn, []Value{one, null}, []Value{two}, []Value{one, null}},
		{NotIn, nil, []Value{one}, []Value{null}},
		{Lt, []Value{two}, []Value{one}, []Value{two, NewInt(3), null}},
		{Lte, []Value{two}, []Value{one, two}, []Value{NewInt(3), null}},
		{Gt, []Value{one}, []Value{two}, []Value{one, null}},
		{Gte, []Value{one}, []Value{one, two}, []Value{NewInt(0), null}},
		{IsNull, nil, []Value{null}, []Value{one, text("")}},
		{NotNull, nil, []Value{one, text("")}, []Value{null}},
		{Contains, []Value{text("SS")}, []Value{text("glass"), text("ſs")}, []Value{text("Maß"), text("s"), null}},
		{StartsWith, []Value{text("é")}, []Value{text("Été")}, []Value{text("thé"), text("ete"), null}},
		{NotContains, []Value{text("SS")}, []Value{text("Maß"), text("")}, []Value{text("glass"), null}},
		{NotContains, []Value{null}, nil, []Value{text("glass"), null}},
		{NotStartsWith, []Value{text("é")}, []Value{text("thé"), text("ete")}, []Value{text("Été"), null}},
		{Gt, []Value{text("Z")}, []Value{text("a"), text("é")}, []Value{text("Z"), text("A"), null}},
		{Lt, []Value{NewDouble(0)}, []Value{NewDouble(-1)}, []Value{NewDouble(0), null}},
	} {
		p := Predicate{Field: "f", Op: tt.op, Values: tt.values}
		if err := p.Check(); err != nil {
			t.Error(err)
		}
		for _, v := range tt.holds {
			if !p.Holds(v) {
				t.Errorf("%s %v does not hold for %s", tt.op, tt.values, v)
			}
		}
		for _, v := range tt.fails {
			if p.Holds(v) {
				t.Errorf("%s %v holds for %s", tt.op, tt.values, v)
			}
		}
	}
}

func TestWhatAsksNothingIsRefused(t *testing.T) {
	for _, p := range []Predicate{
		{Op: Eq},
		{Op: Lt, Values: []Value{NewInt(1), NewInt(2)}},
		{Op: Contains, Values: []Value{NewInt(1)}},
		{Op: StartsWith},
		{Op: opCount, Values: []Value{NewInt(1)}},
		{Op: 255},
	} {
		p.Field = "price"
		if err := p.Check(); KindOf(err) != Internal || !strings.Contains(err.Error(), "price") {
			t.Errorf("%s %v: %v", p.Op, p.Values, err)
		}
	}
}
