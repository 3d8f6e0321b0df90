package storetest

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"goldserve/gold"
)

// shortLease is the TTL of leases that tests let lapse.
const shortLease = time.Second

// acquireFor takes the usual model's lease.
func acquireFor(t *testing.T, s gold.Store, ttl time.Duration) gold.Lease {
	t.Helper()
	l, err := s.Acquire(t.Context(), model, "the first holder, process 17", ttl)
	if err != nil {
		t.Fatalf("acquire: %v", err)
	}
	return *l
}

// acquireSoon takes the usual model's lease as soon as an earlier holder's has lapsed.
func acquireSoon(t *testing.T, s gold.Store) gold.Lease {
	t.Helper()
	for end := time.Now().Add(20 * shortLease); ; time.Sleep(shortLease / 20) {
		l, err := s.Acquire(t.Context(), model, "the next holder", time.Minute)
		if err == nil {
			return *l
		}
		if gold.KindOf(err) != gold.Conflict || time.Now().After(end) {
			t.Fatalf("acquire after the holder is gone: %v", err)
		}
	}
}

// leases checks that one publisher at a time holds a model, and that fences keep everybody else out.
func leases(t *testing.T, h Harness) {
	t.Run("a lease says whose it is, and State shows it", func(t *testing.T) {
		s := fresh(t, h)
		l := acquire(t, s, model)
		st := state(t, s, model)
		if l.Model != model || l.Holder != "the suite" || l.Fence < 1 || !l.Until.After(st.Now) {
			t.Errorf("lease is %+v at %v", l, st.Now)
		}
		if st.Lease == nil || st.Lease.Fence != l.Fence || st.Lease.Holder != l.Holder {
			t.Errorf("state shows lease %+v, expected %+v", st.Lease, l)
		}
		giveBack(t, s, l)
		if st := state(t, s, model); st.Lease != nil {
			t.Errorf("state shows lease %+v after it was given back", st.Lease)
		}
	})
	t.Run("a held lease is refused with its holder's name until it is given back", func(t *testing.T) { refusesSecondHolder(t, fresh(t, h)) })
	t.Run("an old fence writes nothing", func(t *testing.T) { fencesOut(t, fresh(t, h)) })
	t.Run("a switch from another number than the current one is refused", func(t *testing.T) {
		s := fresh(t, h)
		one := publish(t, s, instant("2011-11-01"), smallTable(1))
		l := acquire(t, s, model)
		defer giveBack(t, s, l)
		next := &gold.Release{Model: model, AsOf: instant("2011-12-01"), Versions: []gold.Version{load(t, s, l, smallTable(2))}}
		for _, from := range []int64{0, 2} {
			_, err := s.Publish(t.Context(), gold.Publication{Lease: l, From: from, Release: next})
			wantError(t, "switch", err, gold.Conflict, gold.CodePublishConflict)
		}
		if r := resolve(t, s, gold.Selector{Model: model}); r.Number != one.Number {
			t.Errorf("release %d is current, expected %d", r.Number, one.Number)
		}
		wantNumbers(t, "releases", releases(t, s, gold.ReleaseQuery{Model: model}), 1)
	})
	t.Run("a renewed lease goes on, an old one can't be renewed", func(t *testing.T) {
		s := fresh(t, h)
		old := acquire(t, s, model)
		renewed, err := s.Renew(t.Context(), old, 2*time.Minute)
		if err != nil {
			t.Fatalf("renew: %v", err)
		}
		if renewed.Fence != old.Fence || renewed.Until.Before(old.Until) {
			t.Errorf("renewed lease is %+v, was %+v", renewed, old)
		}
		giveBack(t, s, old)
		l := acquire(t, s, model)
		defer giveBack(t, s, l)
		_, err = s.Renew(t.Context(), old, time.Minute)
		wantError(t, "renew an old lease", err, gold.Conflict, gold.CodePublishConflict)
	})
	t.Run("the state has the last attempts, newest first", func(t *testing.T) { remembersAttempts(t, fresh(t, h)) })
	t.Run("who gives an old lease back does not take the new one away", func(t *testing.T) {
		s := fresh(t, h)
		old := acquire(t, s, model)
		giveBack(t, s, old)
		l := acquire(t, s, model)
		if err := s.Release(t.Context(), old, nil); err != nil {
			wantError(t, "give an old lease back", err, gold.Conflict, gold.CodePublishConflict)
		}
		if st := state(t, s, model); st.Lease == nil || st.Lease.Fence != l.Fence {
			t.Errorf("state shows lease %+v, expected %+v", st.Lease, l)
		}
		giveBack(t, s, l)
	})
	t.Run("the lease of a holder who is gone is free after its time", func(t *testing.T) {
		s := fresh(t, h)
		gone := s.again(t)
		old := acquireFor(t, gone, shortLease)
		if err := gone.Close(); err != nil {
			t.Fatal(err)
		}
		l := acquireSoon(t, s)
		if l.Fence <= old.Fence {
			t.Errorf("fence is %d, expected more than %d", l.Fence, old.Fence)
		}
		giveBack(t, s, l)
	})
	t.Run("a lease that is not renewed is taken over", func(t *testing.T) {
		if !h.Expires {
			t.Skip("a lease lasts as long as its holder's handle on this store")
		}
		s := fresh(t, h)
		slow := s.again(t)
		old := acquireFor(t, slow, shortLease)
		loader := open(t, slow, old, smallTable(1))
		l := acquireSoon(t, s)
		defer giveBack(t, s, l)
		if l.Fence <= old.Fence {
			t.Errorf("fence is %d, expected more than %d", l.Fence, old.Fence)
		}
		appendRowsMaybe(t, loader, smallTable(1))
		_, err := loader.Seal(t.Context(), sealed(smallTable(1)))
		wantError(t, "seal under a lease taken over", err, gold.Conflict, gold.CodePublishConflict)
	})
}

// remembersAttempts gives leases back with more attempts than a state has.
func remembersAttempts(t *testing.T, s *fixture) {
	publish(t, s, instant("2011-12-01"), newTable("other", []gold.Field{{Name: "id", Kind: gold.Int}}, 1))
	var want []gold.Attempt
	for i := range gold.MaxAttempts + 2 {
		l := acquire(t, s, "school")
		a := gold.Attempt{
			Command: "publish", Holder: "the suite, $run " + gold.NewInt(int64(i)).String(), Started: instant("2011-12-09T12:50:00.123Z"), Ended: instant("2011-12-09T12:51:00Z"),
			Outcome: "value_null", Message: `column "id" is null: $literal`, Release: int64(i),
		}
		if err := s.Release(t.Context(), l, &a); err != nil {
			t.Fatal(err)
		}
		want = append([]gold.Attempt{a}, want...)
	}
	if diff := cmp.Diff(want[:gold.MaxAttempts], state(t, s, "school").Attempts); diff != "" {
		t.Errorf("attempts (-want +got):\n%s", diff)
	}
	if got := state(t, s, model).Attempts; len(got) != 1 {
		t.Errorf("another model has the attempts %+v, expected its one", got)
	}
}

// appendRowsMaybe appends where the store lets an old fence do so: what nobody sees harms nobody.
func appendRowsMaybe(t *testing.T, loader gold.Loader, tb table) {
	t.Helper()
	if err := loader.Append(t.Context(), batch(tb.Stored(), tb.rows)); err != nil {
		wantError(t, "append under an old fence", err, gold.Conflict, gold.CodePublishConflict)
	}
}

func refusesSecondHolder(t *testing.T, s *fixture) {
	l := acquireFor(t, s, 2*shortLease)
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-stop:
				return
			case <-time.After(shortLease / 10):
			}
			if _, err := s.Renew(t.Context(), l, 2*shortLease); err != nil {
				t.Errorf("renew: %v", err)
			}
		}
	}()
	second := s.again(t)
	_, err := second.Acquire(t.Context(), model, "the second holder", shortLease)
	wantError(t, "acquire a held lease", err, gold.Conflict, gold.CodePublishConflict)
	if err != nil && !strings.Contains(err.Error(), l.Holder) {
		t.Errorf("the error %q does not name %q", err, l.Holder)
	}
	close(stop)
	<-done
	giveBack(t, s, l)
	taken, err := second.Acquire(t.Context(), model, "the second holder", shortLease)
	if err != nil {
		t.Fatalf("acquire a lease that was given back: %v", err)
	}
	if taken.Fence <= l.Fence {
		t.Errorf("fence is %d, expected more than %d", taken.Fence, l.Fence)
	}
	giveBack(t, second, *taken)
}

// fencesOut calls every writing method with a lease that has changed hands.
func fencesOut(t *testing.T, s *fixture) {
	one := publish(t, s, instant("2011-11-01"), smallTable(1))
	old := acquire(t, s, model)
	v := load(t, s, old, smallTable(2))
	loader := open(t, s, old, smallTable(3))
	appendRows(t, loader, smallTable(3))
	giveBack(t, s, old)
	l := acquire(t, s, model)
	defer giveBack(t, s, l)

	ctx := t.Context()
	next := &gold.Release{Model: model, AsOf: instant("2011-12-01"), Versions: []gold.Version{v}}
	for what, write := range map[string]func() error{
		"load": func() error {
			_, err := s.Load(ctx, gold.Load{Lease: old, Dataset: smallTable(4).Dataset, ID: smallTable(4).id()})
			return err
		},
		"seal": func() error { _, err := loader.Seal(ctx, sealed(smallTable(3))); return err },
		"publish": func() error {
			_, err := s.Publish(ctx, gold.Publication{Lease: old, From: 1, Release: next})
			return err
		},
		"rollback": func() error { _, err := s.RollBack(ctx, gold.Rollback{Lease: old, From: 1, To: 1}); return err },
		"refresh":  func() error { _, err := s.Refresh(ctx, gold.Refresh{Lease: old, Release: one}); return err },
		"orphans":  func() error { _, err := s.DropOrphans(ctx, old, false); return err },
		"prune":    func() error { _, err := s.Prune(ctx, gold.Prune{Lease: old, Keep: 9}); return err },
	} {
		wantError(t, what+" with an old fence", write(), gold.Conflict, gold.CodePublishConflict)
	}
	if st := state(t, s, model); st.Current.Number != 1 || st.Last != 1 || len(st.Sealed) != 2 {
		t.Errorf("release %d, last %d, %d sealed; expected 1, 1, 2", st.Current.Number, st.Last, len(st.Sealed))
	}
	wantTable(t, s, smallTable(1))
}
