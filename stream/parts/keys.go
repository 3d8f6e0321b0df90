package parts

import (
	"hash/maphash"
	"math/bits"
)

// MostTables is how many tables a set of keys is for.
const MostTables = 8

// Keys is a set of keys of up to MostTables tables. A key that several tables have takes its memory once.
type Keys struct {
	seeds  [2]maphash.Seed
	shards [256]shard
}

// hashed is a key: two hashes with two seeds that are drawn anew for each set.
type hashed [2]uint64

// shard is a part of the set: an open table whose places follow from a hash.
type shard struct {
	keys   []hashed
	tables []byte // a bit for each table that has the key; 0: the place is free
	used   int
}

// NewKeys returns an empty set.
func NewKeys() *Keys { return &Keys{seeds: [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}} }

// Len returns how many keys there are, those of several tables once.
func (k *Keys) Len() (n int64) {
	for i := range k.shards {
		n += int64(k.shards[i].used)
	}
	return n
}

// Bytes returns the memory of the set.
func (k *Keys) Bytes() (n int64) {
	for i := range k.shards {
		n += int64(len(k.shards[i].tables)) * 17
	}
	return n
}

// extend makes the hash of a key with one more value.
func (k *Keys) extend(h hashed, value []byte) hashed {
	for i := range h {
		h[i] = bits.RotateLeft64(h[i]*0x9E3779B97F4A7C15, 31) ^ maphash.Bytes(k.seeds[i], value)
	}
	return h
}

// add adds the key of a table, and reports whether it was new.
func (k *Keys) add(h hashed, table int) bool {
	s := &k.shards[h[1]>>56]
	if s.used >= len(s.tables)/4*3 {
		s.grow()
	}
	at := s.place(h)
	bit := byte(1) << table
	if s.tables[at]&bit != 0 {
		return false
	}
	if s.tables[at] == 0 {
		s.keys[at] = h
		s.used++
	}
	s.tables[at] |= bit
	return true
}

// place returns where a key is, or would be.
func (s *shard) place(h hashed) int {
	high, _ := bits.Mul64(h[0], uint64(len(s.tables)))
	at := int(high)
	for s.tables[at] != 0 && s.keys[at] != h {
		if at++; at == len(s.tables) {
			at = 0
		}
	}
	return at
}

// grow makes room for a quarter more.
func (s *shard) grow() {
	was := *s
	size := max(len(was.tables)*5/4, 16)
	s.keys, s.tables = make([]hashed, size), make([]byte, size)
	for i, t := range was.tables {
		if t != 0 {
			at := s.place(was.keys[i])
			s.keys[at], s.tables[at] = was.keys[i], t
		}
	}
}
