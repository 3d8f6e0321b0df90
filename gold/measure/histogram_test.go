package measure

import (
	"encoding/json"
	"math"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"goldserve/gold"
)

// pandasCases are what pandas.cut itself gave: see made_by in the file.
type pandasCases struct {
	Cases []struct {
		Name   string
		Values []float64
		Bins   int
		Rows   [][4]any // label, lower, upper, count
	}
}

func TestHistogramEqualsPandasCut(t *testing.T) {
	text, err := os.ReadFile("testdata/histogram.json")
	if err != nil {
		t.Fatal(err)
	}
	var golden pandasCases
	if err := json.Unmarshal(text, &golden); err != nil {
		t.Fatal(err)
	}
	if len(golden.Cases) < 36 {
		t.Fatalf("only %d cases", len(golden.Cases))
	}
	for _, tt := range golden.Cases {
		t.Run(tt.Name, func(t *testing.T) {
			b := histogramRows(t, tt.Values, tt.Bins)
			var got [][4]any
			for i := range b.Rows {
				row := b.Row(i, nil)
				got = append(got, [4]any{row[0].Text(), row[1].Double(), row[2].Double(), float64(row[3].Int())})
			}
			if diff := cmp.Diff(tt.Rows, got); diff != "" {
				t.Errorf("differs from pandas (-pandas +ours):\n%s", diff)
			}
		})
	}
}

// counted returns how many of the added values are in the range.
func counted(h *Histogram) (n int64) {
	for _, c := range h.counts {
		n += c
	}
	return n
}

// histogramRows computes a histogram as the publisher does: the range first, then the counts, in two parts.
func histogramRows(t *testing.T, values []float64, bins int) *gold.Batch {
	t.Helper()
	f := gold.Field{Name: "x", Kind: gold.Double}
	lowest, highest := gold.Measure{Func: gold.Min, Field: "x"}, gold.Measure{Func: gold.Max, Field: "x"}
	totals, err := NewTotals([]gold.Field{f}, []gold.Measure{lowest, highest}, 0)
	if err != nil {
		t.Fatal(err)
	}
	b := doubles(values)
	if err := totals.Add(b); err != nil {
		t.Fatal(err)
	}
	limits, err := totals.Values()
	if err != nil {
		t.Fatal(err)
	}
	var parts [2]*Histogram
	for i, part := range [][]float64{values[:len(values)/2], values[len(values)/2:]} {
		if parts[i], err = HistogramOf(f, limits["min(x)"], limits["max(x)"], bins); err != nil {
			t.Fatal(err)
		}
		parts[i].Add(&doubles(part).Columns[0])
	}
	parts[0].Merge(parts[1])
	if n := counted(parts[0]); n != int64(len(values)) {
		t.Errorf("%d values are in the range, want %d", n, len(values))
	}
	return parts[0].Batch()
}

func doubles(values []float64) *gold.Batch {
	b := gold.NewBatch([]gold.Field{{Name: "x", Kind: gold.Double, Nullable: true}}, len(values))
	for _, v := range values {
		b.AppendRow(gold.NewDouble(v))
	}
	return b
}

func TestHistogramWherePandasFails(t *testing.T) {
	next := math.Nextafter(1, 2)
	for _, tt := range []struct {
		name   string
		values []float64
		bins   int
		first  string // label of the first bin
		last   string
	}{
		{"a range narrower than its bins is widened", []float64{1, next, next}, 12, "(0.999, 0.9992]", "(1.0008, 1.001]"},
		{"the minimum is counted where the move of its edge is lost", []float64{1e15, 1e15 + 1}, 2, "(999999999999999.9, 1000000000000000.5]", "(1000000000000000.5, 1000000000000001.0]"},
		{"a label that overflows shows its edge", []float64{0, 1.7e308}, 2, "(-1.6999999999999999e+305, 8.5e+307]", "(8.5e+307, 1.7e+308]"},
		{"subnormals", []float64{5e-310, 9e-310}, 2, "(4.996e-310, 7e-310]", "(7e-310, 9e-310]"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := histogramRows(t, tt.values, tt.bins)
			count := int64(0)
			seen := map[string]bool{}
			for i := range b.Rows {
				count += b.Columns[3].Ints[i]
				seen[string(b.Columns[0].Text(i))] = true
			}
			if count != int64(len(tt.values)) || b.Rows != tt.bins || len(seen) != tt.bins {
				t.Errorf("%d rows, %d labels, %d values counted", b.Rows, len(seen), count)
			}
			first, last := string(b.Columns[0].Text(0)), string(b.Columns[0].Text(b.Rows-1))
			if first != tt.first || last != tt.last {
				t.Errorf("got %s to %s, want %s to %s", first, last, tt.first, tt.last)
			}
		})
	}
}

func TestHistogramOfOtherKindsAndNulls(t *testing.T) {
	f := gold.Field{Name: "x", Kind: gold.Decimal, Scale: 2, Nullable: true}
	h, err := HistogramOf(f, gold.NewDecimal(0), gold.NewDecimal(1000), 2)
	if err != nil {
		t.Fatal(err)
	}
	b := gold.NewBatch([]gold.Field{f}, 4)
	for _, v := range []gold.Value{gold.NewDecimal(0), {}, gold.NewDecimal(500), gold.NewDecimal(501), gold.NewDecimal(1000), gold.NewDecimal(1001)} {
		b.AppendRow(v)
	}
	h.Add(&b.Columns[0])
	want := [][]gold.Value{
		{gold.NewText("(-0.01, 5.0]"), gold.NewDouble(-0.01), gold.NewDouble(5), gold.NewInt(2)},
		{gold.NewText("(5.0, 10.0]"), gold.NewDouble(5), gold.NewDouble(10), gold.NewInt(2)},
	}
	if diff := cmp.Diff(want, rowsOf(h.Batch()), cmpValues); diff != "" {
		t.Error(diff)
	}
	if n := counted(h); n != 4 { // of five
		t.Errorf("%d values are in the range, want 4", n)
	}
	none, err := HistogramOf(f, gold.Value{}, gold.Value{}, 2)
	if err != nil {
		t.Fatal(err)
	}
	none.Add(&b.Columns[0])
	if n := none.Batch().Rows; n != 0 {
		t.Errorf("no values: %d rows, want none", n)
	}
}

func TestHistogramRefuses(t *testing.T) {
	for name, build := range map[string]func() (*Histogram, error){
		"no bins":           func() (*Histogram, error) { return NewHistogram(0, 1, 0) },
		"too many bins":     func() (*Histogram, error) { return NewHistogram(0, 1, maxBins+1) },
		"NaN":               func() (*Histogram, error) { return NewHistogram(math.NaN(), 1, 3) },
		"an infinite range": func() (*Histogram, error) { return NewHistogram(-1.7e308, 1.7e308, 3) },
		"a reversed range":  func() (*Histogram, error) { return NewHistogram(2, 1, 3) },
		"a range of texts": func() (*Histogram, error) {
			return HistogramOf(gold.Field{Kind: gold.Text}, gold.Value{}, gold.Value{}, 3)
		},
		"widened past range": func() (*Histogram, error) { return NewHistogram(math.MaxFloat64, math.MaxFloat64, 3) },
	} {
		if _, err := build(); err == nil || gold.KindOf(err) != gold.Invalid {
			t.Errorf("%s: got %v, want an Invalid error", name, err)
		}
	}
}

// rowsOf returns the rows of a batch.
func rowsOf(b *gold.Batch) [][]gold.Value {
	rows := make([][]gold.Value, b.Rows)
	for i := range rows {
		rows[i] = b.Row(i, nil)
	}
	return rows
}

var cmpValues = cmp.Comparer(func(a, b gold.Value) bool { return a == b })
