package gold

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var everyKind = []Field{
	{Name: "b", Kind: Bool}, {Name: "i", Kind: Int}, {Name: "f", Kind: Double}, {Name: "t", Kind: Text}, {Name: "at", Kind: Time},
}

func sampleRows(n int) [][]Value {
	rows := make([][]Value, n)
	for i := range rows {
		rows[i] = []Value{NewBool(i%2 == 0), NewInt(int64(i)), NewDouble(float64(i) / 7), NewText(strings.Repeat("é", i%5)), NewTime(int64(i))}
		if i%3 == 0 {
			rows[i][i%5] = Value{}
		}
	}
	return rows
}

func batchOf(rows [][]Value) *Batch {
	b := NewBatch(everyKind, 0)
	for _, r := range rows {
		b.AppendRow(r...)
	}
	return b
}

func TestABatchHoldsItsRows(t *testing.T) {
	rows := sampleRows(200)
	b := batchOf(rows)
	for range 2 {
		if b.Rows != len(rows) {
			t.Fatalf("%d rows", b.Rows)
		}
		for i, want := range rows {
			if diff := cmp.Diff(want, b.Row(i, nil), cmp.AllowUnexported(Value{})); diff != "" {
				t.Fatalf("row %d: %s", i, diff)
			}
		}
		b.Reset()
		for _, r := range rows {
			b.AppendRow(r...)
		}
	}
	if b.Column("t") != &b.Columns[3] || b.Column("x") != nil {
		t.Error("Column finds the wrong one")
	}
}

func TestADigestIsOfTheRowsInAnyOrder(t *testing.T) {
	rows := sampleRows(100)
	digest := func(parts ...[][]Value) string {
		var all Digest
		for _, part := range parts {
			var d Digest
			d.Add(batchOf(part), len(everyKind))
			all.Merge(&d)
		}
		return all.String()
	}
	whole := digest(rows)
	if got := digest(rows[60:], rows[:10], rows[10:60]); got != whole {
		t.Errorf("parts in another order: %s, want %s", got, whole)
	}
	changed := sampleRows(100)
	changed[50][1] = NewInt(51)
	for name, other := range map[string]string{
		"a row less":        digest(rows[1:]),
		"a row twice":       digest(rows, rows[:1]),
		"one value changed": digest(changed),
		"no rows":           digest(),
	} {
		if other == whole {
			t.Errorf("%s: the same digest", name)
		}
	}
	// The order and bounds of values count: ("ab", "") is not ("a", "b").
	texts := []Field{{Name: "x", Kind: Text}, {Name: "y", Kind: Text}}
	one, two := NewBatch(texts, 1), NewBatch(texts, 1)
	one.AppendRow(NewText("ab"), NewText(""))
	two.AppendRow(NewText("a"), NewText("b"))
	var d1, d2 Digest
	d1.Add(one, 2)
	d2.Add(two, 2)
	if d1.String() == d2.String() {
		t.Error("two texts run into each other")
	}
}

// TestNumbersOfAColumnAreInTheirUnit: of each kind, as the same value is by itself.
func TestNumbersOfAColumnAreInTheirUnit(t *testing.T) {
	wide, err := ParseValue(WideDecimal, 2, "12345678901234567890.25")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []struct {
		value Value
		scale int
		real  float64
	}{
		{NewInt(-3), 0, -3}, {NewDouble(0.5), 0, 0.5}, {NewBool(true), 0, 1}, {NewIntegral(Decimal, -1005), 3, -1.005}, {NewIntegral(Duration, 1500), 3, 1.5}, {wide, 2, 12345678901234567890.25},
	} {
		c := NewColumn(want.value.Kind(), 1)
		c.Append(want.value)
		if got := c.Real(0, want.scale); got != want.real || want.value.Kind() != Bool && got != want.value.Real(want.scale) {
			t.Errorf("%v: %v, want %v", want.value, got, want.real)
		}
	}
}
