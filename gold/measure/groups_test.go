package measure

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"goldserve/gold"
	"goldserve/gold/storetest"
)

var testFields = []gold.Field{
	{Name: "id", Kind: gold.Int},
	{Name: "n", Kind: gold.Int, Nullable: true},
	{Name: "x", Kind: gold.Double, Nullable: true},
	{Name: "dec", Kind: gold.Decimal, Scale: 2, Nullable: true},
	{Name: "text", Kind: gold.Text, Nullable: true},
	{Name: "day", Kind: gold.Date, Nullable: true},
	{Name: "at", Kind: gold.Time, Nullable: true},
	{Name: "yes", Kind: gold.Bool, Nullable: true},
}

var testTexts = []string{"", "a", "b", "ab", "\x00", "a\x00", "é", "ÉTÉ", "été", "Straße", "K", "k", "K", strings.Repeat("long", 20)}

func randomRow(r *rand.Rand, id int) []gold.Value {
	row := []gold.Value{
		gold.NewInt(int64(id)),
		gold.NewInt(int64(r.IntN(7) - 3)),
		gold.NewDouble(math.Round(r.NormFloat64()*2000) / 100),
		gold.NewDecimal(int64(r.IntN(2000) - 500)),
		gold.NewText(testTexts[r.IntN(len(testTexts))]),
		gold.NewDate(int64(r.IntN(800) - 400)),
		gold.NewTime(int64(r.IntN(800)-400)*gold.MillisPerDay/3 + int64(r.IntN(3)) - 1),
		gold.NewBool(r.IntN(2) == 0),
	}
	for i := 1; i < len(row); i++ {
		if r.IntN(8) == 0 {
			row[i] = gold.Value{}
		}
	}
	return row
}

func randomTable(r *rand.Rand, id string, n int) storetest.Table {
	v := &gold.Version{ID: id, Dataset: gold.Dataset{Name: "table", Fields: testFields, Key: []string{"id"}}}
	t := storetest.Table{Version: v}
	for i := range n {
		t.Rows = append(t.Rows, randomRow(r, i))
	}
	return t
}

func batchOf(fields []gold.Field, rows [][]gold.Value) *gold.Batch {
	b := gold.NewBatch(fields, len(rows))
	for _, row := range rows {
		b.AppendRow(row...)
	}
	return b
}

func everyMeasure() []gold.Measure {
	measures := []gold.Measure{{Func: gold.Count}}
	for _, f := range testFields {
		for _, fn := range []gold.Func{gold.CountDistinct, gold.Sum, gold.Min, gold.Max, gold.Avg, gold.Median} {
			if m := (gold.Measure{Func: fn, Field: f.Name}); CheckMeasure(testFields, m) == nil {
				measures = append(measures, m)
			}
		}
	}
	return measures
}

var everyGroup = []gold.Group{
	{Field: "n"},
	{Field: "x"},
	{Field: "dec"},
	{Field: "text"},
	{Field: "day"},
	{Field: "at"},
	{Field: "yes"},
	{Field: "day", Grain: gold.Day},
	{Field: "day", Grain: gold.Week},
	{Field: "at", Grain: gold.Month},
	{Field: "at", Grain: gold.Year},
	{Field: "x", Bins: []float64{-20, -0.5, 0, 15.25}},
	{Field: "dec", Bins: []float64{0, 1.5}},
	{Field: "n", Bins: []float64{0}},
}

// groupsOf aggregates rows as several goroutines do: each its own batches in its own order, merged at the end.
func groupsOf(t *testing.T, r *rand.Rand, a gold.Aggregation, rows [][]gold.Value) *Groups {
	t.Helper()
	rows = slices.Clone(rows)
	r.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
	parts := make([]*Groups, 1+r.IntN(3))
	for i := range parts {
		var err error
		if parts[i], err = NewGroups(testFields, a.Group, a.Measures, 0); err != nil {
			t.Fatal(err)
		}
	}
	for len(rows) > 0 {
		n := 1 + r.IntN(len(rows))
		part := parts[r.IntN(len(parts))]
		if err := addSomehow(r, part, rows[:n]); err != nil {
			t.Fatal(err)
		}
		if r.IntN(3) == 0 { // asking in between changes nothing
			if _, err := part.Batch(nil, 1); err != nil {
				t.Fatal(err)
			}
		}
		rows = rows[n:]
	}
	for _, part := range parts[1:] {
		if err := parts[0].Merge(part); err != nil {
			t.Fatal(err)
		}
	}
	return parts[0]
}

// addSomehow adds rows as a whole batch, as chosen rows of a larger one, or with the columns in another order.
func addSomehow(r *rand.Rand, g *Groups, rows [][]gold.Value) error {
	switch r.IntN(3) {
	case 0:
		return g.Add(batchOf(testFields, rows))
	case 1:
		padded := gold.NewBatch(testFields, 2*len(rows))
		var chosen []int32
		for _, row := range rows {
			for range r.IntN(3) {
				padded.AppendRow(randomRow(r, -1)...)
			}
			chosen = append(chosen, int32(padded.Rows))
			padded.AppendRow(row...)
		}
		return g.add(padded, len(chosen), chosen)
	default:
		b := batchOf(testFields, rows)
		b.Fields = slices.Clone(b.Fields)
		slices.Reverse(b.Fields)
		slices.Reverse(b.Columns)
		return g.Add(b)
	}
}

func TestGroupsEqualTheNaiveEvaluation(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 9))
	measures := everyMeasure()
	for round := range 150 {
		table := randomTable(r, "v1", r.IntN(120))
		a := gold.Aggregation{Version: table.Version}
		for range r.IntN(4) {
			g := everyGroup[r.IntN(len(everyGroup))]
			g.As = fmt.Sprint("g", len(a.Group))
			a.Group = append(a.Group, g)
		}
		for _, i := range r.Perm(len(measures))[:1+r.IntN(len(measures))] {
			a.Measures = append(a.Measures, measures[i])
		}
		for range r.IntN(3) {
			names := a.OutFields()
			a.Sort = append(a.Sort, gold.Sort{Field: names[r.IntN(len(names))].Name, Desc: r.IntN(2) == 0})
		}
		a.Limit = int64(r.IntN(5) * r.IntN(10))
		want, err := storetest.Aggregate(a, table)
		if err != nil {
			t.Fatal(err)
		}
		groups := groupsOf(t, r, a, table.Rows)
		b, err := groups.Batch(a.Sort, a.Limit)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, rowsOf(b), cmpValues); diff != "" {
			t.Fatalf("round %d, %+v (-naive +groups):\n%s", round, a, diff)
		}
		if diff := cmp.Diff(a.OutFields(), b.Fields); diff != "" {
			t.Fatal(diff)
		}
	}
}

func TestTotalsEqualTheNaiveEvaluation(t *testing.T) {
	r := rand.New(rand.NewPCG(10, 11))
	for range 40 {
		table := randomTable(r, "v1", r.IntN(60))
		measures := everyMeasure()
		want, err := storetest.Aggregate(gold.Aggregation{Version: table.Version, Measures: measures}, table)
		if err != nil {
			t.Fatal(err)
		}
		var totals [2]*Totals
		middle := r.IntN(len(table.Rows) + 1)
		for i, rows := range [][][]gold.Value{table.Rows[middle:], table.Rows[:middle]} {
			if totals[i], err = NewTotals(testFields, measures, 0); err != nil {
				t.Fatal(err)
			}
			if err := totals[i].Add(batchOf(testFields, rows)); err != nil {
				t.Fatal(err)
			}
		}
		if err := totals[0].Merge(totals[1]); err != nil {
			t.Fatal(err)
		}
		got, err := totals[0].Values()
		if err != nil {
			t.Fatal(err)
		}
		for i, m := range measures {
			if v := got[m.String()]; v != want[0][i] && (v.Kind() != gold.Decimal || gold.Compare(v, want[0][i]) != 0) {
				t.Errorf("%s of %d rows: got %s, want %s", m, len(table.Rows), got[m.String()], want[0][i])
			}
		}
	}
}

// Decimals are recorded as they have always been; a sum beyond them has more digits.
func TestTotalsOfDecimals(t *testing.T) {
	fields := []gold.Field{{Name: "d", Kind: gold.Decimal, Scale: 2}}
	sum := gold.Measure{Func: gold.Sum, Field: "d"}
	totals, err := NewTotals(fields, []gold.Measure{sum}, 0)
	if err != nil {
		t.Fatal(err)
	}
	wide, ok := gold.ParseInt128("9999999999999999990")
	if !ok {
		t.Fatal("no number")
	}
	for i, want := range []gold.Value{gold.NewDecimal(8999999999999999991), gold.NewWideDecimal(wide)} {
		for range 9 - 8*i {
			if err := totals.Add(batchOf(fields, [][]gold.Value{{gold.NewDecimal(999999999999999999)}})); err != nil {
				t.Fatal(err)
			}
		}
		values, err := totals.Values()
		if err != nil {
			t.Fatal(err)
		}
		if got := values[sum.String()]; got != want {
			t.Errorf("got %s (%s), want %s (%s)", got, got.Kind(), want, want.Kind())
		}
	}
}

func TestTotalsOverNoRows(t *testing.T) {
	totals, err := NewTotals(testFields, everyMeasure(), 0)
	if err != nil {
		t.Fatal(err)
	}
	values, err := totals.Values()
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]gold.Value{
		"count()": gold.NewInt(0), "count_distinct(text)": gold.NewInt(0), "sum(n)": gold.NewInt(0),
		"sum(x)": gold.NewDouble(0), "sum(dec)": gold.NewDecimal(0),
		"min(text)": {}, "max(at)": {}, "avg(n)": {}, "median(x)": {},
	} {
		if got, ok := values[text]; !ok || got != want {
			t.Errorf("%s: got %s (%s), want %s (%s)", text, got, got.Kind(), want, want.Kind())
		}
	}
}

func TestBothZerosAreOne(t *testing.T) {
	fields := []gold.Field{{Name: "x", Kind: gold.Double}}
	g, err := NewGroups(fields, []gold.Group{{Field: "x"}}, []gold.Measure{{Func: gold.CountDistinct, Field: "x"}}, 0)
	if err != nil {
		t.Fatal(err)
	}
	b := &gold.Batch{Fields: fields, Rows: 2, Columns: []gold.Column{{Kind: gold.Double, Floats: []float64{math.Copysign(0, -1), 0}}}}
	if err := g.Add(b); err != nil {
		t.Fatal(err)
	}
	got, err := g.Batch(nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([][]gold.Value{{gold.NewDouble(0), gold.NewInt(1)}}, rowsOf(got), cmpValues); diff != "" {
		t.Error(diff)
	}
}

func TestGroupsByHand(t *testing.T) {
	fields := []gold.Field{{Name: "at", Kind: gold.Time}, {Name: "amount", Kind: gold.Double}}
	by := []gold.Group{{Field: "at", Grain: gold.Week, As: "week"}}
	measures := []gold.Measure{{Func: gold.Sum, Field: "amount", As: "revenue"}, {Func: gold.Count, As: "sales"}}
	g, err := NewGroups(fields, by, measures, 0)
	if err != nil {
		t.Fatal(err)
	}
	b := gold.NewBatch(fields, 4)
	for _, row := range []struct {
		at     string
		amount float64
	}{{"2011-12-05T00:00:00Z", 0.1}, {"2011-12-11T23:59:59.999Z", 0.2}, {"2011-12-12", 5}, {"2011-12-04T23:59:59Z", 1}, {"2011-12-08", 0.3}} {
		at, err := gold.ParseValue(gold.Time, 0, row.at)
		if err != nil {
			t.Fatal(err)
		}
		b.AppendRow(at, gold.NewDouble(row.amount))
	}
	if err := g.Add(b); err != nil {
		t.Fatal(err)
	}
	got, err := g.Batch([]gold.Sort{{Field: "revenue", Desc: true}}, 2)
	if err != nil {
		t.Fatal(err)
	}
	want := [][]gold.Value{
		{gold.NewText("2011-12-12"), gold.NewDouble(5), gold.NewInt(1)},
		{gold.NewText("2011-11-28"), gold.NewDouble(1), gold.NewInt(1)},
	}
	if diff := cmp.Diff(want, rowsOf(got), cmpValues); diff != "" {
		t.Error(diff)
	}
	all, err := g.Batch(nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]gold.Value{gold.NewText("2011-12-05"), gold.NewDouble(0.6), gold.NewInt(3)}, all.Row(1, nil), cmpValues); diff != "" {
		t.Error(diff)
	}
}

func TestIntegerOverflow(t *testing.T) {
	fields := []gold.Field{{Name: "n", Kind: gold.Int}}
	sum, avg := gold.Measure{Func: gold.Sum, Field: "n"}, gold.Measure{Func: gold.Avg, Field: "n"}
	median := gold.Measure{Func: gold.Median, Field: "n"}
	for _, tt := range []struct {
		name   string
		values []int64
		sum    int64
		over   bool
		avg    float64
	}{
		{"on the way, and back", []int64{math.MaxInt64, math.MaxInt64, math.MinInt64, math.MinInt64, 9}, 7, false, 7.0 / 5},
		{"at the end", []int64{math.MaxInt64, 1}, 0, true, 0x1p62},
		{"below", []int64{math.MinInt64, -1}, 0, true, -0x1p62},
		{"the smallest of all", []int64{math.MinInt64, 0}, math.MinInt64, false, -0x1p62},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := gold.NewBatch(fields, 5)
			for _, v := range tt.values {
				b.AppendRow(gold.NewInt(v))
			}
			averages, err := NewTotals(fields, []gold.Measure{avg, median}, 0)
			if err != nil {
				t.Fatal(err)
			}
			if err := averages.Add(b); err != nil {
				t.Fatal(err)
			}
			values, err := averages.Values()
			if err != nil || values[avg.String()] != gold.NewDouble(tt.avg) {
				t.Errorf("avg: got %s, %v, want %v", values[avg.String()], err, tt.avg)
			}
			sums, err := NewTotals(fields, []gold.Measure{sum}, 0)
			if err != nil {
				t.Fatal(err)
			}
			if err := sums.Add(b); err != nil {
				t.Fatal(err)
			}
			values, err = sums.Values()
			if tt.over {
				if gold.KindOf(err) != gold.Invalid || gold.CodeOf(err) != gold.CodeIntegerOverflow {
					t.Errorf("got %v, want integer_overflow", err)
				}
				return
			}
			if err != nil || values["sum(n)"] != gold.NewInt(tt.sum) {
				t.Errorf("got %s, %v, want %d", values["sum(n)"], err, tt.sum)
			}
		})
	}
}

func TestMemoryIsBounded(t *testing.T) {
	fields := []gold.Field{{Name: "n", Kind: gold.Int}, {Name: "text", Kind: gold.Text}}
	fill := func(g interface{ Add(*gold.Batch) error }, rows int) error {
		b := gold.NewBatch(fields, 1000)
		for i := range rows {
			b.AppendRow(gold.NewInt(int64(i)), gold.NewText(fmt.Sprint("text ", i)))
			if b.Rows == 1000 {
				if err := g.Add(b); err != nil {
					return err
				}
				b.Reset()
			}
		}
		return nil
	}
	for _, tt := range []struct {
		measure gold.Measure
		by      []gold.Group
		names   string
	}{
		{gold.Measure{Func: gold.CountDistinct, Field: "n"}, nil, "count_distinct(n)"},
		{gold.Measure{Func: gold.CountDistinct, Field: "text"}, nil, "count_distinct(text)"},
		{gold.Measure{Func: gold.Median, Field: "n"}, nil, "median(n)"},
		{gold.Measure{Func: gold.Count}, []gold.Group{{Field: "text"}}, "group by text"},
		{gold.Measure{Func: gold.Count}, []gold.Group{{Field: "n"}}, "group by n"},
	} {
		t.Run(tt.names, func(t *testing.T) {
			g, err := NewGroups(fields, tt.by, []gold.Measure{tt.measure}, 1<<20)
			if err != nil {
				t.Fatal(err)
			}
			if err := fill(g, 3000); err != nil {
				t.Fatalf("3,000 rows: %v", err)
			}
			err = fill(g, 300_000)
			if gold.KindOf(err) != gold.Invalid || gold.CodeOf(err) != gold.CodeMemoryLimit {
				t.Fatalf("300,000 rows: got %v, want memory_limit", err)
			}
			for _, word := range []string{tt.names, "1 MiB", "MiB of memory"} {
				if !strings.Contains(err.Error(), word) {
					t.Errorf("%q doesn't say %q", err, word)
				}
			}
		})
	}
}

func TestMeasuresAndGroupsThatCannotBe(t *testing.T) {
	for _, tt := range []struct {
		name string
		err  error
		says string
	}{
		{"the sum of a text", CheckMeasure(testFields, gold.Measure{Func: gold.Sum, Field: "text"}), "sum(text): a text field"},
		{"the median of a date", CheckMeasure(testFields, gold.Measure{Func: gold.Median, Field: "day"}), "median(day): a date field"},
		{"an unknown field", CheckMeasure(testFields, gold.Measure{Func: gold.Min, Field: "txet"}), "no field txet"},
		{"a near field", CheckMeasure(testFields, gold.Measure{Func: gold.Min, Field: "tex"}), "did you mean text?"},
		{"count of a field", CheckMeasure(testFields, gold.Measure{Func: gold.Count, Field: "n"}), "takes no field"},
		{"the month of a text", CheckGroup(testFields, gold.Group{Field: "text", Grain: gold.Month}), "a text field has no month"},
		{"bins of a bool", CheckGroup(testFields, gold.Group{Field: "yes", Bins: []float64{0}}), "a bool field has no bins"},
		{"bins out of order", CheckGroup(testFields, gold.Group{Field: "n", Bins: []float64{1, 1}}), "ascending"},
		{"endless bins", CheckGroup(testFields, gold.Group{Field: "n", Bins: []float64{math.Inf(1)}}), "finite"},
		{"bins of a grain", CheckGroup(testFields, gold.Group{Field: "day", Grain: gold.Day, Bins: []float64{1}}), "not both"},
	} {
		if tt.err == nil || gold.KindOf(tt.err) != gold.Invalid || !strings.Contains(tt.err.Error(), tt.says) {
			t.Errorf("%s: got %v, want an Invalid error that says %q", tt.name, tt.err, tt.says)
		}
	}
	if _, err := NewGroups(testFields, []gold.Group{{Field: "n", Join: &gold.Join{}}}, nil, 0); gold.KindOf(err) != gold.Internal {
		t.Errorf("a looked-up field: got %v", err)
	}
	g, err := NewGroups(testFields, []gold.Group{{Field: "n"}}, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.Batch([]gold.Sort{{Field: "x"}}, 0); gold.KindOf(err) != gold.Invalid {
		t.Errorf("a sort by no column: got %v", err)
	}
	if err := g.Add(batchOf(testFields[:1], [][]gold.Value{{gold.NewInt(1)}})); err == nil || gold.KindOf(err) != gold.Internal {
		t.Errorf("a batch without the field: got %v", err)
	}
}

func benchmarkBatch(rows int) *gold.Batch {
	fields := []gold.Field{
		{Name: "client", Kind: gold.Int},
		{Name: "at", Kind: gold.Time},
		{Name: "amount", Kind: gold.Double},
		{Name: "country", Kind: gold.Text},
	}
	r := rand.New(rand.NewPCG(5, 6))
	b := gold.NewBatch(fields, rows)
	for i, amount := range money(rows) {
		b.AppendRow(gold.NewInt(int64(r.IntN(6000))), gold.NewTime(int64(r.IntN(365*24*60))*60_000),
			gold.NewDouble(amount), gold.NewText(fmt.Sprint("country ", i*i%37)))
	}
	return b
}

func BenchmarkGroups(b *testing.B) {
	batch := benchmarkBatch(4096)
	sum := gold.Measure{Func: gold.Sum, Field: "amount"}
	for _, bm := range []struct {
		name     string
		by       []gold.Group
		measures []gold.Measure
	}{
		{"totals", nil, []gold.Measure{{Func: gold.Count}, sum, {Func: gold.CountDistinct, Field: "client"}}},
		{"country", []gold.Group{{Field: "country"}}, []gold.Measure{sum}},
		{"day", []gold.Group{{Field: "at", Grain: gold.Day}}, []gold.Measure{sum, {Func: gold.Count}}},
		{"month of country", []gold.Group{{Field: "at", Grain: gold.Month}, {Field: "country"}}, []gold.Measure{sum}},
	} {
		b.Run(bm.name, func(b *testing.B) {
			g, err := NewGroups(batch.Fields, bm.by, bm.measures, 0)
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if err := g.Add(batch); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)*float64(batch.Rows)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}
