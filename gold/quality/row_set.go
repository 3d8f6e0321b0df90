package quality

import (
	"hash/maphash"
	"math/bits"
)

// digest identifies a value by 88 bits: first, and all of second but its lowest 40.
type digest struct{ first, second uint64 }

// numberDigest identifies 64 bits exactly, spread over the whole range (the finaliser of SplitMix64, a bijection).
func numberDigest(x uint64) digest {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return digest{first: x ^ x>>31}
}

// rowSet maps digests to the smallest row that has them. A slot is 16 bytes: the digest, and in its free bits the row
// plus one, 0 if the slot is free. A Go map of the same takes three times as much memory.
type rowSet struct {
	slots  []digest
	n      int
	seed   uint64 // odd: each set has its own order, else those that come in the order of another set would pile up
	budget *budget
}

const (
	rowBits = 40
	rowMask = 1<<rowBits - 1
	maxRow  = rowMask - 1 // rows beyond share this number
)

// add adds a row and reports whether its value was found before; then later is the larger of the two rows, and the
// smaller one is kept. ok is false if the budget is exceeded.
func (s *rowSet) add(value digest, row int64) (later int64, found, ok bool) {
	if s.n >= len(s.slots)/4*3 && !s.grow() {
		return 0, false, false
	}
	row = min(row, maxRow)
	slot := &s.slots[s.find(value)]
	if slot.second&rowMask == 0 {
		*slot = digest{value.first, value.second | uint64(row+1)}
		s.n++
		return 0, false, true
	}
	earlier := int64(slot.second&rowMask) - 1
	if row < earlier {
		row, earlier = earlier, row
		slot.second = value.second | uint64(earlier+1)
	}
	return row, true, true
}

// row returns the smallest row of a value, 0 if it was not added.
func (s *rowSet) row(value digest) int64 {
	if len(s.slots) == 0 {
		return 0
	}
	return max(0, int64(s.slots[s.find(value)].second&rowMask)-1)
}

// find returns the slot of a value, or the free slot for it.
func (s *rowSet) find(value digest) int {
	high, _ := bits.Mul64(value.first*s.seed, uint64(len(s.slots)))
	i := int(high)
	for {
		slot := s.slots[i]
		if slot.second&rowMask == 0 || slot.first == value.first && slot.second&^rowMask == value.second {
			return i
		}
		if i++; i == len(s.slots) {
			i = 0
		}
	}
}

// grow adds half as many slots again.
func (s *rowSet) grow() bool {
	const slotBytes = 16
	old := s.slots
	size := max(64, len(old)/2*3)
	if !s.budget.take(int64(size) * slotBytes) {
		return false
	}
	if s.seed == 0 {
		s.seed = maphash.Bytes(maphash.MakeSeed(), nil) | 1
	}
	s.slots = make([]digest, size)
	for _, slot := range old {
		if slot.second&rowMask != 0 {
			s.slots[s.find(digest{slot.first, slot.second &^ rowMask})] = slot
		}
	}
	s.budget.release(int64(len(old)) * slotBytes)
	return true
}

// all calls yield with each value and its smallest row, in no particular order.
func (s *rowSet) all(yield func(digest, int64) bool) {
	for _, slot := range s.slots {
		if row := slot.second & rowMask; row != 0 && !yield(digest{slot.first, slot.second &^ rowMask}, int64(row)-1) {
			return
		}
	}
}

// budget limits the memory of all sets of one Checker.
type budget struct{ bound, held int64 } // bytes; bound 0: none

// take reports whether the budget allows more bytes, and counts them.
func (b *budget) take(bytes int64) bool {
	if b.bound > 0 && b.held+bytes > b.bound {
		return false
	}
	b.held += bytes
	return true
}

func (b *budget) release(bytes int64) { b.held -= bytes }
