package watch

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"goldserve/gold"
)

// world is a lake and a store of a test: what the lake has, and what came of publishing it.
type world struct {
	mu       sync.Mutex // of all else: the test holds it, but while time passes
	state    string
	lookErr  error
	err      error
	calls    []time.Duration // when it was published, since the start
	took     time.Duration
	told     []string
	over     int
	status   gold.Watching
	released time.Time
	again    time.Time // when to publish again
}

// pass lets time pass, in which the follower works.
func (w *world) pass(d time.Duration) {
	w.mu.Unlock()
	time.Sleep(d)
	w.mu.Lock()
}

// follow follows a world for as long as play takes, in made-up time.
func follow(t *testing.T, w *world, f *Follower, play func()) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		started := time.Now()
		f.Every = time.Second
		f.Look = func(context.Context) (string, error) {
			w.mu.Lock()
			defer w.mu.Unlock()
			return w.state, w.lookErr
		}
		f.Publish = func(context.Context) (Done, error) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.calls = append(w.calls, time.Since(started))
			w.pass(w.took)
			if w.err == nil {
				w.released = time.Now()
			}
			return Done{w.released, w.again}, w.err
		}
		f.Failed = func(err error) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.told = append(w.told, err.Error())
		}
		f.Over = func() {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.over++
		}
		f.Turned = func(s *gold.Watching) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.status = *s
		}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			f.Follow(ctx)
		}()
		time.Sleep(time.Millisecond) // between two turns
		w.mu.Lock()
		play()
		w.mu.Unlock()
		stop()
		<-ended
	})
}

func (w *world) wantCalls(t *testing.T, want ...time.Duration) {
	t.Helper()
	if len(w.calls) != len(want) {
		t.Fatalf("published at %v, want %v", w.calls, want)
	}
	for i, at := range w.calls {
		if at.Truncate(time.Second) != want[i] {
			t.Errorf("published at %v, want %v", w.calls, want)
			return
		}
	}
}

func TestAChangeIsPublishedOnceItIsQuiet(t *testing.T) {
	w := &world{state: "a"}
	follow(t, w, &Follower{}, func() {
		w.pass(3 * time.Second)
		for _, w.state = range []string{"b", "c", "d"} { // a writer at work
			w.pass(time.Second)
		}
		if w.status.BehindSince.IsZero() {
			t.Error("not behind a lake that changes")
		}
		w.pass(4 * time.Second)
		if !w.status.BehindSince.IsZero() || time.Since(w.status.LastSuccess) > time.Second {
			t.Errorf("after the publish: %+v", w.status)
		}
	})
	w.wantCalls(t, 0, 7*time.Second)
}

// TestTheEndOfAFailureIsTold: of one of a publish, and of one of looks after which nothing has changed; and each once.
func TestTheEndOfAFailureIsTold(t *testing.T) {
	w := &world{state: "a"}
	follow(t, w, &Follower{}, func() {
		want := func(told, over int) {
			t.Helper()
			if w.pass(4 * time.Second); len(w.told) != told || w.over != over {
				t.Errorf("told of %q and of the end of %d, expected %d and %d", w.told, w.over, told, over)
			}
		}
		want(0, 0)
		w.state, w.err = "b", gold.Errorf(gold.Invalid, gold.CodeSourceMissing, "a file is missing")
		want(1, 0)
		w.state, w.err = "a", nil
		want(1, 1)
		w.lookErr = errors.New("the lake is gone")
		want(2, 1)
		w.lookErr = nil
		want(2, 2)
		w.state = "c"
		want(2, 2)
	})
}

func TestALakeThatNeverIsQuietIsPublishedAfterAWhile(t *testing.T) {
	w := &world{state: "a"}
	follow(t, w, &Follower{Patience: 5 * time.Second}, func() {
		for range 13 {
			w.state += "+"
			w.pass(time.Second)
		}
	})
	w.wantCalls(t, 0, 6*time.Second, 12*time.Second)
}

// Content that was refused is not tried again until it is another, and told once.
func TestRefusedContentIsHeld(t *testing.T) {
	w := &world{state: "a", err: gold.Errorf(gold.Invalid, gold.CodeFileInvalid, "half a file")}
	follow(t, w, &Follower{}, func() {
		w.pass(time.Hour)
		if s := w.status; s.LastFailure == nil || !s.LastFailure.Current || s.Failures != 1 || s.BehindSince.IsZero() || !s.LastFailure.RetryAt.IsZero() {
			t.Errorf("held: %+v %+v", s, s.LastFailure)
		}
		w.state = "b" // as wrong as before
		w.pass(5 * time.Second)
		w.state, w.err = "c", nil
		w.pass(5 * time.Second)
		if s := w.status; s.LastFailure.Current || s.Failures != 2 || !s.BehindSince.IsZero() {
			t.Errorf("at last: %+v %+v", s, s.LastFailure)
		}
	})
	if len(w.calls) != 3 || len(w.told) != 1 {
		t.Errorf("published at %v, told %q", w.calls, w.told)
	}
}

// A store that is gone is tried again, later each time, whether the lake changes meanwhile or not.
func TestAStoreThatIsGoneIsTriedAgainLaterEachTime(t *testing.T) {
	w := &world{state: "a", err: gold.Errorf(gold.Unavailable, gold.CodeStoreUnavailable, "no primary")}
	follow(t, w, &Follower{}, func() {
		for range 600 {
			w.state += "+"
			w.pass(time.Second)
		}
		if n := len(w.calls); n < 10 || n > 25 {
			t.Errorf("%d publishes in ten minutes: %v", n, w.calls)
		}
		w.err = nil
		w.pass(2 * time.Minute)
	})
	if len(w.told) != 1 || w.status.LastFailure.Current || !w.status.BehindSince.IsZero() {
		t.Errorf("told %q; %+v", w.told, w.status)
	}
}

// A file that could not be read is read as soon as it is another.
func TestALakeThatFailedIsTriedAgainOnceItChanges(t *testing.T) {
	w := &world{state: "a", err: gold.Errorf(gold.Unavailable, gold.CodeSourceUnreadable, "no permission")}
	follow(t, w, &Follower{Retry: Backoff{First: time.Minute}}, func() {
		w.pass(2 * time.Second)
		w.state, w.err = "b", nil
		w.pass(3 * time.Second)
	})
	w.wantCalls(t, 0, 4*time.Second)
}

func TestAnotherPublisherIsNoFailure(t *testing.T) {
	w := &world{state: "a", err: gold.Errorf(gold.Conflict, gold.CodePublishConflict, "host b publishes")}
	follow(t, w, &Follower{}, func() {
		w.pass(30 * time.Second)
		if !w.status.Standby || w.status.Failures != 0 {
			t.Errorf("beside another: %+v", w.status)
		}
		w.err = nil
		w.pass(5 * time.Second)
		if w.status.Standby || !w.status.BehindSince.IsZero() {
			t.Errorf("once it is done: %+v", w.status)
		}
	})
	if len(w.told) != 0 {
		t.Errorf("told %q", w.told)
	}
}

func TestALakeThatIsGoneIsToldOnce(t *testing.T) {
	w := &world{state: "a"}
	follow(t, w, &Follower{}, func() {
		w.lookErr = errors.New("no such folder")
		w.pass(time.Second)
		w.lookErr = nil // as while a folder is renamed
		w.pass(time.Second)
		w.lookErr = errors.New("no such folder")
		w.pass(time.Hour)
		if last := w.status.LastFailure; last == nil || !last.Current || time.Since(w.status.LastLook) < time.Hour-time.Minute {
			t.Errorf("while it is gone: %+v", w.status)
		}
		w.lookErr = nil
		w.pass(2 * time.Second)
		if w.status.LastFailure.Current || time.Since(w.status.LastSuccess) > time.Second {
			t.Errorf("when it is back: %+v", w.status)
		}
	})
	w.wantCalls(t, 0)
	if len(w.told) != 1 {
		t.Errorf("told %q", w.told)
	}
}

// Withdrawn content is looked at again, in case somebody published it all the same, and told once.
func TestHeldContentIsLookedAtAgain(t *testing.T) {
	w := &world{state: "a", err: gold.Errorf(gold.Invalid, gold.CodeHeldByRollback, "release 2 was rolled back")}
	follow(t, w, &Follower{}, func() {
		w.pass(10 * time.Minute)
		if w.status.Failures != 1 || !w.status.LastFailure.Current || len(w.calls) < 9 || len(w.calls) > 11 {
			t.Errorf("held: %+v, published at %v", w.status, w.calls)
		}
		w.err = nil // as after publish --again
		w.pass(2 * time.Minute)
		if w.status.LastFailure.Current || !w.status.BehindSince.IsZero() {
			t.Errorf("published by somebody: %+v", w.status)
		}
	})
	if len(w.told) != 1 {
		t.Errorf("told %q", w.told)
	}
}

// What a publish left for later is done then, though the lake is as it was, and keeps no change waiting.
func TestWhatIsDueLaterIsDoneThen(t *testing.T) {
	w := &world{state: "a"}
	follow(t, w, &Follower{}, func() {
		w.again = time.Now().Add(20 * time.Second)
		w.state = "b"
		w.pass(5 * time.Second)
		w.state = "c"
		w.pass(5 * time.Second)
		w.again = time.Time{}
		w.pass(time.Hour)
	})
	w.wantCalls(t, 0, 2*time.Second, 7*time.Second, 21*time.Second)
}

func TestReleasesKeepTheirDistance(t *testing.T) {
	w := &world{state: "a"}
	follow(t, w, &Follower{MinInterval: 20 * time.Second}, func() {
		for range 10 {
			w.state += "+"
			w.pass(5 * time.Second)
		}
	})
	w.wantCalls(t, 0, 20*time.Second, 40*time.Second)
}

func TestPublishesDoNotOverlap(t *testing.T) {
	w := &world{state: "a", took: 10 * time.Second}
	follow(t, w, &Follower{}, func() {
		for range 30 {
			w.state += "+"
			w.pass(time.Second)
		}
	})
	for i := 1; i < len(w.calls); i++ {
		if w.calls[i]-w.calls[i-1] < w.took {
			t.Errorf("published at %v", w.calls)
		}
	}
}

func TestBackoffGrowsToItsMost(t *testing.T) {
	b := Backoff{First: time.Second, Most: 10 * time.Second}
	for n, most := range []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second, 10 * time.Second, 10 * time.Second} {
		for range 100 {
			if wait := b.after(n); wait > most || wait < most/2-1 {
				t.Fatalf("after %d failures: %v, want %v to %v", n, wait, most/2, most)
			}
		}
	}
}

func TestALakeThatChangesAtEachLookIsSettledBetweenThem(t *testing.T) {
	w := &world{state: "0"}
	follow(t, w, &Follower{Settle: 200 * time.Millisecond}, func() {
		for _, state := range []string{"1", "2", "3"} {
			w.pass(500 * time.Millisecond)
			w.state = state
			w.pass(500 * time.Millisecond)
		}
		w.pass(500 * time.Millisecond)
	})
	if len(w.calls) != 4 {
		t.Errorf("published at %v, want once for each of four states", w.calls)
	}
}
