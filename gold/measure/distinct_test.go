package measure

import (
	"math/rand/v2"
	"testing"

	"goldserve/gold"
)

// TestDistinctBelowCountsAsTheSetDoes compares bits with the set of pairs, over several groups and after a merge.
func TestDistinctBelowCountsAsTheSetDoes(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 3))
	for _, below := range []int64{1, 63, 64, 65, 1_000} {
		const groups = 7
		set, err := NewAccumulator(gold.Measure{Func: gold.CountDistinct, Field: "n"}, gold.Field{Name: "n", Kind: gold.Int})
		if err != nil {
			t.Fatal(err)
		}
		bits, other := NewDistinctBelow(below), NewDistinctBelow(below)
		for _, a := range []*Accumulator{set, bits, other} {
			a.Grow(groups)
		}
		for i := range 600 {
			c := gold.Column{Kind: gold.Int}
			c.Append(gold.NewInt(random.Int64N(below)))
			c.AppendNull()
			g := int32(random.IntN(groups))
			selection := Selection{N: 2, Groups: []int32{g, g}}
			if g == 0 && i%2 == 0 {
				selection.Groups = nil
			}
			set.Add(&c, selection)
			if i%3 == 0 {
				other.Add(&c, selection)
			} else {
				bits.Add(&c, selection)
			}
		}
		bits.Merge(other, nil)
		for g := range groups {
			want, _ := set.Value(g)
			if got, _ := bits.Value(g); got != want {
				t.Errorf("below %d: group %d has %v, the set %v", below, g, got, want)
			}
		}
	}
}
