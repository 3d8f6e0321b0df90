//go:build e2e

package mongostore

import (
	"slices"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"goldserve/gold"
)

// locations returns the collections of versions that there are.
func locations(t *testing.T, s *Store) []string {
	t.Helper()
	names, err := s.releases.ListCollectionNames(t.Context(), bson.D{{Key: "name", Value: bson.D{{Key: "$regex", Value: "__"}}}})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(names)
	return names
}

func prune(t *testing.T, s *Store, p gold.Prune) *gold.PruneReport {
	t.Helper()
	report, err := s.Prune(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func TestRetention(t *testing.T) {
	s := newStore(t, Options{})
	l := acquire(t, s, "shop")
	shared := sales(100, 3)
	shared.Name, shared.Collection = "shared", ""
	both := load(t, s, l, shared)
	var loaded []gold.Version
	for i, asOf := range []string{"2011-09-30", "2011-10-10", "2011-10-31", "2011-11-10", "2011-11-30", "2011-12-01"} {
		loaded = append(loaded, load(t, s, l, sales(i+1, i+1)))
		publish(t, s, l, asOf, loaded[i], both)
	}
	first, err := s.Resolve(t.Context(), gold.Selector{Model: "shop", Number: 1})
	if err != nil {
		t.Fatal(err)
	}
	giveBack(t, s, l)
	l = acquire(t, s, "shop")

	// The two newest, and the last of December, November and October: 6, 5, 3.
	plan := gold.Prune{Lease: l, Keep: 2, Months: 3, Grace: time.Hour, DryRun: true}
	want := []int64{4, 2, 1}
	if report := prune(t, s, plan); !slices.Equal(report.Marked, want) || len(report.Dropped) > 0 {
		t.Errorf("dry run reports %+v, expected %v marked", report, want)
	}
	if len(locations(t, s)) != 7 {
		t.Error("a dry run drops")
	}
	plan.DryRun = false
	if report := prune(t, s, plan); !slices.Equal(report.Marked, want) || len(report.Dropped) > 0 {
		t.Errorf("the first run reports %+v, expected %v marked", report, want)
	}
	_, err = s.Resolve(t.Context(), gold.Selector{Model: "shop", Number: 4})
	wantError(t, "resolve a marked release", err, gold.Gone, gold.CodeReleasePruned)
	_, err = s.Resolve(t.Context(), gold.Selector{Model: "shop", AsOf: time.Date(2011, 10, 1, 0, 0, 0, 0, time.UTC)})
	wantError(t, "resolve before the oldest kept", err, gold.NotFound, gold.CodeNoReleaseAsOf)
	if n := rowsOf(t, s, gold.Query{Version: first.Version("sales")}); n != 1 {
		t.Errorf("an answer under the grace has %d rows, expected 1", n)
	}
	plan.Grace = 0
	if report := prune(t, s, plan); len(report.Marked) > 0 || !slices.Equal(report.Dropped, want) {
		t.Errorf("the run after the grace reports %+v, expected %v dropped", report, want)
	}
	kept := []string{both.Location, loaded[2].Location, loaded[4].Location, loaded[5].Location}
	slices.Sort(kept)
	if got := locations(t, s); !slices.Equal(got, kept) {
		t.Errorf("kept are %v, expected %v", got, kept)
	}
	for what, q := range map[string]gold.Query{
		"all":      {Version: first.Version("sales")},
		"filtered": {Version: first.Version("sales"), Where: []gold.Predicate{{Field: "id", Op: gold.Eq, Values: []gold.Value{gold.NewInt(0)}}}},
	} {
		rows, err := s.Rows(t.Context(), q)
		if err == nil {
			_, err = gold.EachBatch(t.Context(), rows, func(*gold.Batch) error { return nil })
		}
		wantError(t, what+" rows of a pruned release", err, gold.Gone, gold.CodeReleasePruned)
	}
	if report := prune(t, s, plan); len(report.Marked)+len(report.Dropped) > 0 {
		t.Errorf("a further run reports %+v", report)
	}
	list, err := s.Releases(t.Context(), gold.ReleaseQuery{Model: "shop"})
	if err != nil || len(list) != 6 || !list[2].Pruned || list[1].Pruned {
		t.Errorf("releases are %v (%v)", list, err)
	}
	// The same content can be published again.
	again := load(t, s, l, sales(1, 1))
	if n := rowsOf(t, s, gold.Query{Version: publish(t, s, l, "2011-12-02", again, both).Version("sales")}); n != 1 {
		t.Errorf("%d rows of a version that was pruned and loaded again, expected 1", n)
	}
}

func TestMarkedReleaseThatIsCurrentStays(t *testing.T) {
	s := newStore(t, Options{})
	l := acquire(t, s, "shop")
	r := publish(t, s, l, "2011-12-01", load(t, s, l, sales(1, 1)))
	// What a publisher does that was paused between looking at its lease and marking.
	if _, err := s.records().UpdateMany(t.Context(), bson.D{}, bson.A{stage("$set", bson.D{{Key: "pruned", Value: true}, {Key: "pruned_at", Value: "$$NOW"}})}); err != nil {
		t.Fatal(err)
	}
	giveBack(t, s, l)
	l = acquire(t, s, "shop")
	if report := prune(t, s, gold.Prune{Lease: l, Keep: 1}); len(report.Dropped) > 0 {
		t.Errorf("the current release is dropped: %+v", report)
	}
	if got, err := s.Resolve(t.Context(), gold.Selector{Model: "shop", Number: 1}); err != nil || got.Pruned || got.Number != r.Number {
		t.Errorf("release is %+v (%v)", got, err)
	}
}

func TestWhatIsBeingDroppedIsNeitherReusedNorNamed(t *testing.T) {
	s := newStore(t, Options{})
	l := acquire(t, s, "shop")
	v := load(t, s, l, sales(1, 10))
	giveBack(t, s, l)
	l = acquire(t, s, "shop")
	// A run that died between naming what it drops and dropping it.
	if err := s.set(t.Context(), l, "", bson.D{{Key: "$addToSet", Value: bson.D{{Key: "dropping", Value: v.Location}}}}); err != nil {
		t.Fatal(err)
	}
	if sealed := state(t, s, "shop").Sealed; len(sealed) > 0 {
		t.Errorf("reusable are %v", sealed)
	}
	_, err := s.Publish(t.Context(), gold.Publication{Lease: l, Release: &gold.Release{Model: "shop", Versions: []gold.Version{v}}})
	wantError(t, "switch", err, gold.Internal, gold.CodeReleaseInconsistent)
	again := load(t, s, l, sales(1, 10))
	if again.Location == v.Location {
		t.Fatal("the version was not loaded again")
	}
	publish(t, s, l, "2011-12-01", again)
	if _, err := s.DropOrphans(t.Context(), l, false); err != nil {
		t.Fatal(err)
	}
	if got := locations(t, s); !slices.Equal(got, []string{again.Location}) {
		t.Errorf("kept are %v, expected %s", got, again.Location)
	}
	if n := rowsOf(t, s, gold.Query{Version: &again}); n != 10 {
		t.Errorf("%d rows, expected 10", n)
	}
}

func TestSealOfALostCollectionIsReplaced(t *testing.T) {
	s := newStore(t, Options{})
	l := acquire(t, s, "shop")
	v := load(t, s, l, sales(1, 10))
	giveBack(t, s, l)
	if err := s.releases.Collection(v.Location).Drop(t.Context()); err != nil {
		t.Fatal(err)
	}
	l = acquire(t, s, "shop")
	if sealed := state(t, s, "shop").Sealed; len(sealed) > 0 {
		t.Errorf("reusable are %v", sealed)
	}
	again := load(t, s, l, sales(1, 10))
	if n := rowsOf(t, s, gold.Query{Version: &again}); n != 10 {
		t.Errorf("%d rows, expected 10", n)
	}
}
