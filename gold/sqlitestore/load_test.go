package sqlitestore

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"goldserve/gold"
)

func TestLoadersShareTheConnection(t *testing.T) {
	s := newStore(t)
	l := mustAcquire(t, s, "shop")
	const loaders, batches, size = 3, 30, 1500 // 135,000 rows: several commits, none at a loader's end
	var versions [loaders]gold.Version
	var wg sync.WaitGroup
	for n := range loaders {
		d := sales(fmt.Sprintf("sales%d", n))
		loader, err := s.Load(t.Context(), gold.Load{Lease: l, Dataset: d, ID: id(d.Name)})
		if err != nil {
			t.Fatal(err)
		}
		wg.Go(func() {
			var parts sync.WaitGroup
			for i := range batches {
				parts.Go(func() {
					if err := loader.Append(t.Context(), saleRows(&d, i*size, size)); err != nil {
						t.Error(err)
					}
				})
			}
			parts.Wait()
			v, err := loader.Seal(t.Context(), gold.Version{Rows: batches * size})
			if err != nil {
				t.Error(err)
				return
			}
			versions[n] = *v
		})
	}
	// One that is aborted while the others load.
	d := sales("aborted")
	aborted, err := s.Load(t.Context(), gold.Load{Lease: l, Dataset: d, ID: id(d.Name)})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(aborted.Append(t.Context(), saleRows(&d, 0, size)), aborted.Abort(t.Context())); err != nil {
		t.Error(err)
	}
	wg.Wait()
	mustPublish(t, s, l, "2011-12-09T00:00:00Z", versions[:]...)
	for n := range loaders {
		a := gold.Aggregation{Version: &versions[n], Measures: []gold.Measure{{Func: gold.Count}, {Func: gold.CountDistinct, Field: "id"}, {Func: gold.Max, Field: "id"}}}
		rows, err := s.Aggregate(t.Context(), a)
		if diff := cmp.Diff([][]string{{"45000", "45000", "44999"}}, cells(t, rows, err)); diff != "" {
			t.Errorf("loader %d (-want +got):\n%s", n, diff)
		}
	}
}

func TestADuplicateKeyIsNamed(t *testing.T) {
	pair := sales("pairs")
	pair.Key = []string{"product", "price"}
	for _, c := range []struct {
		name    string
		dataset gold.Dataset
		field   string
		key     []gold.Value
		says    string
	}{
		{"of one integer", sales("sales"), "id", []gold.Value{gold.NewInt(7)}, "key 7 comes more than once"},
		{"of several fields", pair, "product, price", []gold.Value{gold.NewText("PRODUCT 007"), gold.NewDecimal(7)}, "key PRODUCT 007, 0.07 comes more than once"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newStore(t)
			l := mustAcquire(t, s, "shop")
			loader, err := s.Load(t.Context(), gold.Load{Lease: l, Dataset: c.dataset, ID: id("1")})
			if err != nil {
				t.Fatal(err)
			}
			err = errors.Join(loader.Append(t.Context(), saleRows(&c.dataset, 0, 10)), loader.Append(t.Context(), saleRows(&c.dataset, 7, 1)))
			if err == nil {
				_, err = loader.Seal(t.Context(), gold.Version{Rows: 11})
			}
			wantError(t, err, gold.Invalid, gold.CodeDuplicateKey)
			var e *gold.Error
			var twice gold.DuplicateKey
			if !errors.As(err, &e) || !errors.As(err, &twice) {
				t.Fatalf("got %v", err)
			}
			if p := e.Problems[0]; p.Field != c.field || p.Detail != c.says || p.Code != gold.CodeDuplicateKey {
				t.Errorf("the problem is %+v, expected %q of %s", p, c.says, c.field)
			}
			if diff := cmp.Diff(c.key, twice.Key, cmp.Comparer(func(a, b gold.Value) bool { return a == b })); diff != "" {
				t.Errorf("the key (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAppendRefusesOtherColumns(t *testing.T) {
	s := newStore(t)
	l := mustAcquire(t, s, "shop")
	d := sales("sales")
	loader, err := s.Load(t.Context(), gold.Load{Lease: l, Dataset: d, ID: id("1")})
	if err != nil {
		t.Fatal(err)
	}
	without := d
	without.BI = nil
	swapped := saleRows(&d, 0, 2)
	swapped.Columns[0], swapped.Columns[1] = swapped.Columns[1], swapped.Columns[0]
	short := saleRows(&d, 0, 2)
	short.Rows = 3
	for name, b := range map[string]*gold.Batch{"no BI field": gold.NewBatch(without.Stored(), 1), "columns swapped": swapped, "a row too few": short} {
		if err := loader.Append(t.Context(), b); gold.KindOf(err) != gold.Internal || !strings.Contains(err.Error(), "dataset sales") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestALoaderThatHasEndedTakesNothing(t *testing.T) {
	s := newStore(t)
	l := mustAcquire(t, s, "shop")
	d := sales("sales")
	loader, err := s.Load(t.Context(), gold.Load{Lease: l, Dataset: d, ID: id("1")})
	if err != nil {
		t.Fatal(err)
	}
	if err := loader.Abort(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := loader.Append(t.Context(), saleRows(&d, 0, 1)); err == nil {
		t.Error("append after abort is no error")
	}
	if _, err := loader.Seal(t.Context(), gold.Version{}); err == nil {
		t.Error("seal after abort is no error")
	}
}

// A failed write undoes the open transaction, and with it the rows of every loader.
func TestAFailedWriteEndsEveryLoader(t *testing.T) {
	s := newStore(t)
	l := mustAcquire(t, s, "shop")
	var loaders []gold.Loader
	for _, name := range []string{"a", "b"} {
		d := sales(name)
		loader, err := s.Load(t.Context(), gold.Load{Lease: l, Dataset: d, ID: id(name)})
		if err != nil {
			t.Fatal(err)
		}
		loaders = append(loaders, loader)
	}
	d := sales("a")
	if err := loaders[1].Append(t.Context(), saleRows(&d, 0, 10)); err != nil {
		t.Fatal(err)
	}
	pages, err := s.writer.c.number(t.Context(), "PRAGMA page_count")
	if err == nil {
		err = s.writer.c.exec(t.Context(), fmt.Sprintf("PRAGMA max_page_count = %d", pages+2))
	}
	if err != nil {
		t.Fatal(err)
	}
	err = loaders[0].Append(t.Context(), saleRows(&d, 0, 5000))
	wantError(t, err, gold.Internal, gold.CodeStoreFailed)
	_, err = loaders[1].Seal(t.Context(), gold.Version{Rows: 10})
	wantError(t, err, gold.Internal, gold.CodeStoreFailed)
	for _, loader := range loaders {
		if err := loader.Abort(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if st, err := s.State(t.Context(), "shop"); err != nil || len(st.Sealed)+len(st.Orphans) != 0 {
		t.Errorf("state is %+v (%v)", st, err)
	}
}

// TestAFailedLoadGivesDiskBack: whatever ended the load, the file and its write-ahead log take what they took before.
func TestAFailedLoadGivesDiskBack(t *testing.T) {
	named := sales("sales")
	named.Key = []string{"product", "id"} // its index finds what comes twice, once everything is written
	for _, c := range []struct {
		name string
		kind gold.ErrorKind
		code gold.Code
		fail func(t *testing.T, s *Store, load gold.Loader) error
	}{
		{"a key that comes twice", gold.Invalid, gold.CodeDuplicateKey, func(t *testing.T, _ *Store, load gold.Loader) error {
			if err := load.Append(t.Context(), saleRows(&named, 0, 1)); err != nil {
				t.Fatal(err)
			}
			_, err := load.Seal(t.Context(), gold.Version{Rows: 60001})
			return err
		}},
		{"a full disk", gold.Internal, gold.CodeStoreFailed, func(t *testing.T, s *Store, load gold.Loader) error {
			pages, err := s.writer.c.number(t.Context(), "PRAGMA page_count")
			if err == nil {
				err = s.writer.c.exec(t.Context(), fmt.Sprintf("PRAGMA max_page_count = %d", pages+2))
			}
			if err != nil {
				t.Fatal(err)
			}
			return load.Append(t.Context(), saleRows(&named, 60000, 5000))
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newStore(t)
			l := mustAcquire(t, s, "shop")
			mustPublish(t, s, l, "2011-12-09T00:00:00Z", mustLoad(t, s, l, named, "served", saleRows(&named, 0, 1000)))
			before := size(t, s)
			load, err := s.Load(t.Context(), gold.Load{Lease: l, Dataset: named, ID: id("failed")})
			if err == nil {
				err = load.Append(t.Context(), saleRows(&named, 0, 60000))
			}
			if err != nil {
				t.Fatal(err)
			}
			wantError(t, c.fail(t, s, load), c.kind, c.code)
			if err := load.Abort(t.Context()); err != nil {
				t.Fatal(err)
			}
			log, err := os.Stat(s.path + "-wal")
			if err != nil {
				t.Fatal(err)
			}
			if after := size(t, s); after > before+64<<10 || log.Size() > 64<<10 {
				t.Errorf("the file takes %d bytes and its log %d, before the load it took %d", after, log.Size(), before)
			}
			if integrity, err := s.writer.c.texts(t.Context(), "PRAGMA integrity_check"); err != nil || integrity[0] != "ok" {
				t.Errorf("integrity: %v (%v)", integrity, err)
			}
		})
	}
}

func TestIndexesFollowTheContract(t *testing.T) {
	s := newStore(t)
	l := mustAcquire(t, s, "shop")
	d := sales("sales")
	d.Indexes = append(d.Indexes, gold.Index{{Field: "id"}}, gold.Index{{Field: "product"}}) // the key's, and one of biIndexes
	v := mustLoad(t, s, l, d, "1", saleRows(&d, 0, 10))
	mustPublish(t, s, l, "2011-12-09T00:00:00Z", v)
	list := `SELECT group_concat(substr(name, instr(name, '__by') + 5), ';') FROM (SELECT name FROM sqlite_schema WHERE type = 'index' AND name LIKE '%\_\_by%' ESCAPE '\' ORDER BY name)`
	db := outside(t, s.path)
	wantView(t, outsideText(t, db, list), "product;sold id")
	// A switch makes the indexes of a shared version those of the release, back and forth.
	v.Dataset.Indexes = []gold.Index{{{Field: "day", Desc: true}, {Field: "month_date"}}}
	r := mustPublish(t, s, l, "2011-12-10T00:00:00Z", v)
	wantView(t, outsideText(t, db, list), "-day month_date;product")
	report, err := s.Refresh(t.Context(), gold.Refresh{Lease: l, Release: r})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"gold_sales"}, report.Unchanged); diff != "" || len(report.Refreshed) != 0 {
		t.Errorf("report is %+v", report)
	}
	if _, err := s.RollBack(t.Context(), gold.Rollback{Lease: l, From: 2, To: 1}); err != nil {
		t.Fatal(err)
	}
	wantView(t, outsideText(t, db, list), "product;sold id")
}
