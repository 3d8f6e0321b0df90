//go:build e2e

package mongostore

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"goldserve/gold"
)

// publishCounted publishes a release that has one table of its own, as a publisher does that keeps two, and returns what the
// server looked at for it.
func publishCounted(t *testing.T, s *Store, version int) (read int) {
	t.Helper()
	profile := func(level int) {
		if err := s.releases.RunCommand(t.Context(), bson.D{{Key: "profile", Value: level}}).Err(); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.releases.Collection("system.profile").Drop(t.Context()); err != nil {
		t.Fatal(err)
	}
	profile(2)
	l := acquire(t, s, "shop")
	if _, err := s.DropOrphans(t.Context(), l, false); err != nil {
		t.Fatal(err)
	}
	shared := sales(1_000_000, 1)
	shared.Name, shared.Collection = "shared", ""
	r := publish(t, s, l, "2011-12-01", load(t, s, l, sales(version, 1)), load(t, s, l, shared))
	prune(t, s, gold.Prune{Lease: l, Keep: 2})
	if err := s.Release(t.Context(), l, &gold.Attempt{Command: "publish", Holder: l.Holder, Outcome: "published", Release: r.Number}); err != nil {
		t.Fatal(err)
	}
	profile(0)
	var found []struct {
		Keys int `bson:"keysExamined"`
		Docs int `bson:"docsExamined"`
	}
	cursor, err := s.releases.Collection("system.profile").Find(t.Context(), bson.D{})
	if err := all(t.Context(), cursor, err, &found); err != nil || len(found) == 0 {
		t.Fatalf("%d entries of the profile, %v", len(found), err)
	}
	for _, f := range found {
		read += f.Keys + f.Docs
	}
	return read
}

// addDropped adds releases from first to last that an earlier goldserve dropped, like a release that there is: whole, each with
// the seal of its table and an attempt.
func addDropped(t *testing.T, s *Store, like, first, last int64) {
	t.Helper()
	var record, seal, attempt bson.M
	for found, one := range map[*bson.M]*mongo.SingleResult{
		&record:  s.records().FindOne(t.Context(), bson.D{{Key: "_id.number", Value: like}}),
		&seal:    s.seals().FindOne(t.Context(), bson.D{{Key: "pruned", Value: true}}),
		&attempt: s.attempts().FindOne(t.Context(), bson.D{}),
	} {
		if err := one.Decode(found); err != nil {
			t.Fatal(err)
		}
	}
	id, location, content := seal["_id"].(bson.D)[2].Value.(string), seal["location"].(string), record["record"].(string)
	var records, seals, attempts []bson.M
	for n := first; n <= last; n++ {
		r, sealed, ended := maps.Clone(record), maps.Clone(seal), maps.Clone(attempt)
		gone := gold.Location("shop", "sales", fmt.Sprintf("%064d", n), n)
		r["record"] = strings.NewReplacer(id, fmt.Sprintf("%064d", n), location, gone).Replace(content)
		r["_id"], r["pruned"], r["dropped"] = releaseKey{"shop", n}, true, true
		r["keys"] = bson.A{fmt.Sprintf("versions %064d", n), fmt.Sprintf("rows %064d", n)}
		sealed["_id"], sealed["location"] = sealKey{"shop", "sales", fmt.Sprintf("%064d", n)}, gone
		ended["_id"] = bson.D{{Key: "model", Value: "shop"}, {Key: "fence", Value: n}}
		records, seals, attempts = append(records, r), append(seals, sealed), append(attempts, ended)
	}
	if _, err := s.attempts().DeleteMany(t.Context(), bson.D{}); err != nil {
		t.Fatal(err)
	}
	for in, all := range map[*mongo.Collection][]bson.M{s.records(): records, s.seals(): seals, s.attempts(): attempts} {
		if _, err := in.InsertMany(t.Context(), all); err != nil {
			t.Fatal(err)
		}
	}
	change(t, s, stage("$set", bson.D{{Key: "last", Value: last}, {Key: "fence", Value: last}}))
}

func count(t *testing.T, in *mongo.Collection, filter bson.D) int64 {
	t.Helper()
	n, err := in.CountDocuments(t.Context(), filter)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestAPublishCostsWhatItChanges counts what the server looks at, which no load of the machine changes. A store of many releases
// is cleaned up by many publishes, none of which looks at all of them.
func TestAPublishCostsWhatItChanges(t *testing.T) {
	const few, many, withdrawn = 4, 400, 8
	s := newStore(t, Options{})
	var before int
	for i := range few {
		before = publishCounted(t, s, i)
	}
	addDropped(t, s, 1, few+1, many)
	change(t, s, stage("$set", bson.D{{Key: "withdrawn", Value: bson.A{int64(withdrawn)}}}))
	most, last := 0, 0
	for i := range many / cleanedAtOnce {
		last = publishCounted(t, s, many+i)
		most = max(most, last)
	}
	t.Logf("the server looked at %d keys and documents for publish %d, then at most at %d, and in the end at %d", before, few, most, last)
	if most > before+many || last > before+3*gold.AttemptsKept/2 {
		t.Errorf("the server looked at %d keys and documents for publish %d, then at most at %d, and in the end at %d", before, few, most, last)
	}
	gone, whole := bson.E{Key: "dropped", Value: true}, bson.E{Key: "keys", Value: bson.D{{Key: "$gt", Value: noKey}}}
	if n := count(t, s.records(), bson.D{gone}); n != many+many/cleanedAtOnce-2 {
		t.Errorf("%d dropped releases are left, expected all but the two that are kept", n)
	}
	if n := count(t, s.records(), bson.D{gone, whole}); n != gold.WholeRecords+1 {
		t.Errorf("of %d dropped releases the whole records are left, expected %d and the withdrawn one", n, gold.WholeRecords)
	}
	if n := count(t, s.seals(), bson.D{{Key: "pruned", Value: true}}); n != gold.WholeRecords+1 {
		t.Errorf("%d seals of dropped tables are left, expected %d and that of the withdrawn release", n, gold.WholeRecords)
	}
	releases, err := s.Releases(t.Context(), gold.ReleaseQuery{Model: "shop"})
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range releases {
		if got, stub := r.Summarize(), r.Summary != nil; got.Datasets != 2 || got.Rows != 2 || stub != (i >= gold.WholeRecords+2 && r.Number != withdrawn) {
			t.Errorf("release %d is a stub: %t, %+v", r.Number, stub, got)
		}
	}
	if n := count(t, s.attempts(), bson.D{}); n != gold.AttemptsKept {
		t.Errorf("%d attempts are left, expected %d", n, gold.AttemptsKept)
	}
}
