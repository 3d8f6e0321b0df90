package columnar

import (
	"context"
	"errors"
	"maps"
	"path/filepath"
	"slices"
	"testing"

	"goldserve/gold"
	"goldserve/gold/sqlitestore"
	"goldserve/gold/storetest"
	"goldserve/gold/storetest/periodtest"
)

// eager is a store whose reader holds every version before it is asked, in blocks of a few rows. Each answer from memory is
// compared with the store's own, bit for bit.
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
	r.grid = grid{block: 16, chunk: 5, indexed: 3}
	return &eager{store, r, t}
}

// hold loads versions now. One that can't be loaded is left to the store.
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

// dimensions returns the versions that a question looks up fields in.
func dimensions(a gold.Aggregation) []*gold.Version {
	var versions []*gold.Version
	for _, p := range gold.Comparisons(a.Where) {
		versions = append(versions, p.Join.Versions()...)
	}
	for _, g := range a.Group {
		versions = append(versions, g.Join.Versions()...)
		if g.Age != nil {
			versions = append(versions, g.Age.Join.Versions()...)
		}
	}
	for _, m := range a.Measures {
		versions = append(versions, m.Join.Versions()...)
	}
	for _, alias := range a.Aliases {
		versions = append(versions, alias.Join.Versions()...)
	}
	for _, s := range a.Sort {
		versions = append(versions, s.Join.Versions()...)
	}
	return versions
}

// Prune lets go of what memory holds where rows were dropped: who reads by a version, past Resolve, asks for them again.
func (e *eager) Prune(ctx context.Context, p gold.Prune) (*gold.PruneReport, error) {
	report, err := e.Store.Prune(ctx, p)
	if err == nil && len(report.Dropped) > 0 {
		e.reader.mu.Lock()
		defer e.reader.mu.Unlock()
		e.reader.evict(slices.Collect(maps.Keys(*e.reader.held.Load())), "pruned")
	}
	return report, err
}

func (e *eager) Resolve(ctx context.Context, s gold.Selector) (*gold.Release, error) {
	return e.reader.Resolve(ctx, s)
}

func (e *eager) Rows(ctx context.Context, q gold.Query) (gold.Rows, error) {
	e.hold(append(dimensions(gold.Aggregation{Where: q.Where, Sort: q.Sort}), q.Version)...)
	if s := e.reader.snapshot(q.Version); s != nil && ctx.Err() == nil && q.Since == nil {
		e.compare(q, func(ctx context.Context) (gold.Rows, error) { return e.reader.rows(ctx, s, &q) },
			func(ctx context.Context) (gold.Rows, error) { return e.Store.Rows(ctx, q) })
	}
	return e.reader.Rows(ctx, q)
}

func (e *eager) Aggregate(ctx context.Context, a gold.Aggregation) (gold.Rows, error) {
	e.hold(append(dimensions(a), a.Version)...)
	if s := e.reader.snapshot(a.Version); s != nil && ctx.Err() == nil {
		e.compare(a, func(ctx context.Context) (gold.Rows, error) { return e.reader.aggregate(ctx, s, &a) },
			func(ctx context.Context) (gold.Rows, error) { return e.Store.Aggregate(ctx, a) })
	}
	return e.reader.Aggregate(ctx, a)
}

// compare holds memory's answer against the store's.
func (e *eager) compare(question any, memory, store func(context.Context) (gold.Rows, error)) {
	got, err := readRows(memory)
	want, wantErr := readRows(store)
	switch {
	case (err == nil) != (wantErr == nil) || gold.CodeOf(err) != gold.CodeOf(wantErr):
		e.t.Errorf("%+v: %v from memory, %v from the store", question, err, wantErr)
	case !slices.EqualFunc(got, want, slices.Equal):
		e.t.Errorf("%+v: %v from memory, %v from the store", question, got, want)
	}
}

// readRows reads an answer to its end.
func readRows(open func(context.Context) (gold.Rows, error)) ([][]gold.Value, error) {
	ctx := context.Background()
	rows, err := open(ctx)
	if err != nil {
		return nil, err
	}
	var all [][]gold.Value
	_, err = gold.EachBatch(ctx, rows, func(b *gold.Batch) error {
		for i := range b.Rows {
			all = append(all, b.Row(i, nil))
		}
		return nil
	})
	return all, err
}

func (e *eager) Close() error { return errors.Join(e.reader.Close(), e.Store.Close()) }

func openSQLite(t testing.TB, path string) gold.Store {
	t.Helper()
	s, err := sqlitestore.Open(t.Context(), path, sqlitestore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var harness = storetest.Harness{Fresh: func(t *testing.T) func(*testing.T) gold.Store {
	path := filepath.Join(t.TempDir(), "gold.db")
	return func(t *testing.T) gold.Store { return newEager(t, openSQLite(t, path)) }
}}

func TestSuite(t *testing.T) { storetest.Run(t, harness) }

func TestPeriods(t *testing.T) { periodtest.Run(t, harness, 120) }
