//go:build e2e

package mongostore

import (
	"bufio"
	"compress/gzip"
	"fmt"
	"maps"
	"os"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"goldserve/gold"
	"goldserve/gold/storetest"
)

// loadEarlier fills the databases of a store with what goldserve 0.1.0 wrote.
func loadEarlier(t *testing.T, s *Store) {
	t.Helper()
	packed, err := os.Open("testdata/store-0.1.0.jsonl.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = packed.Close() }()
	file, err := gzip.NewReader(packed)
	if err != nil {
		t.Fatal(err)
	}
	documents := map[[2]string][]bson.D{}
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var line struct {
			DB    string `bson:"db"`
			In    string `bson:"in"`
			Doc   bson.D `bson:"doc"`
			Index struct {
				Key  bson.D `bson:"key"`
				Name string `bson:"name"`
			} `bson:"index"`
		}
		if err := bson.UnmarshalExtJSON(lines.Bytes(), true, &line); err != nil {
			t.Fatal(err)
		}
		db := s.releases
		if line.DB == "serving" {
			db = s.serving
		}
		if line.Doc != nil {
			documents[[2]string{db.Name(), line.In}] = append(documents[[2]string{db.Name(), line.In}], line.Doc)
			continue
		}
		spec := bson.D{{Key: "key", Value: line.Index.Key}, {Key: "name", Value: line.Index.Name}}
		if err := db.RunCommand(t.Context(), bson.D{{Key: "createIndexes", Value: line.In}, {Key: "indexes", Value: bson.A{spec}}}).Err(); err != nil {
			t.Fatal(err)
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	for in, all := range documents {
		if _, err := s.client.Database(in[0]).Collection(in[1]).InsertMany(t.Context(), all); err != nil {
			t.Fatal(err)
		}
	}
}

func TestEarlierStore(t *testing.T) {
	uri, name := database(t)
	open := func(t *testing.T) *Store {
		s := mustOpen(t, uri, Options{Database: name})
		t.Cleanup(func() { closes(t, s) })
		return s
	}
	loadEarlier(t, open(t))
	storetest.Earlier(t, func(t *testing.T) gold.Store { return open(t) })
}

func TestManyReleases(t *testing.T) {
	s := newStore(t, Options{})
	loadEarlier(t, s)
	storetest.Many(t, s, func(t *testing.T, like, first, last int64) {
		var r, seal, attempt bson.M
		for found, one := range map[*bson.M]*mongo.SingleResult{
			&r:       s.records().FindOne(t.Context(), bson.D{{Key: "_id.number", Value: like}}),
			&seal:    s.seals().FindOne(t.Context(), bson.D{{Key: "_id.dataset", Value: "ca_country"}}),
			&attempt: s.attempts().FindOne(t.Context(), bson.D{}),
		} {
			if err := one.Decode(found); err != nil {
				t.Fatal(err)
			}
		}
		var releases, seals, attempts []bson.M
		for n := first; n <= last; n++ {
			release, sealed, ended := maps.Clone(r), maps.Clone(seal), maps.Clone(attempt)
			release["_id"] = releaseKey{"retail", n}
			release["pruned"], release["dropped"] = true, true
			release["keys"] = bson.A{fmt.Sprintf("versions %064d", n), fmt.Sprintf("rows %064d", n), "rows of all"}
			sealed["_id"] = sealKey{"retail", "ca_country", fmt.Sprintf("%064d", n)}
			sealed["pruned"], sealed["record"], sealed["location"] = true, "", fmt.Sprintf("retail__ca_country__gone__f%d", n)
			ended["_id"] = bson.D{{Key: "model", Value: "retail"}, {Key: "fence", Value: n + last}}
			releases, seals, attempts = append(releases, release), append(seals, sealed), append(attempts, ended)
		}
		for in, all := range map[*mongo.Collection][]bson.M{s.records(): releases, s.seals(): seals, s.attempts(): attempts} {
			if _, err := in.InsertMany(t.Context(), all); err != nil {
				t.Fatal(err)
			}
		}
		_, err := s.pointers().UpdateOne(t.Context(), bson.D{}, bson.D{{Key: "$set", Value: bson.D{{Key: "last", Value: last}, {Key: "fence", Value: 2 * last}}}})
		if err != nil {
			t.Fatal(err)
		}
	})
	testReleasesOfAKey(t, s)
}

// testReleasesOfAKey reads a few of 20,000 releases that have one key: no more are read than are asked for, and none is sorted.
func testReleasesOfAKey(t *testing.T, s *Store) {
	t.Helper()
	profile := func(level int) {
		if err := s.releases.RunCommand(t.Context(), bson.D{{Key: "profile", Value: level}}).Err(); err != nil {
			t.Fatal(err)
		}
	}
	for _, q := range []gold.ReleaseQuery{{Key: "rows of all", Limit: 3}, {Key: "rows of all", Limit: 3, Before: 1000}, {Key: "no such rows", Limit: 3}, {Limit: 3}} {
		q.Model = "retail"
		if _, err := s.Releases(t.Context(), q); err != nil { // its releases are in the cache by then
			t.Fatal(err)
		}
		if err := s.releases.Collection("system.profile").Drop(t.Context()); err != nil {
			t.Fatal(err)
		}
		profile(2)
		found, err := s.Releases(t.Context(), q)
		profile(0)
		if err != nil || len(found) != 3 && q.Key != "no such rows" || q.Before > 0 && found[0].Number != q.Before-1 {
			t.Fatalf("%+v: %d releases, %v", q, len(found), err)
		}
		var read []struct {
			Keys int  `bson:"keysExamined"`
			Docs int  `bson:"docsExamined"`
			Sort bool `bson:"hasSortStage"`
		}
		cursor, err := s.releases.Collection("system.profile").Find(t.Context(), bson.D{{Key: "ns", Value: s.releases.Name() + ".releases"}})
		if err := all(t.Context(), cursor, err, &read); err != nil || len(read) == 0 {
			t.Fatalf("%d entries of the profile, %v", len(read), err)
		}
		for _, r := range read {
			if r.Docs > 10 || r.Keys > 20 || r.Sort {
				t.Errorf("%+v: %+v", q, r)
			}
		}
	}
}
