package measure

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"goldserve/gold"
)

func TestGrowth(t *testing.T) {
	null := gold.Value{}
	text, double := gold.NewText, gold.NewDouble
	for _, tt := range []struct {
		name  string
		value gold.Field
		rows  [][]gold.Value
		want  [][]gold.Value
	}{
		{
			"doubles out of order",
			gold.Field{Name: "ca", Kind: gold.Double},
			[][]gold.Value{{text("2011-03"), double(15)}, {text("2011-01"), double(10)}, {text("2011-02"), double(0)}, {text("2011-06"), double(3)}},
			[][]gold.Value{
				{text("2011-01"), double(10), null, null, null},
				{text("2011-02"), double(0), double(10), double(-10), double(-1)},
				{text("2011-03"), double(15), double(0), double(15), null},
				{text("2011-06"), double(3), double(15), double(-12), double(-0.8)},
			},
		},
		{
			"nulls",
			gold.Field{Name: "ca", Kind: gold.Double, Nullable: true},
			[][]gold.Value{{text("a"), double(2)}, {text("b"), null}, {text("c"), double(-4)}, {text("d"), double(-4)}},
			[][]gold.Value{
				{text("a"), double(2), null, null, null},
				{text("b"), null, double(2), null, null},
				{text("c"), double(-4), null, null, null},
				{text("d"), double(-4), double(-4), double(0), double(0)},
			},
		},
		{
			"integers",
			gold.Field{Name: "ca", Kind: gold.Int},
			[][]gold.Value{{text("a"), gold.NewInt(4)}, {text("b"), gold.NewInt(5)}},
			[][]gold.Value{
				{text("a"), gold.NewInt(4), null, null, null},
				{text("b"), gold.NewInt(5), gold.NewInt(4), gold.NewInt(1), double(0.25)},
			},
		},
		{
			"decimals",
			gold.Field{Name: "ca", Kind: gold.Decimal, Scale: 2},
			[][]gold.Value{{text("a"), gold.NewDecimal(400)}, {text("b"), gold.NewDecimal(100)}},
			[][]gold.Value{
				{text("a"), gold.NewDecimal(400), null, null, null},
				{text("b"), gold.NewDecimal(100), gold.NewDecimal(400), gold.NewDecimal(-300), double(-0.75)},
			},
		},
		{"no rows", gold.Field{Name: "ca", Kind: gold.Double}, nil, [][]gold.Value{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			from := &gold.Dataset{Fields: []gold.Field{{Name: "mois", Kind: gold.Text}, tt.value}}
			d := gold.DeriveGrowth{Order: "mois", Value: "ca"}
			got, err := Growth(batchOf(from.Fields, tt.rows), d)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, rowsOf(got), cmpValues); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(DeriveFields(&gold.Derive{Growth: &d}, from), got.Fields); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestGrowthRefuses(t *testing.T) {
	fields := []gold.Field{{Name: "o", Kind: gold.Int}, {Name: "v", Kind: gold.Int}, {Name: "t", Kind: gold.Text}}
	for _, pair := range [][2]int64{{math.MaxInt64, -1}, {math.MinInt64, 1}, {0, math.MinInt64}, {-2, math.MaxInt64}} {
		rows := batchOf(fields, [][]gold.Value{
			{gold.NewInt(1), gold.NewInt(pair[1]), gold.NewText("")}, {gold.NewInt(2), gold.NewInt(pair[0]), gold.NewText("")},
		})
		if _, err := Growth(rows, gold.DeriveGrowth{Order: "o", Value: "v"}); gold.CodeOf(err) != gold.CodeIntegerOverflow {
			t.Errorf("%d - %d: got %v, want integer_overflow", pair[0], pair[1], err)
		}
	}
	for _, d := range []gold.DeriveGrowth{{Order: "x", Value: "v"}, {Order: "o", Value: "x"}, {Order: "o", Value: "t"}} {
		if _, err := Growth(gold.NewBatch(fields, 0), d); err == nil || gold.KindOf(err) != gold.Invalid {
			t.Errorf("%+v: got %v, want an Invalid error", d, err)
		}
	}
}
