package columnar

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"goldserve/gold"
	"goldserve/gold/sqlitestore"
	"goldserve/gold/storetest"
)

// eager is a store whose reader holds every version before it is asked.
type eager struct {
	gold.Store
	reader *Reader
	t      testing.TB
}

func newEager(t testing.TB, store gold.Store) *eager {
	t.Helper()
	r, err := New(store, Config{Memory: 1 << 30})
	if err != nil {
		t.Fatal(err)
	}
	return &eager{store, r, t}
}

// hold loads a version now. One that can't be loaded is left to the store.
func (e *eager) hold(versions ...*gold.Version) {
	for _, v := range versions {
		if e.reader.snapshot(v) != nil {
			continue
		}
		if s, err := e.reader.load(context.Background(), v, 0); err == nil {
			e.reader.keep(v, s)
		}
	}
}

func lenders(where []gold.Predicate, groups []gold.Group) []*gold.Version {
	var versions []*gold.Version
	for _, p := range where {
		if p.Via != nil {
			versions = append(versions, p.Via.Version)
		}
	}
	for _, g := range groups {
		if g.Via != nil {
			versions = append(versions, g.Via.Version)
		}
	}
	return versions
}

func (e *eager) Resolve(ctx context.Context, s gold.Selector) (*gold.Release, error) {
	return e.reader.Resolve(ctx, s)
}

func (e *eager) Rows(ctx context.Context, q gold.Query) (gold.Rows, error) {
	e.hold(append(lenders(q.Where, nil), q.Version)...)
	if s := e.reader.snapshot(q.Version); s != nil && !errors.Is(ctx.Err(), context.Canceled) {
		if _, err := e.reader.rows(context.Background(), s, &q); errors.As(err, new(fallback)) {
			e.t.Errorf("%+v isn't answered from memory: %v", q, err)
		}
	}
	return e.reader.Rows(ctx, q)
}

func (e *eager) Aggregate(ctx context.Context, a gold.Aggregation) (gold.Rows, error) {
	e.hold(append(lenders(a.Where, a.Group), a.Version)...)
	if s := e.reader.snapshot(a.Version); s != nil {
		if _, err := e.reader.aggregate(context.Background(), s, &a); errors.As(err, new(fallback)) {
			e.t.Errorf("%+v isn't answered from memory: %v", a, err)
		}
	}
	return e.reader.Aggregate(ctx, a)
}

func (e *eager) Close() error { return errors.Join(e.reader.Close(), e.Store.Close()) }

func TestSuite(t *testing.T) {
	storetest.Run(t, storetest.Harness{Fresh: func(t *testing.T) func(*testing.T) gold.Store {
		path := filepath.Join(t.TempDir(), "gold.db")
		return func(t *testing.T) gold.Store {
			s, err := sqlitestore.Open(t.Context(), path, sqlitestore.Options{})
			if err != nil {
				t.Fatal(err)
			}
			return newEager(t, s)
		}
	}})
}
