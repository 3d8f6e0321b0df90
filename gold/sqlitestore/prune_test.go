package sqlitestore

import (
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"goldserve/gold"
)

// Releases 1 to 3 have two datasets; all three share the second one's version.
func TestPruneMarksAndDropsLater(t *testing.T) {
	s := newStore(t)
	l := mustAcquire(t, s, "shop")
	d, shared := sales("sales"), sales("shared")
	both := mustLoad(t, s, l, shared, "shared", saleRows(&shared, 0, 10))
	var versions []gold.Version
	for _, name := range []string{"1", "2", "3"} {
		versions = append(versions, mustLoad(t, s, l, d, name, saleRows(&d, 0, 20_000)))
		mustPublish(t, s, l, "2011-12-0"+name+"T00:00:00Z", versions[len(versions)-1], both)
	}
	full := size(t, s)
	prune := func(p gold.Prune, want gold.PruneReport) {
		t.Helper()
		p.Lease = l
		got, err := s.Prune(t.Context(), p)
		if err != nil {
			t.Fatal(err)
		}
		got.Why = nil // see storetest
		if diff := cmp.Diff(want, *got); diff != "" {
			t.Errorf("%+v (-want +got):\n%s", p, diff)
		}
	}
	prune(gold.Prune{Keep: 1, Grace: time.Hour, DryRun: true}, gold.PruneReport{Marked: []int64{2, 1}, Waiting: []int64{2, 1}})
	prune(gold.Prune{Keep: 2, Grace: time.Hour}, gold.PruneReport{Marked: []int64{1}, Waiting: []int64{1}})
	_, err := s.Resolve(t.Context(), gold.Selector{Model: "shop", Number: 1})
	wantError(t, err, gold.Gone, gold.CodeReleasePruned)
	asOf, _ := time.Parse(time.DateOnly, "2011-12-01")
	_, err = s.Resolve(t.Context(), gold.Selector{Model: "shop", AsOf: asOf})
	wantError(t, err, gold.NotFound, gold.CodeNoReleaseAsOf)
	if got := count(t, s, &versions[0]); got != "20000" {
		t.Errorf("within the grace a version has %s rows", got)
	}
	_, err = s.RollBack(t.Context(), gold.Rollback{Lease: l, From: 3, To: 1})
	wantError(t, err, gold.Gone, gold.CodeReleasePruned)

	prune(gold.Prune{Keep: 2, Grace: time.Hour}, gold.PruneReport{Waiting: []int64{1}})
	prune(gold.Prune{Keep: 2}, gold.PruneReport{Dropped: []int64{1}, Shared: []string{"shared"}})
	prune(gold.Prune{Keep: 1}, gold.PruneReport{Marked: []int64{2}, Dropped: []int64{2}, Shared: []string{"shared"}})
	if got := count(t, s, &versions[2]) + " " + count(t, s, &both); got != "20000 10" {
		t.Errorf("the current release has %s rows", got)
	}
	if got := size(t, s); got > full/2 {
		t.Errorf("the file has %d bytes after two of three versions were dropped, %d before", got, full)
	}
	list, err := s.Releases(t.Context(), gold.ReleaseQuery{Model: "shop"})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range list {
		if r.Pruned != (r.Number < 3) {
			t.Errorf("release %d is pruned: %v", r.Number, r.Pruned)
		}
	}
}

func count(t *testing.T, s *Store, v *gold.Version) string {
	t.Helper()
	rows, err := s.Aggregate(t.Context(), gold.Aggregation{Version: v, Measures: []gold.Measure{{Func: gold.Count}}})
	return cells(t, rows, err)[0][0]
}

func size(t *testing.T, s *Store) int64 {
	t.Helper()
	info, err := os.Stat(s.path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

// TestReleasesAreMeasuredByTheirTables: a version counts once, with its indexes, and is measured once.
func TestReleasesAreMeasuredByTheirTables(t *testing.T) {
	s := newStore(t)
	l := mustAcquire(t, s, "shop")
	d, shared := sales("sales"), sales("shared")
	both := mustLoad(t, s, l, shared, "shared", saleRows(&shared, 0, 10_000))
	before := size(t, s)
	for _, name := range []string{"1", "2", "3"} {
		mustPublish(t, s, l, "2011-12-0"+name+"T00:00:00Z", mustLoad(t, s, l, d, name, saleRows(&d, 0, 20_000)), both)
	}
	each := (size(t, s) - before) / 3 // and what a release's records take
	for _, c := range []struct {
		bytes  int64
		marked []int64
	}{{before + 3*each, nil}, {before + each*27/10, []int64{1}}, {before + each*17/10, []int64{2, 1}}, {each / 2, []int64{2, 1}}} {
		for range 2 {
			report, err := s.Prune(t.Context(), gold.Prune{Lease: l, Keep: 3, KeepBytes: c.bytes, DryRun: true})
			if err != nil || !slices.Equal(report.Marked, c.marked) {
				t.Errorf("within %d bytes %v expire (%v), expected %v: the first table takes %d, each other %d", c.bytes, report.Marked, err, c.marked, before, each)
			}
		}
	}
	if _, err := s.Prune(t.Context(), gold.Prune{Lease: l, Keep: 3, KeepBytes: 1 << 40}); err != nil {
		t.Fatal(err)
	}
	if got := outsideText(t, outside(t, s.path), `SELECT count(*) FROM _goldserve_versions WHERE json_extract(seal, '$.stored') > 100000`); got != "4" {
		t.Errorf("%s versions are measured, expected 4", got)
	}
}

// What a failed attempt has sealed is reused by the next one, and dropped once a grace has passed.
func TestPruneDropsSealedVersionsThatNoReleaseHas(t *testing.T) {
	s := newStore(t)
	l := mustAcquire(t, s, "shop")
	d := sales("sales")
	mustLoad(t, s, l, d, "never released", saleRows(&d, 0, 5))
	mustPublish(t, s, l, "2011-12-09T00:00:00Z", mustLoad(t, s, l, d, "released", saleRows(&d, 0, 6)))
	if dropped, err := s.DropOrphans(t.Context(), l, false); err != nil || len(dropped) > 0 {
		t.Errorf("dropped as orphans are %v (%v), expected none", dropped, err)
	}
	for _, c := range []struct {
		prune  gold.Prune
		sealed int
	}{
		{gold.Prune{Lease: l, Keep: 5, Grace: time.Hour}, 2},
		{gold.Prune{Lease: l, Keep: 5}, 1},
	} {
		if _, err := s.Prune(t.Context(), c.prune); err != nil {
			t.Fatal(err)
		}
		if st, err := s.State(t.Context(), "shop"); err != nil || len(st.Sealed) != c.sealed {
			t.Errorf("%+v leaves %d sealed versions (%v), expected %d", c.prune, len(st.Sealed), err, c.sealed)
		}
	}
	// A version that was dropped can be loaded again.
	mustGiveBack(t, s, l)
	l = mustAcquire(t, s, "shop")
	v := mustLoad(t, s, l, d, "never released", saleRows(&d, 0, 5))
	if got := count(t, s, &v); got != "5" {
		t.Errorf("%s rows, expected 5", got)
	}
}

func TestADryRunOverNothing(t *testing.T) {
	s := mustOpen(t, t.TempDir()+"/none.db", Options{ReadOnly: true})
	report, err := s.Prune(t.Context(), gold.Prune{Lease: gold.Lease{Model: "shop"}, Keep: 1, DryRun: true})
	if err != nil || len(report.Marked)+len(report.Dropped) != 0 {
		t.Errorf("report is %+v (%v)", report, err)
	}
	if orphans, err := s.DropOrphans(t.Context(), gold.Lease{Model: "shop"}, true); err != nil || len(orphans) != 0 {
		t.Errorf("orphans are %v (%v)", orphans, err)
	}
}

// TestStubsAreLeftSomeAtATime: of a store of before there were any, whose first release goes last.
func TestStubsAreLeftSomeAtATime(t *testing.T) {
	s := newStore(t)
	l := mustAcquire(t, s, "shop")
	d := sales("sales")
	v := mustLoad(t, s, l, d, "1", saleRows(&d, 0, 10))
	mustPublish(t, s, l, "2011-12-01T00:00:00Z", v)
	const old = 2*stubsAtOnce + gold.WholeRecords + 50
	db := outside(t, s.path)
	outsideExec(t, db, fmt.Sprintf(`WITH RECURSIVE n(n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM n WHERE n < %d)
		INSERT INTO _goldserve_releases SELECT model, n, as_of, published_at, 0, published_at, published_at, replace(record, '"number":1', '"number":' || n) FROM n, _goldserve_releases WHERE number = 1`, old))
	outsideExec(t, db, fmt.Sprintf(`UPDATE _goldserve_pointers SET last = %d`, old))
	for i, want := range []int{stubsAtOnce + 1, 2*stubsAtOnce + 2, 2*stubsAtOnce + 52} {
		mustPublish(t, s, l, "2011-12-02T00:00:00Z", v)
		if _, err := s.Prune(t.Context(), gold.Prune{Lease: l}); err != nil {
			t.Fatal(err)
		}
		stubs := `SELECT count(*) || ' up to ' || max(number) FROM _goldserve_releases WHERE json_extract(record, '$.summary.rows') = 10 AND json_extract(record, '$.number') = number`
		if got, want := outsideText(t, db, stubs), fmt.Sprintf("%d up to %[1]d", want); got != want {
			t.Errorf("after prune %d there are stubs of %s releases, expected %s", i+1, got, want)
		}
	}
}
