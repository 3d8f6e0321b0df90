package mongostore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"goldserve/gold"
)

// Rows that were appended to a collection have the number of their segment; those that it was made with have none. A version
// is a prefix of them, so what is appended for a later one changes nothing for who reads an earlier one.

// collectionOf returns the name of the collection of a location.
func collectionOf(location string) string {
	name, _ := gold.SplitLocation(location)
	return name
}

// holds reports whether the collection of a location is among names, and stays: it may not be gone at any moment.
func (p *pointer) holds(names map[string]string, location string) bool {
	collection := collectionOf(location)
	_, there := names[collection]
	return there && !slices.Contains(p.Dropping, collection)
}

// within returns the condition that rows are those of a version; nil: all of its collection are.
func within(v *gold.Version) bson.D {
	_, segment := gold.SplitLocation(v.Location)
	if segment < 0 {
		return nil
	}
	return bson.D{{Key: gold.SegmentField, Value: bson.D{{Key: "$not", Value: bson.D{{Key: "$gt", Value: segment}}}}}}
}

// between returns the condition that rows came with a segment after one, up to another.
func between(after, last int64) bson.D {
	return bson.D{{Key: gold.SegmentField, Value: bson.D{{Key: "$gt", Value: after}, {Key: "$lte", Value: last}}}}
}

// segmentIndex is the name of the index of the rows that were appended to a collection.
const segmentIndex = "appended"

// createSegmentIndex makes the index of the rows that will be appended to a collection: those that it is made with are not in it.
func (s *Store) createSegmentIndex(ctx context.Context, collection string) error {
	bounded, cancel := context.WithTimeout(ctx, indexTime(0))
	defer cancel()
	return s.fail(ctx, "index "+collection, s.createIndexes(bounded, s.releases, collection, bson.A{bson.D{
		{Key: "key", Value: bson.D{{Key: gold.SegmentField, Value: 1}}},
		{Key: "name", Value: segmentIndex},
		{Key: "partialFilterExpression", Value: bson.D{{Key: gold.SegmentField, Value: bson.D{{Key: "$exists", Value: true}}}}},
	}}))
}

// extend moves the rows that were appended into the collection of the version that they extend. They were written to one of
// their own: a client that was paused, and whose lease is another's by now, writes into no collection that has others' rows,
// but by commands that the server refuses to start late: see announced.
func (l *loader) extend(ctx context.Context, p *pointer, rows int64) error {
	s, name := l.s, collectionOf(l.location)
	seals, names, err := s.stored(ctx, p.Model)
	if err != nil {
		return err
	}
	if last, sealed := gold.LastSegments(maps.Keys(seals))[name]; !sealed || last != l.segment-1 || !p.holds(names, name) {
		return gold.Errorf(gold.Internal, gold.CodeReleaseInconsistent, "dataset %s: version %s can't be extended: it is not sealed, or another one extends it; run it again", l.load.Dataset.Name, l.load.Extends.Location)
	}
	user, err := s.user(ctx)
	if err != nil {
		return err
	}
	m := mark{Version: l.location, Fence: l.load.Lease.Fence, User: user, Database: s.releases.Name()}
	work := announcement{lease: l.load.Lease, collection: name, doing: "append to " + name, took: s.refreshTime(rows), run: l.move}
	if err := s.announced(ctx, m, work); err != nil {
		return err
	}
	var n int64
	err = retry(ctx, func(int) (err error) {
		n, err = s.releases.Collection(name).CountDocuments(ctx, bson.D{{Key: gold.SegmentField, Value: l.segment}})
		return err
	})
	if err == nil && n != rows {
		return gold.Errorf(gold.Internal, gold.CodeRowCount, "load %s: MongoDB holds %d rows of %d that were appended to %s; run the publish again", l.load.Dataset.Name, n, rows, name)
	}
	return s.fail(ctx, "count the rows that were appended to "+name, err)
}

// move removes what an earlier try left in the collection, and copies the appended rows into it.
func (l *loader) move(ctx context.Context, m mark, took time.Duration) error {
	name := collectionOf(l.location)
	left := append(bson.D{{Key: gold.SegmentField, Value: bson.D{{Key: "$gte", Value: l.segment}}}}, m.inTime()...)
	err := l.s.command(ctx, bson.D{
		{Key: "delete", Value: name},
		{Key: "deletes", Value: bson.A{bson.D{{Key: "q", Value: left}, {Key: "limit", Value: 0}}}},
	}, m, took)
	if err != nil {
		return err
	}
	err = l.s.command(ctx, bson.D{
		{Key: "aggregate", Value: l.collection},
		{Key: "pipeline", Value: bson.A{
			stage("$match", m.inTime()),
			stage("$set", bson.D{{Key: gold.SegmentField, Value: l.segment}}),
			stage("$merge", bson.D{
				{Key: "into", Value: bson.D{{Key: "db", Value: l.s.releases.Name()}, {Key: "coll", Value: name}}},
				{Key: "on", Value: "_id"},
				{Key: "whenMatched", Value: "fail"},
				{Key: "whenNotMatched", Value: "insert"},
			}),
		}},
		{Key: "cursor", Value: bson.D{}},
		majority(),
	}, m, took)
	if hasCode(err, codeDuplicateKey) {
		return l.repeats(ctx, err)
	}
	return err
}

// repeats returns the error of a key that an appended row and one of an earlier segment have.
func (l *loader) repeats(ctx context.Context, err error) error {
	doing := "look for the key that comes twice in " + l.load.Dataset.Name
	if l.load.Dataset.Keyless() {
		return l.s.fail(ctx, doing, err)
	}
	var found []struct {
		ID bson.RawValue `bson:"_id"`
	}
	pipeline := bson.A{
		stage("$lookup", bson.D{
			{Key: "from", Value: collectionOf(l.location)},
			{Key: "localField", Value: "_id"},
			{Key: "foreignField", Value: "_id"},
			{Key: "pipeline", Value: bson.A{stage("$match", within(l.load.Extends)), stage("$project", bson.D{{Key: "_id", Value: 1}})}},
			{Key: "as", Value: "_of"},
		}),
		stage("$match", bson.D{{Key: "_of", Value: bson.D{{Key: "$ne", Value: bson.A{}}}}}),
		stage("$limit", 1),
	}
	failed := retry(ctx, func(int) error {
		cursor, err := l.s.releases.Collection(l.collection).Aggregate(ctx, pipeline)
		return all(ctx, cursor, err, &found)
	})
	if failed != nil || len(found) == 0 {
		return l.s.fail(ctx, doing, errors.Join(failed, err))
	}
	fields := l.load.Dataset.KeyFields()
	r := &rows{s: l.s, version: l.load.Extends, filtered: true, decoder: newDecoder(fields, nil)}
	defer func() { _ = r.Close() }() // it was only read
	failed = r.open(ctx, bson.D{{Key: "find", Value: l.collection}, {Key: "filter", Value: bson.D{{Key: "_id", Value: bson.D{{Key: "$eq", Value: found[0].ID}}}}}, {Key: "limit", Value: 1}})
	if failed != nil {
		return failed
	}
	b, failed := r.Next(ctx)
	if failed != nil {
		return failed
	}
	return duplicateKey(&encoder{fields: fields, key: places(len(fields)), hidden: -1}, b, 0)
}

// places returns the numbers from 0 to below n.
func places(n int) []int {
	places := make([]int, n)
	for i := range places {
		places[i] = i
	}
	return places
}

// resumed has the seal of a version that another one extends no longer name its files: it can't be extended again, and all
// seals of a collection would name each file as often as versions have it.
func (s *Store) resumed(ctx context.Context, v *gold.Version) error {
	doing := "seal what extends " + v.Location
	short := *v
	short.Resume = nil
	record, err := json.Marshal(&short)
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	filter := bson.D{
		{Key: "_id", Value: sealKey{v.Dataset.Model, v.Dataset.Name, v.ID}},
		{Key: "location", Value: v.Location},
		{Key: "pruned", Value: false},
	}
	err = retry(ctx, func(int) error {
		_, err := s.seals().UpdateOne(ctx, filter, bson.D{{Key: "$set", Value: bson.D{{Key: "record", Value: string(record)}}}})
		return err
	})
	return s.fail(ctx, doing, err)
}

// retire makes the seals of prefixes that no release has, and that were sealed before a time by an earlier lease, no longer
// usable. Their collections stay, as longer ones need them, and so does the seal of the longest, which may be extended.
func (s *Store) retire(ctx context.Context, l gold.Lease, seals map[string]sealRecord, needed map[string]bool, end time.Time) error {
	last := gold.LastSegments(maps.Keys(seals))
	var keys []sealKey
	for location, seal := range seals {
		name, segment := gold.SplitLocation(location)
		if segment >= 0 && segment < last[name] && !needed[location] && seal.Fence < l.Fence && !seal.SealedAt.After(end) {
			keys = append(keys, seal.Key)
		}
	}
	if len(keys) == 0 {
		return nil
	}
	if _, err := s.held(ctx, l); err != nil {
		return err
	}
	err := retry(ctx, func(int) error {
		_, err := s.seals().UpdateMany(ctx, bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: keys}}}},
			bson.D{{Key: "$set", Value: bson.D{{Key: "pruned", Value: true}, {Key: "record", Value: ""}}}})
		return err
	})
	return s.fail(ctx, "withdraw seals that no release has", err)
}

// withdraw makes the seals of a damaged version that is replaced, and of those that have rows in common with it, no longer
// usable.
func (s *Store) withdraw(ctx context.Context, key sealKey, replacement string) error {
	old, err := s.seal(ctx, key)
	if err != nil || old == nil || old.Location == replacement {
		return err
	}
	name, segment := gold.SplitLocation(old.Location)
	if segment < 0 {
		return nil
	}
	seals, err := s.sealsOf(ctx, key.Model)
	if err != nil || seals[old.Location].Key != key {
		return err
	}
	return s.unseal(ctx, key.Model, seals, []string{name})
}

// unseal marks the seals of the versions in some collections as pruned. It looks among those that are not, which are few.
func (s *Store) unseal(ctx context.Context, model string, seals map[string]sealRecord, collections []string) error {
	locations := slices.Clone(collections)
	for location := range seals {
		if name := collectionOf(location); name != location && slices.Contains(collections, name) {
			locations = append(locations, location)
		}
	}
	err := retry(ctx, func(int) error {
		_, err := s.seals().UpdateMany(ctx, append(sealed(model), bson.E{Key: "location", Value: bson.D{{Key: "$in", Value: locations}}}),
			bson.D{{Key: "$set", Value: bson.D{{Key: "pruned", Value: true}, {Key: "record", Value: ""}}}})
		return err
	})
	return s.fail(ctx, "withdraw seals", err)
}
