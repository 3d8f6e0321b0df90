package sqlitestore

import (
	"context"
	"errors"
	"testing"
	"time"

	"goldserve/gold"
)

// endless never ends: after its first row, or before it.
const endless = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n WHERE i < 0 OR i = `

// Every step of an answer ends with the deadline, even one that finds no row.
func TestADeadlineEndsAStepThatFindsNothing(t *testing.T) {
	s := newStore(t)
	mustAcquire(t, s, "shop")
	v := &gold.Version{Dataset: sales("sales")}
	fields := v.Dataset.Fields[:1]
	t.Run("the first", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		b := &builder{}
		b.write(endless, "0")
		_, err := s.open(ctx, v, b, fields, 0)
		wantError(t, err, gold.Timeout, gold.CodeQueryTimeout)
	})
	t.Run("the second", func(t *testing.T) {
		b := &builder{}
		b.write(endless, "1")
		rows, err := s.open(t.Context(), v, b, fields, 0)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		_, err = rows.Next(ctx)
		wantError(t, err, gold.Timeout, gold.CodeQueryTimeout)
		if _, again := rows.Next(t.Context()); !errors.Is(again, err) {
			t.Errorf("after a failure: %v, expected %v", again, err)
		}
		if err := rows.Close(); err != nil {
			t.Errorf("close after a failure: %v", err)
		}
	})
	t.Run("a cancelled one", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(50*time.Millisecond, cancel)
		b := &builder{}
		b.write(endless, "0")
		if _, err := s.open(ctx, v, b, fields, 0); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, expected %v", err, context.Canceled)
		}
	})
	if n := len(s.pool.slots); n != 0 {
		t.Errorf("%d connections were not given back", n)
	}
	if _, err := s.State(t.Context(), "shop"); err != nil {
		t.Errorf("the connections are of no more use: %v", err)
	}
}

func TestRowsThatWerePrunedAreGone(t *testing.T) {
	s := newStore(t)
	l := mustAcquire(t, s, "shop")
	d := sales("sales")
	old := mustLoad(t, s, l, d, "1", saleRows(&d, 0, 10))
	mustPublish(t, s, l, "2011-12-08T00:00:00Z", old)
	mustPublish(t, s, l, "2011-12-09T00:00:00Z", mustLoad(t, s, l, d, "2", saleRows(&d, 0, 20)))
	q := gold.Query{Version: &old, Sort: []gold.Sort{{Field: "id"}}}
	rows, err := s.Rows(t.Context(), q) // from here on the statement is prepared
	if got := cells(t, rows, err); len(got) != 10 {
		t.Fatalf("%d rows, expected 10", len(got))
	}
	if _, err := s.Prune(t.Context(), gold.Prune{Lease: l, Keep: 1}); err != nil {
		t.Fatal(err)
	}
	_, err = s.Rows(t.Context(), q)
	wantError(t, err, gold.Gone, gold.CodeReleasePruned)
	joined := gold.Query{Version: &old, Where: []gold.Predicate{{Field: "paid", Op: gold.NotNull, Join: &gold.Join{Version: &old, On: "id", Key: "id"}}}}
	_, err = s.Rows(t.Context(), joined)
	wantError(t, err, gold.Gone, gold.CodeReleasePruned)
	outsideExec(t, outside(t, s.path), `UPDATE _goldserve_versions SET dropped_at = NULL`)
	_, err = s.Rows(t.Context(), q)
	wantError(t, err, gold.Internal, gold.CodeReleaseInconsistent)
}
