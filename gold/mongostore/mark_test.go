//go:build e2e

package mongostore

import (
	"context"
	"errors"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"goldserve/gold"
)

// TestLateOutNeverWins kills a publisher while its $out goes on in the server, and lets the next one refresh: while
// that $out may still start, and when it no longer can.
func TestLateOutNeverWins(t *testing.T) {
	for what, c := range map[string]struct {
		took    time.Duration
		started bool // its latest has passed
	}{
		"that may still start": {2 * time.Second, false},
		"that only runs":       {3 * time.Second, true},
	} {
		t.Run(what, func(t *testing.T) {
			uri, name := database(t)
			dead := mustOpen(t, uri, Options{Database: name, RefreshTTL: c.took})
			l := acquire(t, dead, "shop")
			refresh(t, dead, l, publish(t, dead, l, "2011-11-01", load(t, dead, l, sales(1, 10))))
			old := load(t, dead, l, sales(2, 30))
			publish(t, dead, l, "2011-11-02", old)
			m := slowOut(t, dead, l, &old, c.took)
			// The connection is gone, the $out is not. Who is killed doesn't say good-bye, so the client is closed later.
			defer closes(t, dead)

			next := mustOpen(t, uri, Options{Database: name, RefreshTTL: c.took})
			defer closes(t, next)
			expire(t, next, "shop")
			l = acquire(t, next, "shop")
			current := publish(t, next, l, "2011-11-03", load(t, next, l, sales(3, 50)))
			if c.started {
				setMark(t, next, "latest", -time.Second)
			}
			user, err := next.user(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if runs, err := next.runs(t.Context(), m, user); !runs || err != nil {
				t.Fatalf("the dead publisher's $out runs: %v, %v", runs, err)
			}
			refresh(t, next, l, current)
			if runs, err := next.runs(t.Context(), m, user); runs || err != nil {
				t.Errorf("after the refresh the dead publisher's $out runs: %v, %v", runs, err)
			}
			now := clock(t, next)
			if c.started && !now.Before(m.Deadline) {
				t.Errorf("the refresh ended at %s: it waited for the deadline %s of an $out that had ended", now, m.Deadline)
			}
			if !c.started && !now.After(m.Latest) {
				t.Errorf("the refresh ended at %s, when the dead publisher's $out might have started until %s", now, m.Latest)
			}
			time.Sleep(m.Deadline.Sub(now))
			if n, err := next.serving.Collection("shop_sales").CountDocuments(t.Context(), bson.D{}); n != 50 || err != nil {
				t.Errorf("%d rows are shown (%v), expected the 50 of the newer release", n, err)
			}
			if stale := state(t, next, "shop").Stale; len(stale) > 0 {
				t.Errorf("%v are stale", stale)
			}
		})
	}
}

// TestAnOutThatCannotStartIsNotWaitedFor leaves the marks of dead publishers whose $out never started.
func TestAnOutThatCannotStartIsNotWaitedFor(t *testing.T) {
	const soon = 1500 * time.Millisecond
	for what, c := range map[string]struct {
		change   func(t *testing.T, s *Store) // of the mark
		waits    time.Duration                // at least
		deadline time.Duration
	}{
		"by the same user":               {func(*testing.T, *Store) {}, 0, 20 * time.Second},
		"by another, whom this one sees": {func(t *testing.T, s *Store) { setField(t, s, "user", "admin.other") }, 0, 20 * time.Second},
		"by one that may start it still": {func(t *testing.T, s *Store) { setMark(t, s, "latest", soon) }, soon, 20 * time.Second},
		"by a program without latest":    {func(t *testing.T, s *Store) { unsetField(t, s, "latest") }, soon, soon},
	} {
		t.Run(what, func(t *testing.T) {
			s := newStore(t, Options{})
			l := acquire(t, s, "shop")
			v := load(t, s, l, sales(1, 10))
			r := publish(t, s, l, "2011-11-01", v)
			m := mark{Version: v.Location, Fence: l.Fence, Token: bson.NewObjectID().Hex(), Fields: shownFields(&v, mark{})}
			if _, err := s.reserve(t.Context(), l, "shop_sales", m, time.Minute, ""); err != nil {
				t.Fatal(err)
			}
			left := clock(t, s)
			setMark(t, s, "latest", -time.Millisecond)
			setMark(t, s, "deadline", c.deadline)
			c.change(t, s)
			refresh(t, s, l, r)
			took := clock(t, s).Sub(left)
			if took < c.waits || c.waits < c.deadline && took >= c.deadline {
				t.Errorf("the refresh took %s, expected at least %s; the deadline came after %s", took, c.waits, c.deadline)
			}
			if n, err := s.serving.Collection("shop_sales").CountDocuments(t.Context(), bson.D{}); n != 10 || err != nil {
				t.Errorf("%d rows are shown (%v), expected 10", n, err)
			}
		})
	}
}

func clock(t *testing.T, s *Store) time.Time {
	t.Helper()
	now, err := s.now(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return now
}

// setMark sets a time of the mark of shop_sales, from the server's now.
func setMark(t *testing.T, s *Store, name string, fromNow time.Duration) {
	t.Helper()
	setField(t, s, name, bson.D{{Key: "$add", Value: bson.A{"$$NOW", fromNow.Milliseconds()}}})
}

func setField(t *testing.T, s *Store, name string, value any) {
	t.Helper()
	change(t, s, stage("$set", bson.D{{Key: "marks.shop_sales." + name, Value: value}}))
}

func unsetField(t *testing.T, s *Store, name string) {
	t.Helper()
	change(t, s, stage("$unset", "marks.shop_sales."+name))
}

func change(t *testing.T, s *Store, how bson.D) {
	t.Helper()
	if _, err := s.pointers().UpdateOne(t.Context(), bson.D{{Key: "_id", Value: "shop"}}, bson.A{how}); err != nil {
		t.Fatal(err)
	}
}

// slowOut announces an $out as rewrite does, and starts it so that it takes three quarters of its time.
func slowOut(t *testing.T, s *Store, l gold.Lease, v *gold.Version, took time.Duration) mark {
	t.Helper()
	m := mark{Version: v.Location, Fence: l.Fence, Token: bson.NewObjectID().Hex(), Fields: shownFields(v, mark{})}
	m, err := s.reserve(t.Context(), l, v.Dataset.Collection, m, took, "")
	if err != nil {
		t.Fatal(err)
	}
	sleep := bson.D{{Key: "$function", Value: bson.D{
		{Key: "body", Value: "function(n) { sleep(n); return true; }"},
		{Key: "args", Value: bson.A{int32(took.Milliseconds() * 3 / 4 / v.Rows)}},
		{Key: "lang", Value: "js"},
	}}}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- s.releases.RunCommand(ctx, bson.D{
			{Key: "aggregate", Value: v.Location},
			{Key: "pipeline", Value: bson.A{
				stage("$match", bson.D{{Key: "$expr", Value: sleep}}),
				stage("$out", bson.D{{Key: "db", Value: s.serving.Name()}, {Key: "coll", Value: v.Dataset.Collection}}),
			}},
			{Key: "cursor", Value: bson.D{}},
			{Key: "maxTimeMS", Value: took.Milliseconds()},
			{Key: "comment", Value: m.comment()},
		}).Err()
	}()
	for deadline := time.Now().Add(took / 2); ; {
		if runs, err := s.runs(t.Context(), m, m.User); err != nil || time.Now().After(deadline) {
			t.Fatalf("the slow $out does not run: %v", err)
		} else if runs {
			break
		}
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Fatalf("the slow $out ended with %v before it was left alone", err)
	}
	return m
}

// expire ends the lease of a holder who is gone.
func expire(t *testing.T, s *Store, model string) {
	t.Helper()
	if _, err := s.pointers().UpdateOne(t.Context(), bson.D{{Key: "_id", Value: model}}, bson.A{stage("$set", bson.D{{Key: "lease.until", Value: "$$NOW"}})}); err != nil {
		t.Fatal(err)
	}
}

func TestOutThatStartsTooLateDoesNothing(t *testing.T) {
	s := failing(t, "off", bson.D{})
	s.refreshTTL = 300 * time.Millisecond
	l := acquire(t, s, "shop")
	refresh(t, s, l, publish(t, s, l, "2011-11-01", load(t, s, l, sales(1, 10))))
	old := load(t, s, l, sales(2, 30))
	m := mark{Version: old.ID, Fence: l.Fence, Token: bson.NewObjectID().Hex(), Fields: shownFields(&old, mark{})}
	m, err := s.reserve(t.Context(), l, "shop_sales", m, s.refreshTTL, "")
	if err != nil {
		t.Fatal(err)
	}
	// The publisher is stopped between mark and $out.
	time.Sleep(2 * s.refreshTTL)
	if err := s.out(t.Context(), &old, m, s.refreshTTL); !hasCode(err, codeBadValue) {
		t.Errorf("error is %v, expected BadValue", err)
	}
	if n, err := s.serving.Collection("shop_sales").CountDocuments(t.Context(), bson.D{}); n != 10 || err != nil {
		t.Errorf("%d rows are shown (%v), expected the 10 of before", n, err)
	}
	// One whose command is held up at the server starts again.
	arm(t, s, times(1), bson.D{{Key: "failCommands", Value: bson.A{"aggregate"}}, {Key: "blockConnection", Value: true}, {Key: "blockTimeMS", Value: 3 * s.refreshTTL.Milliseconds()}})
	refresh(t, s, l, publish(t, s, l, "2011-11-02", old))
	if n, err := s.serving.Collection("shop_sales").CountDocuments(t.Context(), bson.D{}); n != 30 || err != nil {
		t.Errorf("%d rows are shown (%v), expected 30", n, err)
	}
}
