package storetest

import (
	"slices"
	"testing"

	"goldserve/gold"
)

// Earlier checks that a store which goldserve 0.1.0 wrote is read, published onto, rolled back and pruned. It is that of
// the retail model whose three releases are the three edge lakes; the third is withdrawn, the first pruned.
func Earlier(t *testing.T, open func(t *testing.T) gold.Store) {
	s := Strict(t, open(t))
	// Before anything is written.
	second := wantEarlier(t, s, 2)
	wantRecorded(t, s, second, 696)
	list := releases(t, s, gold.ReleaseQuery{Model: retail})
	if len(list) != 3 {
		t.Fatalf("%d releases, expected 3", len(list))
	}
	third := list[0]
	if !third.Withdrawn || third.Pruned || list[1].Withdrawn || list[1].Pruned || list[2].Withdrawn || !list[2].Pruned {
		t.Errorf("withdrawn and pruned are not the third and the first release: %+v", list)
	}
	_, err := s.Resolve(t.Context(), gold.Selector{Model: retail, Number: 1})
	wantError(t, "resolve the first release", err, gold.Gone, gold.CodeReleasePruned)
	wantFound(t, s, third.Keys(), 3)
	wantFound(t, s, second.Keys(), 2)
	wantNumbers(t, "those kept", releases(t, s, gold.ReleaseQuery{Model: retail, Kept: true}), 2)
	if st := state(t, s, retail); len(st.Sealed) != 32 || len(st.Orphans) != 0 || len(st.Stale) != 0 || len(st.Attempts) != 5 {
		t.Errorf("%d versions are sealed, orphans are %v, stale %v, %d attempts; expected 32, none, none, 5", len(st.Sealed), st.Orphans, st.Stale, len(st.Attempts))
	}

	// A release of the second's versions but one, with other words.
	l := acquire(t, s, retail)
	changed := table{Dataset: second.Version("ca_country").Dataset, rows: [][]gold.Value{row("FRANCE", 12.5)}}
	next := *second
	next.Versions = slices.Clone(second.Versions)
	for i := range next.Versions {
		if next.Versions[i].Dataset.Name == changed.Name {
			next.Versions[i] = load(t, s, l, changed)
		}
		next.Versions[i].Dataset.Doc.Description = map[string]string{"en": "in other words"}
	}
	if r := makeCurrent(t, s, l, &next); r.Number != 4 {
		t.Errorf("the release after 3 is %d", r.Number)
	}
	if _, err := s.Refresh(t.Context(), gold.Refresh{Lease: l, Release: resolve(t, s, gold.Selector{Model: retail})}); err != nil {
		t.Fatal(err)
	}
	giveBack(t, s, l)
	again := Strict(t, open(t))
	fourth := wantEarlier(t, again, 4)
	wantVersion(t, again, fourth.Version(changed.Name), changed)
	if got := fourth.Version("fact_achats").Dataset.Doc.Description["en"]; got != "in other words" {
		t.Errorf("the description of the fourth release is %q", got)
	}
	if got := resolve(t, again, gold.Selector{Model: retail, Number: 2}).Version("fact_achats").Dataset.Doc.Description["en"]; got == "in other words" {
		t.Error("the second release has the words of the fourth")
	}
	wantFound(t, again, third.Keys(), 3)
	wantFound(t, again, list[2].Keys(), 1)
	wantFound(t, again, fourth.Keys(), 4)

	// Forward to what was withdrawn, and back.
	wantRecorded(t, again, rollBack(t, again, retail, 3), 516)
	wantRecorded(t, again, rollBack(t, again, retail, 2), 696)
	if list := releases(t, again, gold.ReleaseQuery{Model: retail, Key: third.VersionsKey()}); len(list) != 1 || !list[0].Withdrawn {
		t.Errorf("the third release is %+v, expected one that is withdrawn", list)
	}

	l = acquire(t, again, retail)
	defer giveBack(t, again, l)
	wantPruned(t, again, gold.Prune{Lease: l}, gold.PruneReport{Marked: []int64{4, 3}, Dropped: []int64{4, 3}, Shared: sharedNames(fourth, changed.Name)})
	wantRecorded(t, again, wantEarlier(t, again, 2), 696)
	if st := state(t, again, retail); len(st.Sealed) != 16 {
		t.Errorf("%d versions are sealed after the prune, expected 16", len(st.Sealed))
	}
}

const retail = "retail"

// wantEarlier checks which release is current, and that each of its versions has the rows that it was recorded with.
func wantEarlier(t *testing.T, s gold.Store, number int64) *gold.Release {
	t.Helper()
	r := resolve(t, s, gold.Selector{Model: retail})
	if r.Number != number || r.Behind != 0 || len(r.Versions) != 16 {
		t.Fatalf("release %d with %d datasets is current, expected %d with 16", r.Number, len(r.Versions), number)
	}
	return r
}

// wantRecorded checks that each version of a release has the rows that were recorded of it, together so many.
func wantRecorded(t *testing.T, s gold.Store, r *gold.Release, want int64) {
	t.Helper()
	total := int64(0)
	for i := range r.Versions {
		v := &r.Versions[i]
		rows := selectRows(t, s, everything(v))
		if got := digest(v.Dataset.Fields, rows); got != v.Digest || int64(len(rows)) != v.Rows {
			t.Errorf("%s has %d rows of digest %.12s, recorded are %d of %.12s", v.Dataset.Name, len(rows), got, v.Rows, v.Digest)
		}
		total += v.Rows
	}
	if total != want {
		t.Errorf("release %d has %d rows, expected %d", r.Number, total, want)
	}
}

// wantFound checks that each key finds one release.
func wantFound(t *testing.T, s gold.Store, keys []string, number int64) {
	t.Helper()
	for _, key := range keys {
		list := releases(t, s, gold.ReleaseQuery{Model: retail, Key: key, Limit: 1})
		if len(list) != 1 || list[0].Number != number {
			t.Errorf("%.20s finds %+v, expected release %d", key, list, number)
		}
	}
}

// sharedNames are the datasets of a release but one.
func sharedNames(r *gold.Release, without string) []string {
	var names []string
	for _, v := range r.Versions {
		if v.Dataset.Name != without {
			names = append(names, v.Dataset.Name)
		}
	}
	return names
}
