package storetest

import (
	"testing"

	"goldserve/gold"
)

// newer checks what a store says of a release that requires more of a reader than this program knows: the last one that
// it knows stands in, until that is the current one again.
func newer(t *testing.T, h Harness) {
	s := fresh(t, h)
	publish(t, s, instant("2011-10-31"), smallTable(1))
	publish(t, s, instant("2011-11-30"), smallTable(2))
	l := acquire(t, s, model)
	defer giveBack(t, s, l)
	next := &gold.Release{Model: model, AsOf: instant("2011-12-09"), Versions: []gold.Version{load(t, s, l, smallTable(3))}, Requires: gold.Knows + 1}
	if r, err := s.Publish(t.Context(), gold.Publication{Lease: l, From: 2, Release: next}); err != nil || r.Number != 3 {
		t.Fatalf("publish: %+v (%v), expected release 3", r, err)
	}
	for what, s := range map[string]gold.Store{"the publisher's handle": s, "another handle": s.again(t)} {
		for range 2 {
			if r := resolve(t, s, gold.Selector{Model: model}); r.Number != 2 || r.Behind != 3 {
				t.Errorf("%s: release %d answers, behind %d; expected 2, behind 3", what, r.Number, r.Behind)
			}
		}
		wantTable(t, s, smallTable(2))
		for _, sel := range []gold.Selector{{Model: model, Number: 3}, {Model: model, AsOf: instant("2012-01-01")}} {
			_, err := s.Resolve(t.Context(), sel)
			wantError(t, what+": resolve what it can't read", err, gold.Unavailable, gold.CodeVersionSkew)
		}
		if r := resolve(t, s, gold.Selector{Model: model, Number: 2}); r.Behind != 0 {
			t.Errorf("%s: release 2, asked for by its number, is behind %d", what, r.Behind)
		}
		list := releases(t, s, gold.ReleaseQuery{Model: model})
		wantNumbers(t, what+": releases", list, 3, 2, 1)
		if r := list[0]; len(r.Versions) != 0 || r.Requires != gold.Knows+1 || !r.AsOf.Equal(next.AsOf) || r.PublishedAt.IsZero() || r.Model != model {
			t.Errorf("%s: the list has %+v of what it can't read", what, r)
		}
		_, err := s.State(t.Context(), model)
		wantError(t, what+": state", err, gold.Unavailable, gold.CodeVersionSkew)
	}
	if _, err := s.RollBack(t.Context(), gold.Rollback{Lease: l, From: 3, To: 1}); err != nil {
		t.Fatal(err)
	}
	if r := resolve(t, s, gold.Selector{Model: model}); r.Number != 1 || r.Behind != 0 {
		t.Errorf("after a rollback release %d answers, behind %d; expected 1, behind none", r.Number, r.Behind)
	}
}
