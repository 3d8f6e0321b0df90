package storetest

import (
	"errors"
	"slices"
	"sync"
	"testing"

	"goldserve/gold"
)

// duplicateKeys checks that Append or, at the latest, Seal refuses a key that comes twice, and names it.
func duplicateKeys(t *testing.T, h Harness) {
	fields := []gold.Field{{Name: "shop", Kind: gold.Text}, {Name: "n", Kind: gold.Int}, {Name: "x", Kind: gold.Double, Nullable: true}}
	a, again, other := row("Tray, \"B/B\"", 7, 1.0), row("Tray, \"B/B\"", 7, nil), row("Tray, \"B/B\"", 8, 1.0)
	for _, c := range []struct {
		name     string
		batches  [][][]gold.Value
		parallel bool
	}{
		{"within a batch", [][][]gold.Value{{other, a, again}}, false},
		{"across batches", [][][]gold.Value{{other, a}, {again}}, false},
		{"across goroutines", [][][]gold.Value{{a}, {other}, {again}}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := fresh(t, h)
			tb := newTable("pairs", fields, 2, slices.Concat(c.batches...)...)
			l := acquire(t, s, model)
			defer giveBack(t, s, l)
			loader := open(t, s, l, tb)
			err := appendBatches(t, loader, tb, c.batches, c.parallel)
			if err == nil {
				_, err = loader.Seal(t.Context(), sealed(tb))
			}
			wantError(t, "append and seal", err, gold.Invalid, gold.CodeDuplicateKey)
			var duplicate gold.DuplicateKey
			if !errors.As(err, &duplicate) || !slices.Equal(duplicate.Key, a[:2]) {
				t.Errorf("the cause names key %s, expected %s", showRow(duplicate.Key), showRow(a[:2]))
			}
			if err := loader.Abort(t.Context()); err != nil {
				t.Errorf("abort: %v", err)
			}
			if st := state(t, s, model); len(st.Sealed)+len(st.Orphans) != 0 {
				t.Errorf("sealed %v, orphans %v, expected none", st.Sealed, st.Orphans)
			}
		})
	}
	t.Run("keys that only look the same are two", func(t *testing.T) {
		s := fresh(t, h)
		pair := []gold.Field{{Name: "a", Kind: gold.Text}, {Name: "b", Kind: gold.Text}}
		tb := newTable("pairs", pair, 2, row("a,b", "c"), row("a", "b,c"), row(`"a`, `b"`), row(`"a,b"`, ""), row("", "a,b"), row("a", "B,C"), row("é", ""), row("e\u0301", ""), row("a ", ""), row("a", ""))
		publish(t, s, instant("2011-12-09"), tb)
		wantTable(t, s, tb)
	})
}

// appendBatches returns the first error.
func appendBatches(t *testing.T, loader gold.Loader, tb table, batches [][][]gold.Value, parallel bool) error {
	errs := make([]error, len(batches))
	var wg sync.WaitGroup
	for i, rows := range batches {
		work := func() { errs[i] = loader.Append(t.Context(), batch(tb.Stored(), rows)) }
		if parallel {
			wg.Go(work)
		} else {
			work()
		}
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
