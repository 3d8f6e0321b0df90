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

// TestGrowthOfPeriods compares with the period before; what lies before is counted on a calendar by hand.
func TestGrowthOfPeriods(t *testing.T) {
	text := gold.NewText
	day := func(s string) gold.Value {
		v, err := gold.ParseValue(gold.Date, 0, s)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	at := func(s string) gold.Value {
		v, err := gold.ParseValue(gold.Time, 0, s)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	paris := gold.Calendar{Timezone: "Europe/Paris"}
	for name, c := range map[string]struct {
		grain    gold.Grain
		calendar gold.Calendar
		orders   []gold.Value // in their order
		follow   []bool       // which of them follow the one before
	}{
		"whatever": {gold.GrainNone, gold.Calendar{}, []gold.Value{text("2011-01"), text("2011-06")}, []bool{false, true}},
		"months": {
			gold.Month,
			gold.Calendar{},
			[]gold.Value{text("2011-01"), text("2011-02"), text("2011-04"), text("2011-12"), text("2012-01"), text("x"), text("y")},
			[]bool{false, true, false, false, true, false, false},
		},
		"days":                    {gold.Day, gold.Calendar{}, []gold.Value{text("2012-02-28"), text("2012-02-29"), text("2012-03-01"), text("2012-03-03")}, []bool{false, true, true, false}},
		"quarters":                {gold.Quarter, gold.Calendar{}, []gold.Value{text("2011-Q3"), text("2011-Q4"), text("2012-Q1"), text("2012-Q3")}, []bool{false, true, true, false}},
		"years":                   {gold.Year, gold.Calendar{}, []gold.Value{text("2009"), text("2010"), text("2012")}, []bool{false, true, false}},
		"weeks":                   {gold.Week, gold.Calendar{}, []gold.Value{text("2009-W52"), text("2009-W53"), text("2010-W01"), text("2010-W03")}, []bool{false, true, true, false}},
		"weeks' Mondays":          {gold.Week, gold.Calendar{}, []gold.Value{text("2011-12-26"), text("2012-01-02"), text("2012-01-16")}, []bool{false, true, false}},
		"weeks' Sundays":          {gold.Week, gold.Calendar{WeekStart: 6}, []gold.Value{text("2011-12-25"), text("2012-01-01"), text("2012-01-15")}, []bool{false, true, false}},
		"ISO weeks among Sundays": {gold.Week, gold.Calendar{WeekStart: 6}, []gold.Value{text("2011-W51"), text("2011-W52"), text("2012-W02")}, []bool{false, true, false}},
		"fiscal years":            {gold.FiscalYear, gold.Calendar{FiscalYearStart: 4}, []gold.Value{text("FY2011"), text("FY2012"), text("FY2014")}, []bool{false, true, false}},
		"fiscal quarters":         {gold.FiscalQuarter, gold.Calendar{FiscalYearStart: 4}, []gold.Value{text("FY2011-Q4"), text("FY2012-Q1"), text("FY2012-Q3")}, []bool{false, true, false}},
		"dates":                   {gold.Day, gold.Calendar{}, []gold.Value{day("2011-12-31"), day("2012-01-01"), day("2012-01-03")}, []bool{false, true, false}},
		"dates of months":         {gold.Month, gold.Calendar{}, []gold.Value{day("2011-12-01"), day("2012-01-01"), day("2012-01-31"), day("2012-02-29")}, []bool{false, true, false, true}},
		"local days":              {gold.Day, paris, []gold.Value{at("2012-03-23T23:00:00Z"), at("2012-03-24T23:00:00Z"), at("2012-03-25T22:00:00Z"), at("2012-03-27T22:00:00Z")}, []bool{false, true, true, false}},
		"hours":                   {gold.Hour, paris, []gold.Value{at("2012-03-25T00:00:00Z"), at("2012-03-25T01:00:00Z"), at("2012-03-25T03:00:00Z")}, []bool{false, true, false}},
	} {
		fields := []gold.Field{{Name: "at", Kind: c.orders[0].Kind()}, {Name: "n", Kind: gold.Int}}
		rows := gold.NewBatch(fields, 0)
		for i, v := range c.orders {
			rows.AppendRow(v, gold.NewInt(int64(i+1)))
		}
		d := gold.DeriveGrowth{Order: "at", Value: "n", Grain: c.grain, Calendar: c.calendar, Named: true}
		got, err := Growth(rows, d)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var want [][]gold.Value
		for i, v := range c.orders {
			row := []gold.Value{v, gold.NewInt(int64(i + 1)), {}, {}, {}, {}}
			if c.follow[i] {
				row = []gold.Value{v, gold.NewInt(int64(i + 1)), c.orders[i-1], gold.NewInt(int64(i)), gold.NewInt(1), gold.NewDouble(1 / float64(i))}
			}
			want = append(want, row)
		}
		if diff := cmp.Diff(want, rowsOf(got), cmpValues); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if names := (&gold.Dataset{Fields: got.Fields}).FieldNames(); !cmp.Equal(names, []string{"at", "n", "prev_at", "prev_n", "growth_abs", "growth_pct"}) {
			t.Errorf("%s: fields %v", name, names)
		}
	}
}
