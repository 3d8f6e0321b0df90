package storetest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"goldserve/gold"
)

// retention checks what pruning keeps, drops and says of it. Zero is a value: none are kept, at once.
func retention(t *testing.T, h Harness) {
	t.Run("zero keeps the current release alone, and drops the others at once", func(t *testing.T) {
		s, first, shared := threeReleases(t, h)
		l := acquire(t, s, model)
		defer giveBack(t, s, l)
		want := gold.PruneReport{Marked: []int64{2, 1}, Dropped: []int64{2, 1}, Shared: []string{shared.Name}}
		wantPruned(t, s, gold.Prune{Lease: l, DryRun: true}, want)
		if r, err := s.Resolve(t.Context(), gold.Selector{Model: model, Number: 1}); err != nil || r.Pruned {
			t.Errorf("after a dry run release 1 is %+v (%v)", r, err)
		}
		wantPruned(t, s, gold.Prune{Lease: l}, want)
		wantGone(t, s, first, true)
		wantNumbers(t, "those kept", releases(t, s, gold.ReleaseQuery{Model: model, Kept: true}), 3)
		wantPruned(t, s, gold.Prune{Lease: l}, gold.PruneReport{})
		wantTable(t, s, smallTable(3))
		wantTable(t, s, shared)
	})
	t.Run("rows that wait for the end of the grace are not said to be gone", func(t *testing.T) {
		s, first, shared := threeReleases(t, h)
		l := acquire(t, s, model)
		defer giveBack(t, s, l)
		wantPruned(t, s, gold.Prune{Lease: l, Keep: 2, Grace: time.Hour}, gold.PruneReport{Marked: []int64{1}, Waiting: []int64{1}})
		wantPruned(t, s, gold.Prune{Lease: l, Grace: time.Hour, DryRun: true}, gold.PruneReport{Marked: []int64{2}, Waiting: []int64{2, 1}})
		wantPruned(t, s, gold.Prune{Lease: l, Keep: 2, Grace: time.Hour}, gold.PruneReport{Waiting: []int64{1}})
		wantGone(t, s, first, false)
		if dropped, err := s.DropOrphans(t.Context(), l, false); err != nil || len(dropped) > 0 {
			t.Errorf("dropped as orphans are %v (%v), expected none", dropped, err)
		}
		wantPruned(t, s, gold.Prune{Lease: l, Keep: 2}, gold.PruneReport{Dropped: []int64{1}, Shared: []string{shared.Name}})
		wantGone(t, s, first, true)
	})
	t.Run("by age, the last release of each time stays", func(t *testing.T) {
		s, _, _ := threeReleases(t, h)
		l := acquire(t, s, model)
		defer giveBack(t, s, l)
		wantPruned(t, s, gold.Prune{Lease: l, KeepFor: time.Hour, Every: time.Millisecond, DryRun: true}, gold.PruneReport{})
		wantPruned(t, s, gold.Prune{Lease: l, KeepFor: time.Nanosecond, Every: time.Millisecond, DryRun: true, Grace: time.Hour}, gold.PruneReport{Marked: []int64{2, 1}, Waiting: []int64{2, 1}})
		wantPruned(t, s, gold.Prune{Lease: l, KeepFor: time.Hour, Every: 1000 * time.Hour, DryRun: true, Grace: time.Hour}, gold.PruneReport{Marked: []int64{2, 1}, Waiting: []int64{2, 1}})
	})
	t.Run("by bytes, the oldest releases go, but never the current one", func(t *testing.T) {
		s, _, shared := threeReleases(t, h)
		l := acquire(t, s, model)
		defer giveBack(t, s, l)
		wantPruned(t, s, gold.Prune{Lease: l, Keep: 3, KeepBytes: 1 << 40}, gold.PruneReport{})
		want := gold.PruneReport{Marked: []int64{2, 1}, Dropped: []int64{2, 1}, Shared: []string{shared.Name}}
		wantPruned(t, s, gold.Prune{Lease: l, Keep: 3, KeepBytes: 1, DryRun: true}, want)
		wantPruned(t, s, gold.Prune{Lease: l, Keep: 3, KeepBytes: 1}, want)
		wantTable(t, s, smallTable(3))
	})
}

// threeReleases publishes three releases of two tables of which all have the second.
func threeReleases(t *testing.T, h Harness) (s *fixture, first *gold.Release, shared table) {
	s, shared = fresh(t, h), manyTable(20)
	first = publish(t, s, instant("2011-12-01"), smallTable(1), shared)
	publish(t, s, instant("2011-12-02"), smallTable(2), shared)
	publish(t, s, instant("2011-12-03"), smallTable(3), shared)
	return s, first, shared
}

func wantPruned(t *testing.T, s gold.Store, p gold.Prune, want gold.PruneReport) {
	t.Helper()
	got, err := s.Prune(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	for _, number := range got.Marked {
		if got.Why[number] == "" {
			t.Errorf("%+v: release %d is marked, and nothing says why", p, number)
		}
	}
	if len(got.Why) != len(got.Marked) {
		t.Errorf("%+v: marked are %v, because of %v", p, got.Marked, got.Why)
	}
	got.Why = nil
	if diff := cmp.Diff(want, *got); diff != "" {
		t.Errorf("%+v (-want +got):\n%s", p, diff)
	}
}

// wantGone checks that a release can't be asked for, and whether the rows that it alone has are gone for who asks already.
func wantGone(t *testing.T, s gold.Store, r *gold.Release, gone bool) {
	t.Helper()
	_, err := s.Resolve(t.Context(), gold.Selector{Model: model, Number: r.Number})
	wantError(t, "resolve a marked release", err, gold.Gone, gold.CodeReleasePruned)
	wantWords(t, err, gold.PrunedRelease(model, r.Number))
	rows, err := s.Rows(t.Context(), gold.Query{Version: r.Version("small")})
	if err == nil {
		_, err = rows.Next(t.Context())
		_ = rows.Close()
	}
	if !gone && err != nil {
		t.Errorf("rows under the grace: %v", err)
	}
	if gone {
		wantError(t, "rows of a dropped release", err, gold.Gone, gold.CodeReleasePruned)
	}
}
