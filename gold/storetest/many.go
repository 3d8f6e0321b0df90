package storetest

import (
	"slices"
	"testing"
	"time"

	"goldserve/gold"
)

// Many checks that a publish costs no more after 20,000 releases than after ten, and that pages of releases go on. s is
// the store of Earlier. add records releases from first to last that a publisher made, each with one version that the one
// before has not, and that were pruned since: they are like the release of a number.
func Many(t *testing.T, s gold.Store, add func(t *testing.T, like, first, last int64)) {
	const few, many, tries, rounds = 10, 20_000, 5, 6
	base := *resolve(t, s, gold.Selector{Model: retail})
	base.Quality = nil
	base.Versions = slices.DeleteFunc(slices.Clone(base.Versions), func(v gold.Version) bool {
		return !slices.Contains([]string{"ca_country", "dim_clients", "client_scores", "fact_achats"}, v.Dataset.Name)
	})
	next := state(t, s, retail).Last + 1
	for ; next < few; next++ {
		publishTimed(t, s, base, next)
	}
	measure := func() time.Duration {
		best := time.Hour
		for range tries {
			best = min(best, publishTimed(t, s, base, next))
			next++
		}
		return best
	}
	before := measure()
	add(t, next-1, next, many-tries)
	next = many - tries + 1
	after := measure()
	// What a busy machine adds, another look may not; what each release adds, every look does.
	for round := 1; after > before*3/2 && round < rounds; round++ {
		after = min(after, measure())
	}
	t.Logf("the tenth publish takes %v, the last of %d %v", before, many, after)
	if after > before*3/2 {
		t.Errorf("a publish after %d releases takes %v, one after %d %v: expected at most 1.5 times that", many, after, few, before)
	}

	for range 12 { // the first ones drop what was kept from before, the others what has been added
		publishTimed(t, s, base, next)
		next++
	}

	// Pages, and what is found among them: the records of the newest are whole, of the others a summary remains.
	newest := next - 1
	want, pruned := newest, 0
	for range 3 {
		start := time.Now()
		page := releases(t, s, gold.ReleaseQuery{Model: retail, Before: want + 1, Limit: 100})
		t.Logf("a page of %d releases takes %v", len(page), time.Since(start))
		for _, r := range page {
			if r.Pruned {
				pruned++
			}
			if got := r.Summarize(); r.Number != want || got.Datasets != len(base.Versions) || got.Rows == 0 {
				t.Fatalf("release %d with %+v in a page, expected %d with %d datasets", r.Number, got, want, len(base.Versions))
			}
			if r.Summary != nil && (r.Withdrawn || pruned <= gold.WholeRecords) {
				t.Fatalf("release %d, withdrawn: %v, the newest but %d of those that were pruned, is a stub", r.Number, r.Withdrawn, pruned)
			}
			want--
		}
	}
	wantFound(t, s, resolve(t, s, gold.Selector{Model: retail}).Keys(), newest)
	if r := resolve(t, s, gold.Selector{Model: retail, AsOf: instant("2999-12-31")}); r.Number != newest {
		t.Errorf("the release as of the year 2999 is %d", r.Number)
	}
}

// publishTimed does what a publisher does whose lake has one changed table, and returns what that took.
func publishTimed(t *testing.T, s gold.Store, base gold.Release, number int64) time.Duration {
	t.Helper()
	changed := table{Dataset: base.Version("ca_country").Dataset, rows: [][]gold.Value{row("FRANCE", float64(number))}}
	start := time.Now()
	l := acquire(t, s, retail)
	if _, err := s.DropOrphans(t.Context(), l, false); err != nil {
		t.Fatal(err)
	}
	r := base
	r.Versions = slices.Clone(base.Versions)
	for i := range r.Versions {
		if r.Versions[i].Dataset.Name == changed.Name {
			r.Versions[i] = load(t, s, l, changed)
		}
	}
	for _, key := range r.Keys() {
		if found := releases(t, s, gold.ReleaseQuery{Model: retail, Key: key, Limit: 1}); len(found) > 0 {
			t.Fatalf("release %d has this content already", found[0].Number)
		}
	}
	if made := makeCurrent(t, s, l, &r); made.Number != number {
		t.Fatalf("release %d was made, expected %d", made.Number, number)
	}
	if _, err := s.Prune(t.Context(), gold.Prune{Lease: l, Keep: 10, Months: 12}); err != nil {
		t.Fatal(err)
	}
	giveBack(t, s, l)
	return time.Since(start)
}
