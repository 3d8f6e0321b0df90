package measure

import "hash/maphash"

// numberSet is a set of pairs of a number and a group, of 12 bytes each and at most three quarters full. A Go map of
// the same holds twice as much memory.
type numberSet struct {
	numbers []int64
	groups  []int32 // the group plus one; 0: the slot is free
	n       int
	// Each set has its own order: pairs that come in the order of another set, as in a merge, would pile up.
	seed uint64
}

// add adds a pair and reports whether it is new. group is at most 2^31-2.
func (s *numberSet) add(number int64, group int32) bool {
	if s.n >= len(s.groups)/4*3 {
		s.grow()
	}
	i := s.slot(number, group)
	if s.groups[i] != 0 {
		return false
	}
	s.numbers[i], s.groups[i] = number, group+1
	s.n++
	return true
}

// slot returns the place of a pair, or the free one where it belongs.
func (s *numberSet) slot(number int64, group int32) int {
	mask := len(s.groups) - 1
	i := int(mix(uint64(number)+mix(uint64(group)+s.seed))) & mask
	for s.groups[i] != 0 && (s.numbers[i] != number || s.groups[i] != group+1) {
		i = (i + 1) & mask
	}
	return i
}

// mix spreads the bits of a number over all of the result (the finaliser of SplitMix64, a bijection).
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

func (s *numberSet) grow() {
	old := *s
	if len(old.groups) == 0 {
		s.seed = maphash.Bytes(maphash.MakeSeed(), nil)
	}
	size := max(16, 2*len(old.groups))
	s.numbers, s.groups = make([]int64, size), make([]int32, size)
	for number, group := range old.all {
		i := s.slot(number, group)
		s.numbers[i], s.groups[i] = number, group+1
	}
}

// all calls yield with each pair, in no particular order.
func (s *numberSet) all(yield func(number int64, group int32) bool) {
	for i, g := range s.groups {
		if g != 0 && !yield(s.numbers[i], g-1) {
			return
		}
	}
}

func (s *numberSet) bytes() int64 { return int64(len(s.groups)) * 12 }
