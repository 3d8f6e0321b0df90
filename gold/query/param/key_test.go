package param

import (
	"bytes"
	"slices"
	"testing"

	"goldserve/gold"
)

func TestKeysOfConditions(t *testing.T) {
	is := func(field string, n int64) gold.Predicate {
		return gold.Predicate{Field: field, Values: []gold.Value{gold.NewInt(n)}}
	}
	a, b, c := []gold.Predicate{is("a", 1)}, []gold.Predicate{is("b", 2)}, []gold.Predicate{is("c", 3)}
	ab := slices.Concat(a, b)
	key := func(where []gold.Predicate) []byte {
		var k Key
		k.predicates(where)
		return k.Bytes
	}
	for _, same := range [][2][]gold.Predicate{
		{ab, slices.Concat(b, a, b)},
		{gold.AnyOf(a, b), gold.AnyOf(b, a, a)},
		{gold.AnyOf(a, b, c), gold.AnyOf(gold.AnyOf(c, a), b)},
		{gold.AnyOf(ab, c), gold.AnyOf(c, slices.Concat(b, a))},
		{gold.AnyOf(a, a), a},
		{gold.Not(gold.AnyOf(a, b)), slices.Concat(gold.Not(b), gold.Not(a))},
		{gold.Not(gold.Not(gold.AnyOf(ab, c))), gold.AnyOf(ab, c)},
	} {
		if !bytes.Equal(key(same[0]), key(same[1])) {
			t.Errorf("%+v and %+v have different keys", same[0], same[1])
		}
	}
	seen := map[string][]gold.Predicate{}
	for _, where := range [][]gold.Predicate{
		nil, gold.AnyOf(), a, b, ab, gold.AnyOf(a, b), gold.AnyOf(ab, c), slices.Concat(gold.AnyOf(a, b), c), gold.AnyOf(a, slices.Concat(b, c)),
		slices.Concat(gold.AnyOf(a, b), gold.AnyOf(a, c)), gold.Not(ab), gold.Not(a),
	} {
		k := string(key(where))
		if other, found := seen[k]; found {
			t.Errorf("%+v and %+v have the same key", where, other)
		}
		seen[k] = where
	}
	// Keys of conjunctions are those of every earlier release: cursors and tags go on.
	if got, want := key(ab), "\x04\x0e\x01a\x00\x00\x02\x02\x02\x0e\x01b\x00\x00\x02\x02\x04"; string(got) != want {
		t.Errorf("%q, expected %q", got, want)
	}
}
