package sqlitestore

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"goldserve/gold"
)

// The labels of bins are parameters of the statement, before and after those of other conditions.
func TestConditionsOnBins(t *testing.T) {
	s := newStore(t)
	l := mustAcquire(t, s, "shop")
	d := sales("sales")
	v := mustLoad(t, s, l, d, "1", saleRows(&d, 0, 1000)) // prices 0.00 to 9.99
	bins := []gold.Group{{Field: "price", Bins: []float64{0.1, 0.5, 9}, As: "bin"}}
	text := func(texts ...string) (values []gold.Value) {
		for _, s := range texts {
			values = append(values, gold.NewText(s))
		}
		return values
	}
	many := gold.Predicate{Field: "n", Op: gold.Gte, Values: []gold.Value{gold.NewInt(40)}}
	for _, c := range []struct {
		name   string
		having []gold.Predicate
		want   [][]string
	}{
		{"none", nil, [][]string{{"<0.1", "10"}, {"[0.1,0.5)", "40"}, {"[0.5,9)", "850"}, {">=9", "100"}}},
		{"a list", []gold.Predicate{{Field: "bin", Op: gold.In, Values: text(">=9", "<0.1")}, many}, [][]string{{">=9", "100"}}},
		{"two conditions", []gold.Predicate{many, {Field: "bin", Op: gold.Contains, Values: text("0.5")}, {Field: "bin", Op: gold.Ne, Values: text("[0.5,9)")}}, [][]string{{"[0.1,0.5)", "40"}}},
		{"an empty list", []gold.Predicate{{Field: "bin", Op: gold.In}, many}, nil},
		{"not in an empty list", []gold.Predicate{{Field: "bin", Op: gold.NotIn}, many}, [][]string{{"[0.1,0.5)", "40"}, {"[0.5,9)", "850"}, {">=9", "100"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := gold.Aggregation{Version: &v, Group: bins, Measures: []gold.Measure{{As: "n"}}, Having: c.having, Limit: 9}
			rows, err := s.Aggregate(t.Context(), a)
			if diff := cmp.Diff(c.want, cells(t, rows, err)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// SQLite's own sum fails, or not, by the order of the rows; only the sum itself counts here.
func TestSumsOfIntegersAreExact(t *testing.T) {
	s := newStore(t)
	l := mustAcquire(t, s, "shop")
	d := gold.Dataset{Model: "shop", Name: "numbers", Key: []string{"id"}, Fields: []gold.Field{{Name: "id", Kind: gold.Int}, {Name: "group", Kind: gold.Text}, {Name: "n", Kind: gold.Int}}}
	b := gold.NewBatch(d.Stored(), 0)
	const top, bottom = 1<<63 - 1, -1 << 63
	for group, numbers := range map[string][]int64{"largest": {top, top, -top}, "smallest": {bottom, 5, -5}, "beyond": {top, 1}, "below": {bottom, bottom, top}, "minus one": {bottom, top}} {
		for _, n := range numbers {
			b.AppendRow(gold.NewInt(int64(b.Rows)), gold.NewText(group), gold.NewInt(n))
		}
	}
	v := mustLoad(t, s, l, d, "1", b)
	for group, want := range map[string]string{"largest": "9223372036854775807", "smallest": "-9223372036854775808", "minus one": "-1", "none": "0", "beyond": "", "below": ""} {
		t.Run(group, func(t *testing.T) {
			rows, err := s.Aggregate(t.Context(), gold.Aggregation{
				Version: &v, Measures: []gold.Measure{{Func: gold.Sum, Field: "n"}},
				Where: []gold.Predicate{{Field: "group", Op: gold.Eq, Values: []gold.Value{gold.NewText(group)}}},
			})
			if want == "" {
				wantError(t, err, gold.Invalid, gold.CodeIntegerOverflow)
				return
			}
			if got := cells(t, rows, err); got[0][0] != want {
				t.Errorf("got %s, expected %s", got[0][0], want)
			}
		})
	}
}
