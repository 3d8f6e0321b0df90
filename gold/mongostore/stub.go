package mongostore

import (
	"context"
	"errors"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"goldserve/gold"
)

// noKey stands for a key that a release is found by no longer: the index has an empty list where it has those that goldserve 0.1.0
// made, which have none, and every publish looks for these.
const noKey = ""

// shrink leaves a stub of the releases whose rows are dropped, besides the newest gold.WholeRecords of them and those that are
// withdrawn, and forgets their seals and what they are found by. It goes up from where an earlier run came to, a few releases a
// run. records are those whose rows are not gone, or, as over says, go now: a release that was kept longer than the ones around
// it, as the last of its hour, is behind that place.
func (s *Store) shrink(ctx context.Context, l gold.Lease, p *pointer, records []releaseRecord, over []*releaseRecord) error {
	doing := "shrink the records of model " + p.Model
	there := map[int64]bool{p.Current: true}
	for i := range records {
		there[records[i].Key.Number] = true
	}
	var late []releaseRecord
	for _, r := range over {
		delete(there, r.Key.Number)
		if r.Key.Number <= p.Shrunk {
			late = append(late, *r)
		}
	}
	for some := range slices.Chunk(late, cleanedAtOnce) {
		if err := s.stub(ctx, p, some); err != nil {
			return s.fail(ctx, doing, err)
		}
	}
	last := p.Last
	for whole := 0; last > p.Shrunk; last-- {
		if there[last] {
			continue
		}
		if whole++; whole > gold.WholeRecords {
			break
		}
	}
	if last <= p.Shrunk {
		return nil
	}
	var next []releaseRecord
	between := bson.D{{Key: "_id", Value: bson.D{{Key: "$gt", Value: releaseKey{p.Model, p.Shrunk}}, {Key: "$lte", Value: releaseKey{p.Model, last}}}}}
	err := retry(ctx, func(int) error {
		cursor, err := s.records().Find(ctx, between, options.Find().SetSort(bson.D{{Key: "_id", Value: 1}}).SetLimit(cleanedAtOnce))
		return all(ctx, cursor, err, &next)
	})
	if err != nil {
		return s.fail(ctx, doing, err)
	}
	if len(next) == cleanedAtOnce {
		last = next[len(next)-1].Key.Number
	}
	gone := slices.DeleteFunc(next, func(r releaseRecord) bool { return there[r.Key.Number] })
	if err := s.stub(ctx, p, gone); err != nil {
		return s.fail(ctx, doing, err)
	}
	return s.set(ctx, l, doing, bson.D{{Key: "$max", Value: bson.D{{Key: "shrunk", Value: last}}}})
}

// stub leaves stubs of releases, but of none that is withdrawn or that another goldserve must read.
// It may be repeated.
func (s *Store) stub(ctx context.Context, p *pointer, records []releaseRecord) error {
	var updates []mongo.WriteModel
	ids, locations := bson.A{}, bson.A{}
	for i := range records {
		r := &records[i]
		if slices.Contains(p.Withdrawn, r.Key.Number) {
			continue
		}
		release, err := understood(s.release(ctx, p, r))
		if e, known := errors.AsType[*gold.Error](err); known && e.Code == gold.CodeVersionSkew {
			continue
		}
		if err != nil {
			return err
		}
		record, _, err := gold.EncodeRelease(release.Stub())
		if err != nil {
			return err
		}
		for _, v := range release.Versions {
			ids, locations = append(ids, sealKey{p.Model, v.Dataset.Name, v.ID}), append(locations, v.Location)
		}
		// An older release of the same content goes with it: the newest one decides what the content is taken for.
		for _, key := range r.Keys {
			if key == noKey {
				continue
			}
			updates = append(updates, mongo.NewUpdateManyModel().
				SetFilter(bson.D{{Key: "_id.model", Value: p.Model}, {Key: "keys", Value: key}, {Key: "_id.number", Value: bson.D{{Key: "$lt", Value: r.Key.Number}}}}).
				SetUpdate(bson.D{{Key: "$set", Value: bson.D{{Key: "keys.$", Value: noKey}}}}))
		}
		updates = append(updates, mongo.NewUpdateOneModel().SetFilter(bson.D{{Key: "_id", Value: r.Key}}).
			SetUpdate(bson.D{{Key: "$set", Value: bson.D{{Key: "record", Value: record}, {Key: "keys", Value: bson.A{noKey}}, {Key: "dropped", Value: true}}}}))
	}
	if len(updates) == 0 {
		return nil
	}
	err := retry(ctx, func(int) error {
		_, err := s.seals().DeleteMany(ctx, bson.D{
			{Key: "_id", Value: bson.D{{Key: "$in", Value: ids}}},
			{Key: "pruned", Value: true},
			{Key: "location", Value: bson.D{{Key: "$in", Value: locations}}},
		})
		return err
	})
	if err != nil {
		return err
	}
	err = retry(ctx, func(int) error {
		_, err := s.records().BulkWrite(ctx, updates)
		return err
	})
	for i := range records {
		s.cache.forget(p.Born, records[i].Key)
	}
	return err
}
