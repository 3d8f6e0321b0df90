package infer

import (
	"math"
	"testing"
)

func TestASketchEstimatesDistinctValues(t *testing.T) {
	for _, n := range []int{0, 1, 30, 1000, 20_000, 60_000, 300_000} {
		var a, b sketch
		for i := range n {
			for range 2 {
				a.add(mix(uint64(i) + 1))
			}
			b.add(mix(uint64(i) + 1))
		}
		a.merge(&b)
		if got := a.estimate(); math.Abs(got-float64(n)) > 4*sketchError*float64(n) || !mayReach(got, int64(n)) {
			t.Errorf("%d values are estimated as %.0f", n, got)
		}
	}
	var few sketch
	few.add(1)
	if mayReach(few.estimate(), 1000) {
		t.Error("one value may be a key of 1000 rows")
	}
}
