package infer

import (
	"math"
	"testing"

	"goldserve/gold"
)

// TestSumsBeyondInt64: numbers whose sums have more than 64 bits, in all or in a group of rows, are no figures.
func TestSumsBeyondInt64(t *testing.T) {
	for _, c := range []struct {
		values [][]int64 // of each worker
		want   bool
	}{
		{[][]int64{{}}, true},
		{[][]int64{{math.MaxInt64}}, true},
		{[][]int64{{math.MinInt64}}, false}, // without its sign
		{[][]int64{{math.MaxInt64, 1}}, false},
		{[][]int64{{math.MinInt64, math.MinInt64}}, false},
		{[][]int64{{math.MaxInt64}, {-1}}, false}, // the rows above 0 alone fit, and so do those below, but more would not
		{[][]int64{{math.MaxInt64 - 5, 2}, {3}}, true},
		{[][]int64{{math.MinInt64, math.MinInt64}, {math.MinInt64, math.MaxInt64}}, false},
		{[][]int64{{1 << 62, 1 << 62, 1 << 62, 1 << 62, 1 << 62}}, false}, // equal ones, too
	} {
		var whole *profile
		for _, values := range c.values {
			column := gold.NewColumn(gold.Int, len(values))
			for _, v := range values {
				column.Append(gold.NewInt(v))
			}
			p := &profile{}
			p.add(&column, len(values))
			if whole == nil {
				whole = p
				continue
			}
			whole.merge(p)
		}
		if whole.sums() != c.want {
			t.Errorf("%v: sums %v, want %v", c.values, whole.sums(), c.want)
		}
	}
}
