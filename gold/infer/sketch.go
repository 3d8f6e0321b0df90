package infer

import (
	"math"
	"math/bits"
)

// mix spreads the bits of a number over all of the result (the finaliser of SplitMix64, a bijection).
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

const (
	sketchBits  = 13
	sketchError = 0.0115 // the standard error of an estimate: 1.04 over the root of the number of registers
)

// sketch estimates how many different hashes were added (HyperLogLog, Flajolet et al. 2007).
type sketch struct{ registers [1 << sketchBits]uint8 }

func (s *sketch) add(hash uint64) {
	r := &s.registers[hash>>(64-sketchBits)]
	*r = max(*r, uint8(bits.LeadingZeros64(hash<<sketchBits|1<<(sketchBits-1)))+1)
}

func (s *sketch) merge(o *sketch) {
	for i, r := range o.registers {
		s.registers[i] = max(s.registers[i], r)
	}
}

// estimate returns how many different hashes there were, about.
func (s *sketch) estimate() float64 {
	const m = 1 << sketchBits
	sum, zeros := 0.0, 0
	for _, r := range s.registers {
		sum += math.Ldexp(1, -int(r))
		if r == 0 {
			zeros++
		}
	}
	raw := 0.7213 / (1 + 1.079/m) * m * m / sum
	if raw <= 2.5*m && zeros > 0 {
		return m * math.Log(float64(m)/float64(zeros)) // of few values, how many registers are empty says more
	}
	return raw
}

// mayReach reports whether an estimate does not exclude so many different values.
func mayReach(estimate float64, rows int64) bool {
	return estimate >= (1-5*sketchError)*float64(rows)
}
