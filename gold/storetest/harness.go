package storetest

import (
	"testing"

	"goldserve/gold"
)

// Harness says how to open the store under test.
type Harness struct {
	// Fresh makes room for an empty store and returns what opens a handle on it. The suite closes the handles; Fresh
	// removes the rest when the test ends.
	Fresh func(t *testing.T) (open func(t *testing.T) gold.Store)
	// Expires says that a lease lapses by its TTL while its holder's handle is still open. Without it a lease lasts
	// until it is given back or its holder's handle is closed.
	Expires bool
}

// Run runs the whole suite.
func Run(t *testing.T, h Harness) {
	t.Run("lifecycle", func(t *testing.T) { lifecycle(t, h) })
	t.Run("duplicate keys", func(t *testing.T) { duplicateKeys(t, h) })
	t.Run("rows without a key", func(t *testing.T) { keyless(t, h) })
	t.Run("versions that extend others", func(t *testing.T) { extensions(t, h) })
	t.Run("orphans", func(t *testing.T) { orphans(t, h) })
	t.Run("retention", func(t *testing.T) { retention(t, h) })
	t.Run("lease", func(t *testing.T) { leases(t, h) })
	t.Run("rollback", func(t *testing.T) { rollback(t, h) })
	t.Run("time travel", func(t *testing.T) { timeTravel(t, h) })
	t.Run("a newer program's release", func(t *testing.T) { newer(t, h) })
	t.Run("two models", func(t *testing.T) { twoModels(t, h) })
	t.Run("readers while others publish", func(t *testing.T) { concurrent(t, h) })
	t.Run("refresh", func(t *testing.T) { refresh(t, h) })
	t.Run("values", func(t *testing.T) { values(t, h) })
	t.Run("where", func(t *testing.T) { where(t, h) })
	t.Run("operators", func(t *testing.T) { operators(t, h) })
	t.Run("folding", func(t *testing.T) { folding(t, h) })
	t.Run("sort", func(t *testing.T) { sorts(t, h) })
	t.Run("pages", func(t *testing.T) { pages(t, h) })
	t.Run("answers", func(t *testing.T) { answers(t, h) })
	t.Run("aggregate", func(t *testing.T) { aggregates(t, h) })
	t.Run("aggregate rules", func(t *testing.T) { aggregateRules(t, h) })
	t.Run("sums of wide decimals", func(t *testing.T) { wideSums(t, h) })
	t.Run("lookups", func(t *testing.T) { lookups(t, h) })
	t.Run("lookups of lookups", func(t *testing.T) { chains(t, h) })
	t.Run("random", func(t *testing.T) { Random(t, h, Seed(t), questions(t)) })
}

// fixture is a store under test and what opens further handles on it.
type fixture struct {
	gold.Store
	open func(t *testing.T) gold.Store
}

func fresh(t *testing.T, h Harness) *fixture {
	t.Helper()
	f := &fixture{open: h.Fresh(t)}
	f.Store = f.again(t)
	return f
}

// again opens another handle on the same store.
func (f *fixture) again(t *testing.T) gold.Store {
	t.Helper()
	s := &handle{Store: Strict(t, f.open(t))}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s
}

// handle is closed once: by a test, or when the test ends.
type handle struct {
	gold.Store
	closed bool
}

func (h *handle) Close() error {
	if h.closed {
		return nil
	}
	h.closed = true
	return h.Store.Close()
}
