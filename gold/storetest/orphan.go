package storetest

import (
	"slices"
	"testing"

	"goldserve/gold"
)

// orphans checks that what a publisher left behind is seen and swept by the next one.
func orphans(t *testing.T, h Harness) {
	t.Run("a version left unsealed is invisible, listed, and swept by the next lease", func(t *testing.T) {
		s := fresh(t, h)
		kept := smallTable(1)
		publish(t, s, instant("2011-12-08"), kept)
		dying := s.again(t)
		left := manyTable(60_000)
		appendRows(t, open(t, dying, acquireFor(t, dying, shortLease), left), left)
		if err := dying.Close(); err != nil {
			t.Errorf("close with a version half loaded: %v", err)
		}

		next := s.again(t)
		l := acquireSoon(t, next)
		defer giveBack(t, next, l)
		st := state(t, next, model)
		if len(st.Sealed) != 1 || len(st.Orphans) != 1 || len(st.Current.Versions) != 1 {
			t.Fatalf("%d sealed versions, %d in the release, orphans %v; expected 1, 1 and one orphan", len(st.Sealed), len(st.Current.Versions), st.Orphans)
		}
		dry, err := next.DropOrphans(t.Context(), l, true)
		if err != nil || !slices.Equal(dry, st.Orphans) {
			t.Errorf("a dry run would drop %v (%v), expected %v", dry, err, st.Orphans)
		}
		if again := state(t, next, model).Orphans; !slices.Equal(again, st.Orphans) {
			t.Errorf("after a dry run orphans are %v, expected %v", again, st.Orphans)
		}
		dropped, err := next.DropOrphans(t.Context(), l, false)
		if err != nil || !slices.Equal(dropped, st.Orphans) {
			t.Errorf("dropped are %v (%v), expected %v", dropped, err, st.Orphans)
		}
		if again := state(t, next, model).Orphans; len(again) != 0 {
			t.Errorf("after the drop orphans are %v", again)
		}
		wantTable(t, next, kept)
	})
	t.Run("what the lease's own fence loads is no orphan", func(t *testing.T) {
		s := fresh(t, h)
		l := acquire(t, s, model)
		tb := smallTable(1)
		loader := open(t, s, l, tb)
		appendRows(t, loader, tb)
		dropped, err := s.DropOrphans(t.Context(), l, false)
		if err != nil || len(dropped) != 0 {
			t.Errorf("dropped are %v (%v), expected none", dropped, err)
		}
		v := seal(t, loader, tb)
		makeCurrent(t, s, l, &gold.Release{Model: model, AsOf: instant("2011-12-09"), Versions: []gold.Version{v}})
		giveBack(t, s, l)
		wantTable(t, s, tb)
	})
}
