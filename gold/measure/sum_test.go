package measure

import (
	"encoding/binary"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

// exactSum is the oracle: every double in a number wide enough to hold all of them exactly.
func exactSum(values []float64) float64 {
	sum := new(big.Float).SetPrec(2400)
	for _, v := range values {
		sum.Add(sum, new(big.Float).SetFloat64(v))
	}
	v, _ := sum.Float64()
	return v
}

func sumOf(values []float64) float64 {
	var s Sum
	for _, v := range values {
		s.Add(v)
	}
	return s.Value()
}

func TestSumKnownCases(t *testing.T) {
	big308, tiny := 1e308, math.SmallestNonzeroFloat64
	for _, tt := range []struct {
		name   string
		values []float64
		want   float64
	}{
		{"no values", nil, 0},
		{"ten tenths are one", []float64{.1, .1, .1, .1, .1, .1, .1, .1, .1, .1}, 1},
		{"what cancels leaves the rest", []float64{1e100, 1, -1e100}, 1},
		{"zero is never negative", []float64{math.Copysign(0, -1), -1, 1}, 0},
		{"an overflow on the way", []float64{big308, big308, -big308}, big308},
		{"an overflow at the end", []float64{big308, big308}, math.Inf(1)},
		{"a negative overflow", []float64{-big308, -big308}, math.Inf(-1)},
		{"half to even, down", []float64{1, 0x1p-53}, 1},
		{"just above half", []float64{1, 0x1p-53, tiny}, 1 + 0x1p-52},
		{"just below half, with a borrow", []float64{1 + 0x1p-52, 0x1p-53, -tiny}, 1 + 0x1p-52},
		{"half to even, up", []float64{1 + 0x1p-52, 0x1p-53}, 1 + 0x1p-51},
		{"the largest double, rounded up", []float64{math.MaxFloat64, 0x1p970}, math.Inf(1)},
		{"the largest double, kept", []float64{math.MaxFloat64, 0x1p970, -tiny}, math.MaxFloat64},
		{"subnormals", []float64{tiny, tiny, -3 * tiny}, -tiny},
		{"subnormals become normal", []float64{0x1p-1023, 0x1p-1023}, 0x1p-1022},
		{"infinity", []float64{1, math.Inf(1), -big308}, math.Inf(1)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := sumOf(tt.values); math.Float64bits(got) != math.Float64bits(tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
			var s Sum
			s.AddSlice(tt.values)
			if got := s.Value(); math.Float64bits(got) != math.Float64bits(tt.want) {
				t.Errorf("AddSlice: got %v, want %v", got, tt.want)
			}
		})
	}
	if got := sumOf([]float64{math.Inf(1), math.Inf(-1)}); !math.IsNaN(got) {
		t.Errorf("both infinities: got %v, want NaN", got)
	}
}

// checkSum holds what Sum promises: the exact sum, in any order, however it is split and merged.
func checkSum(t *testing.T, r *rand.Rand, values []float64) {
	t.Helper()
	want := math.Float64bits(exactSum(values))
	check := func(how string, s *Sum) {
		t.Helper()
		if got := math.Float64bits(s.Value()); got != want {
			t.Fatalf("%s of %d values: got %v, want %v", how, len(values), s.Value(), math.Float64frombits(want))
		}
	}
	for range 3 {
		var one, slice, parts Sum
		for _, v := range values {
			one.Add(v)
		}
		check("Add", &one)
		slice.AddSlice(values)
		check("AddSlice", &slice)
		for rest := values; len(rest) > 0; {
			n := 1 + r.IntN(len(rest))
			var part Sum
			if r.IntN(2) == 0 {
				part.AddSlice(rest[:n])
			} else {
				for _, v := range rest[:n] {
					part.Add(v)
				}
			}
			if r.IntN(2) == 0 {
				parts, part = part, parts
			}
			parts.Merge(&part)
			rest = rest[n:]
		}
		check("Merge", &parts)
		check("Value, asked again", &parts)
		r.Shuffle(len(values), func(i, j int) { values[i], values[j] = values[j], values[i] })
	}
}

func TestSumIsExactInAnyOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 1500 {
		values := make([]float64, r.IntN(60))
		spread := 1 + r.IntN(2000)
		for i := range values {
			switch r.IntN(4) {
			case 0: // money
				values[i] = float64(r.IntN(1_000_000)) / 100
			case 1: // cancels something
				if i > 0 {
					values[i] = -values[r.IntN(i)]
				}
			default: // any exponent of a window
				exponent := max(-1074, min(970, -1074+r.IntN(spread)))
				values[i] = math.Ldexp(r.Float64()*2-1, exponent)
			}
		}
		checkSum(t, r, values)
	}
}

func TestSumOfManyEqualValuesCarries(t *testing.T) {
	most := math.Nextafter(4, 0) // adds the most to one digit
	for _, v := range []float64{most, -most, math.MaxFloat64 / (1 << 20), -math.MaxFloat64 / (1 << 20), 0.1, -0.1, math.SmallestNonzeroFloat64} {
		const n = 100_000
		values := make([]float64, n)
		for i := range values {
			values[i] = v
		}
		want := exactSum(values)
		var s Sum
		for _, v := range values {
			s.Add(v)
		}
		s.AddSlice(values)
		s.AddSlice(make([]float64, 1))
		for range 3 {
			s.AddSlice(values[:n/2])
			var minus Sum
			for range n / 2 {
				minus.Add(-v)
			}
			s.Merge(&minus)
		}
		var back Sum
		for range n {
			back.Add(-v)
		}
		s.Merge(&back)
		if got := s.Value(); got != want {
			t.Errorf("%d times %v: got %v, want %v", n, v, got, want)
		}
	}
}

func TestMeanIsFiniteWhereTheSumIsNot(t *testing.T) {
	var s Sum
	s.AddSlice([]float64{1.5e308, 1.5e308, 1.2e308})
	if got, want := s.Mean(3), 1.4e308; math.Abs(got/want-1) > 1e-15 {
		t.Errorf("got %v, want %v", got, want)
	}
	var small Sum
	small.AddSlice([]float64{1, 2, 4})
	if got, want := small.Mean(3), 7.0/3; got != want {
		t.Errorf("got %v, want %v", got, want)
	}
}

func FuzzSum(f *testing.F) {
	f.Add([]byte{0, 0, 0, 0, 0, 0, 0xf0, 0x3f, 1, 0, 0, 0, 0, 0, 0, 0}, uint64(1))
	f.Fuzz(func(t *testing.T, data []byte, seed uint64) {
		var values []float64
		for ; len(data) >= 8; data = data[8:] {
			v := math.Float64frombits(binary.LittleEndian.Uint64(data))
			if !math.IsInf(v, 0) && !math.IsNaN(v) {
				values = append(values, v)
			}
		}
		checkSum(t, rand.New(rand.NewPCG(seed, 0)), values)
	})
}

func TestWideEqualsBigInt(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	edges := []int64{math.MaxInt64, math.MinInt64, 0, 1, -1, 1 << 53, 1<<53 + 1, -(1<<53 + 1)}
	for range 20_000 {
		w := wide{high: int64(r.Uint64()) >> r.IntN(64), low: 1<<r.IntN(64) + 1<<r.IntN(64) + uint64(r.IntN(2))}
		if r.IntN(2) == 0 {
			w = wide{}
		}
		want := new(big.Int).Lsh(big.NewInt(w.high), 64)
		want.Add(want, new(big.Int).SetUint64(w.low))
		for range 1 + r.IntN(6) {
			v := int64(r.Uint64()) >> r.IntN(64)
			if r.IntN(3) == 0 {
				v = edges[r.IntN(len(edges))]
			}
			w.add(v)
			want.Add(want, big.NewInt(v))
		}
		got, ok := w.int64()
		if ok != want.IsInt64() || ok && got != want.Int64() {
			t.Fatalf("got %d, %v, want %s", got, ok, want)
		}
		if wantFloat, _ := new(big.Float).SetInt(want).Float64(); w.float64() != wantFloat {
			t.Fatalf("got %v, want %v", w.float64(), wantFloat)
		}
	}
}

func money(n int) []float64 {
	r := rand.New(rand.NewPCG(5, 6))
	values := make([]float64, n)
	for i := range values {
		values[i] = math.Round(math.Exp(r.NormFloat64()*1.5+3)*100) / 100
	}
	return values
}

func BenchmarkSum(b *testing.B) {
	values := money(4096)
	b.Run("AddSlice", func(b *testing.B) {
		for b.Loop() {
			var s Sum
			s.AddSlice(values)
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(values)), "ns/value")
	})
	b.Run("Add", func(b *testing.B) {
		for b.Loop() {
			var s Sum
			for _, v := range values {
				s.Add(v)
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(values)), "ns/value")
	})
}
