package measure

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"goldserve/gold"
)

// TestSumsWithinMagnitudesHaveTheSameBits compares the fixed-point sums with the superaccumulator's, group by group.
func TestSumsWithinMagnitudesHaveTheSameBits(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 7))
	field := gold.Field{Name: "x", Kind: gold.Double, Nullable: true}
	const rounds, groups = 400, 5
	fixedRounds := 0
	for round := range rounds {
		lowest, span := random.IntN(1900)-960, random.IntN(44)
		var column gold.Column
		column.Kind = gold.Double
		var numbers []int32
		within := Magnitudes{Smallest: math.Inf(1)}
		for range 1 + random.IntN(3_000) {
			v := math.Ldexp(1+random.Float64(), lowest+random.IntN(span+1))
			if round%3 == 0 { // amounts of money
				v = float64(1+random.IntN(1_000_000)) / 100
			}
			within.Smallest, within.Largest = min(within.Smallest, v), max(within.Largest, v)
			switch {
			case random.IntN(10) == 0:
				v = 0
			case round%2 == 0 && random.IntN(2) == 0:
				v = -v
			}
			if random.IntN(20) == 0 {
				column.AppendNull()
			} else {
				column.Append(gold.NewDouble(v))
			}
			numbers = append(numbers, int32(random.IntN(groups)))
		}
		for _, f := range []gold.Func{gold.Sum, gold.Avg} {
			m := gold.Measure{Func: f, Field: "x"}
			plain, err := NewAccumulator(m, field)
			if err != nil {
				t.Fatal(err)
			}
			fixed, err := NewAccumulatorWithin(m, field, within)
			if err != nil {
				t.Fatal(err)
			}
			half, err := NewAccumulatorWithin(m, field, within)
			if err != nil {
				t.Fatal(err)
			}
			if _, ok := fixed.state.(*fixedSums); ok {
				fixedRounds++
			}
			for _, a := range []*Accumulator{plain, fixed, half} {
				a.Grow(groups)
			}
			n := column.Len()
			plain.Add(&column, Selection{N: n, Groups: numbers})
			fixed.Add(&column, Selection{N: n / 2, Groups: numbers[:n/2]})
			rest := make([]int32, 0, n)
			for i := n / 2; i < n; i++ {
				rest = append(rest, int32(i))
			}
			half.Add(&column, Selection{N: len(rest), Rows: rest, Groups: numbers[n/2:]})
			fixed.Merge(half, nil)
			for g := range groups {
				want, _ := plain.Value(g)
				if got, _ := fixed.Value(g); got != want {
					t.Fatalf("round %d: %s of group %d is %v, the superaccumulator has %v", round, f, g, got, want)
				}
			}
		}
	}
	if fixedRounds < rounds || fixedRounds == 2*rounds {
		t.Errorf("%d of %d accumulators were in fixed point", fixedRounds, 2*rounds)
	}
}

func TestFixedPointSumsCarryWhereTheirHalvesAreFull(t *testing.T) {
	within := Magnitudes{Smallest: math.Ldexp(1, -30), Largest: math.Ldexp(1.999, 10)}
	s := newFixedSums(false, within)
	s.grow(1)
	values := slices.Repeat([]float64{within.Largest, within.Largest, -within.Smallest}, s.room)
	s.add(vector{n: len(values), doubles: values})
	var want Sum
	want.AddSlice(values)
	if got, _ := s.value(0); got.Double() != want.Value() {
		t.Errorf("%v, expected %v", got, want.Value())
	}
}

func BenchmarkSumWithin(b *testing.B) {
	values, groups := make([]float64, 65_536), make([]int32, 65_536)
	for i := range values {
		values[i], groups[i] = float64(i%5_000)/100+0.01, int32(i*7%37)
	}
	column := gold.Column{Kind: gold.Double, Floats: values}
	field := gold.Field{Name: "x", Kind: gold.Double}
	for name, within := range map[string]*Magnitudes{"plain": nil, "within": {Smallest: 0.01, Largest: 100}} {
		b.Run(name, func(b *testing.B) {
			a, err := NewAccumulator(gold.Measure{Func: gold.Sum, Field: "x"}, field)
			if within != nil {
				a, err = NewAccumulatorWithin(gold.Measure{Func: gold.Sum, Field: "x"}, field, *within)
			}
			if err != nil {
				b.Fatal(err)
			}
			a.Grow(37)
			for b.Loop() {
				a.Add(&column, Selection{N: len(values), Groups: groups})
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(values)), "ns/value")
		})
	}
}
