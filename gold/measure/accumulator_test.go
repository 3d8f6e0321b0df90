package measure

import (
	"math"
	"testing"

	"goldserve/gold"
	"goldserve/gold/storetest"
)

func TestAccumulatorOfColumnsAndChosenRows(t *testing.T) {
	table := storetest.Table{Version: &gold.Version{Dataset: gold.Dataset{Fields: testFields}}}
	null := gold.Value{}
	for i, x := range []gold.Value{gold.NewDouble(1.5e308), null, gold.NewDouble(1.5e308), gold.NewDouble(4), gold.NewDouble(-2)} {
		table.Rows = append(table.Rows, []gold.Value{gold.NewInt(int64(i)), gold.NewInt(math.MaxInt64), x, gold.NewDecimal(int64(i)), gold.NewText("t"), null, null, null})
	}
	b := batchOf(testFields, table.Rows)
	chosen, naive := []int32{0, 1, 2}, storetest.Table{Version: table.Version, Rows: append(table.Rows[:3:3], table.Rows...)}
	for _, m := range everyMeasure() {
		if m.Func == gold.Sum && m.Field == "n" {
			continue // overflows
		}
		var f gold.Field
		if m.Field != "" {
			f = *table.Version.Dataset.Field(m.Field)
		}
		one, err := NewAccumulator(m, f)
		if err != nil {
			t.Fatal(err)
		}
		other, err := NewAccumulator(m, f)
		if err != nil {
			t.Fatal(err)
		}
		one.Add(b.Column(m.Field), Selection{N: len(chosen), Rows: chosen})
		other.Add(b.Column(m.Field), Selection{N: b.Rows})
		one.Merge(other, nil)
		got, err := one.Value(0)
		if err != nil {
			t.Fatal(err)
		}
		want, err := storetest.Aggregate(gold.Aggregation{Version: table.Version, Measures: []gold.Measure{m}}, naive)
		if err != nil {
			t.Fatal(err)
		}
		if got != want[0][0] {
			t.Errorf("%s: got %s, want %s", m, got, want[0][0])
		}
		if one.Bytes() <= 0 {
			t.Errorf("%s holds %d bytes", m, one.Bytes())
		}
	}
	if _, err := NewAccumulator(gold.Measure{Func: gold.Sum, Field: "x"}, gold.Field{Name: "x", Kind: gold.Text}); err == nil {
		t.Error("the sum of a text: no error")
	}
}
