package measure

import (
	"math/rand/v2"
	"testing"
)

func TestNumberSetEqualsAMap(t *testing.T) {
	type key struct {
		number int64
		group  int32
	}
	r := rand.New(rand.NewPCG(20, 21))
	for _, shift := range []int{0, 1, 32, 58} {
		var s numberSet
		want := map[key]bool{}
		for range 20_000 {
			k := key{int64(r.IntN(3000)-1000) << shift, int32(r.IntN(5))}
			if s.add(k.number, k.group) == want[k] {
				t.Fatalf("%+v: seen before: %v", k, want[k])
			}
			want[k] = true
		}
		n := 0
		for number, group := range s.all {
			if !want[key{number, group}] {
				t.Fatalf("%d of group %d was never added", number, group)
			}
			n++
		}
		if n != len(want) {
			t.Errorf("%d pairs, want %d", n, len(want))
		}
	}
}

// BenchmarkNumberSetMerge is slow by orders of magnitude where two sets have the same order of slots.
func BenchmarkNumberSetMerge(b *testing.B) {
	const n = 180_000
	var one, other numberSet
	for i := range int64(n) {
		one.add(i, 0)
		other.add(-i, 0)
	}
	for b.Loop() {
		merged := numberSet{seed: one.seed, n: one.n, numbers: append([]int64{}, one.numbers...), groups: append([]int32{}, one.groups...)}
		for number, group := range other.all {
			merged.add(number, group)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/number")
}
