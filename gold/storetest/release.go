package storetest

import (
	"testing"

	"goldserve/gold"
)

// rollback checks that releases are switched back and forth, and which of them are withdrawn.
func rollback(t *testing.T, h Harness) {
	t.Run("to an earlier release withdraws those above it", func(t *testing.T) {
		s := fresh(t, h)
		publishThree(t, s)
		r := rollBack(t, s, model, 1)
		if r.Number != 1 {
			t.Errorf("the switch gives release %d, expected 1", r.Number)
		}
		wantTable(t, s, smallTable(1))
		wantWithdrawn(t, s, map[int64]bool{1: false, 2: true, 3: true})

		// Withdrawn releases answer by number, not by as_of.
		byNumber := resolve(t, s, gold.Selector{Model: model, Number: 3})
		if byNumber.Number != 3 || !byNumber.Withdrawn {
			t.Errorf("?release=3 is release %d, withdrawn: %v", byNumber.Number, byNumber.Withdrawn)
		}
		wantVersion(t, s, byNumber.Version("small"), smallTable(3))
		if r := resolve(t, s, gold.Selector{Model: model, AsOf: instant("2012-01-01")}); r.Number != 1 {
			t.Errorf("as_of 2012-01-01 is release %d, expected 1", r.Number)
		}
		if st := state(t, s, model); st.Current.Number != 1 || st.Last != 3 {
			t.Errorf("state has release %d of %d, expected 1 of 3", st.Current.Number, st.Last)
		}
	})
	t.Run("forward again", func(t *testing.T) {
		s := fresh(t, h)
		publishThree(t, s)
		rollBack(t, s, model, 1)
		rollBack(t, s, model, 3)
		wantTable(t, s, smallTable(3))
		wantWithdrawn(t, s, map[int64]bool{1: false, 2: true, 3: false})
		if r := resolve(t, s, gold.Selector{Model: model}); r.Number != 3 || r.Withdrawn {
			t.Errorf("release %d is current, withdrawn: %v", r.Number, r.Withdrawn)
		}
		if r := resolve(t, s, gold.Selector{Model: model, AsOf: instant("2012-01-01")}); r.Number != 3 {
			t.Errorf("as_of 2012-01-01 is release %d, expected 3", r.Number)
		}
	})
	t.Run("the next publish gets a number of its own", func(t *testing.T) {
		s := fresh(t, h)
		publishThree(t, s)
		rollBack(t, s, model, 1)
		if r := publish(t, s, instant("2011-12-15"), smallTable(4)); r.Number != 4 {
			t.Errorf("the release after a rollback is %d, expected 4", r.Number)
		}
		wantTable(t, s, smallTable(4))
		wantWithdrawn(t, s, map[int64]bool{1: false, 2: true, 3: true, 4: false})
		rollBack(t, s, model, 1)
		wantWithdrawn(t, s, map[int64]bool{1: false, 2: true, 3: true, 4: true})
	})
	t.Run("to a number that never was", func(t *testing.T) {
		s := fresh(t, h)
		publishThree(t, s)
		l := acquire(t, s, model)
		defer giveBack(t, s, l)
		_, err := s.RollBack(t.Context(), gold.Rollback{Lease: l, From: 3, To: 7})
		wantError(t, "roll back to 7", err, gold.NotFound, gold.CodeUnknownRelease)
		wantWithdrawn(t, s, map[int64]bool{1: false, 2: false, 3: false})
		for _, number := range []int64{4, 7, 1 << 40, -1} {
			_, err = s.Resolve(t.Context(), gold.Selector{Model: model, Number: number})
			wantError(t, "resolve an unknown number", err, gold.NotFound, gold.CodeUnknownRelease)
			wantWords(t, err, gold.UnknownRelease(model, number, 3))
		}
	})
}

func publishThree(t *testing.T, s gold.Store) {
	t.Helper()
	for i, asOf := range []string{"2011-10-31", "2011-11-30", "2011-12-09T12:50:00.250Z"} {
		if r := publish(t, s, instant(asOf), smallTable(i+1)); r.Number != int64(i+1) {
			t.Fatalf("release %d, expected %d", r.Number, i+1)
		}
	}
}

func wantWithdrawn(t *testing.T, s gold.Store, want map[int64]bool) {
	t.Helper()
	for _, r := range releases(t, s, gold.ReleaseQuery{Model: model}) {
		if r.Withdrawn != want[r.Number] {
			t.Errorf("release %d is withdrawn: %v, expected %v", r.Number, r.Withdrawn, want[r.Number])
		}
		delete(want, r.Number)
	}
	if len(want) > 0 {
		t.Errorf("releases %v are not listed", want)
	}
}

// timeTravel checks which release an instant names: the newest by number whose as_of is not later.
func timeTravel(t *testing.T, h Harness) {
	s := fresh(t, h)
	publishThree(t, s)
	publish(t, s, instant("2011-11-15"), smallTable(4)) // a correction: newer by number, older by as_of
	for _, c := range []struct {
		asOf string
		want int64 // 0: none
	}{
		{"2011-10-30T23:59:59.999Z", 0},
		{"0001-01-02", 0},
		{"2011-10-31", 1},
		{"2011-10-31T00:00:00.001Z", 1},
		{"2011-11-14T23:59:59.999Z", 1},
		{"2011-11-15", 4},
		{"2011-12-09T12:50:00.250Z", 4},
		{"9999-12-31T23:59:59.999Z", 4},
	} {
		wantAsOf(t, s, c.asOf, c.want)
	}
	rollBack(t, s, model, 3)
	for _, c := range []struct {
		asOf string
		want int64
	}{
		{"2011-11-15", 1},
		{"2011-11-29T23:59:59.999Z", 1},
		{"2011-11-30", 2},
		{"2011-12-09T12:50:00.249Z", 2},
		{"2011-12-09T12:50:00.250Z", 3},
		{"2012-01-01", 3},
	} {
		wantAsOf(t, s, c.asOf, c.want)
	}
}

func wantAsOf(t *testing.T, s gold.Store, asOf string, want int64) {
	t.Helper()
	r, err := s.Resolve(t.Context(), gold.Selector{Model: model, AsOf: instant(asOf)})
	switch {
	case want == 0:
		wantError(t, "as_of "+asOf, err, gold.NotFound, gold.CodeNoReleaseAsOf)
	case err != nil:
		t.Errorf("as_of %s: %v", asOf, err)
	case r.Number != want:
		t.Errorf("as_of %s is release %d, expected %d", asOf, r.Number, want)
	}
}

// twoModels checks that two models in one store don't see each other, not even with the same dataset and rows.
func twoModels(t *testing.T, h Harness) {
	s := fresh(t, h)
	theirs := smallTable(9)
	theirs.Model = "school"
	same := smallTable(1)
	same.Model = "school"
	publish(t, s, instant("2011-11-01"), smallTable(1))
	publish(t, s, instant("2011-12-01"), smallTable(2))
	_, err := s.Resolve(t.Context(), gold.Selector{Model: "school"})
	wantError(t, "the other model before it is published", err, gold.Empty, gold.CodeNoRelease)
	wantWords(t, err, gold.NoRelease("school"))
	if r := publish(t, s, instant("2001-01-01"), theirs); r.Number != 1 {
		t.Errorf("the other model's first release is %d, expected 1", r.Number)
	}
	wantTable(t, s, theirs)
	wantTable(t, s, smallTable(2))
	publish(t, s, instant("2001-02-01"), same)
	wantTable(t, s, same)
	rollBack(t, s, model, 1)
	wantTable(t, s, smallTable(1))
	wantTable(t, s, same)
	for name, last := range map[string]int64{model: 2, "school": 2} {
		if st := state(t, s, name); st.Last != last || len(st.Sealed) != 2 || st.Current.Model != name {
			t.Errorf("%s has release %d of %s, %d versions; expected %d and 2", name, st.Last, st.Current.Model, len(st.Sealed), last)
		}
		for _, r := range releases(t, s, gold.ReleaseQuery{Model: name}) {
			if r.Model != name || r.Withdrawn != (name == model && r.Number == 2) {
				t.Errorf("%s lists release %d of %s, withdrawn: %v", name, r.Number, r.Model, r.Withdrawn)
			}
		}
	}
}

// refresh checks that the BI database is made to show the current release, and is left alone where it does so.
func refresh(t *testing.T, h Harness) {
	s := fresh(t, h)
	shown := func(seed int) table {
		tb := smallTable(seed)
		tb.Collection = "gold_small"
		return tb
	}
	other := manyTable(10)
	other.Collection = "gold_many"
	for step, publication := range []func() *gold.Release{
		func() *gold.Release { return publish(t, s, instant("2011-11-01"), shown(1), other) },
		func() *gold.Release { return publish(t, s, instant("2011-12-01"), shown(2), other) },
		func() *gold.Release { return rollBack(t, s, model, 1) },
	} {
		r := publication()
		l := acquire(t, s, model)
		if _, err := s.Refresh(t.Context(), gold.Refresh{Lease: l, Release: r}); err != nil {
			t.Fatalf("step %d: refresh: %v", step, err)
		}
		if st := state(t, s, model); len(st.Stale) != 0 || len(st.Taken) != 0 {
			t.Errorf("step %d: after refresh %v are stale and %v taken", step, st.Stale, st.Taken)
		}
		again, err := s.Refresh(t.Context(), gold.Refresh{Lease: l, Release: r})
		if err != nil || len(again.Refreshed) != 0 {
			t.Errorf("step %d: the second refresh wrote %+v (%v), expected nothing", step, again, err)
		}
		giveBack(t, s, l)
	}
	wantTable(t, s, shown(1))
}
