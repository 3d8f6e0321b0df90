package mongostore

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"goldserve/gold"
)

// layoutNumber is the number of the layout of this package's own collections: goldserve 0.1.0's, which says none, is 1;
// 2 has contracts and layout besides, and indexes, so that neither a publish nor a page of releases depends on how many
// there were. Who publishes makes it so; a higher one is refused. Who reads goes by what releases require: see gold.Knows.
const layoutNumber = 2

// layoutIndexes are those of this package's own collections.
var layoutIndexes = []struct {
	collection, name string
	key, where       bson.D // where nil: of all documents
}{
	{"releases", "kept", bson.D{{Key: "_id.model", Value: 1}, {Key: "_id.number", Value: -1}}, bson.D{{Key: "dropped", Value: false}}},
	{"releases", "found", bson.D{{Key: "_id.model", Value: 1}, {Key: "keys", Value: 1}, {Key: "_id.number", Value: -1}}, nil},
	{"seals", "there", bson.D{{Key: "_id.model", Value: 1}}, bson.D{{Key: "pruned", Value: false}}},
}

func (s *Store) layouts() *mongo.Collection   { return s.releases.Collection("layout") }
func (s *Store) contracts() *mongo.Collection { return s.releases.Collection("contracts") }

// prepare makes the layout that this program writes, and the releases of a model found by their keys. Unavailable
// version_skew where a newer goldserve made another. It may be repeated, and by several at once.
func (s *Store) prepare(ctx context.Context, model string) error {
	var layout struct {
		Number int64 `bson:"number"`
	}
	doing := "prepare " + s.releases.Name()
	err := retry(ctx, func(int) error {
		err := s.layouts().FindOne(ctx, bson.D{{Key: "_id", Value: "layout"}}).Decode(&layout)
		if errors.Is(err, mongo.ErrNoDocuments) {
			return nil
		}
		return err
	})
	switch {
	case err != nil:
		return s.fail(ctx, doing, err)
	case layout.Number > layoutNumber:
		return gold.Errorf(gold.Unavailable, gold.CodeVersionSkew, "database %s was written by a newer goldserve (layout %d, this one knows %d); run the newer program", s.releases.Name(), layout.Number, layoutNumber)
	case layout.Number < layoutNumber:
		if err := s.createLayout(ctx); err != nil {
			return s.fail(ctx, doing, err)
		}
	}
	return s.addKeys(ctx, model)
}

// createLayout makes the indexes, and then says that they are there.
func (s *Store) createLayout(ctx context.Context) error {
	bounded, cancel := context.WithTimeout(ctx, indexTime(0))
	defer cancel()
	for _, index := range layoutIndexes {
		spec := bson.D{{Key: "key", Value: index.key}, {Key: "name", Value: index.name}}
		if index.where != nil {
			spec = append(spec, bson.E{Key: "partialFilterExpression", Value: index.where})
		}
		if err := s.createIndexes(bounded, s.releases, index.collection, bson.A{spec}); err != nil {
			return fmt.Errorf("index %s of %s: %w", index.name, index.collection, err)
		}
	}
	return retry(ctx, func(int) error {
		_, err := s.layouts().UpdateOne(ctx, bson.D{{Key: "_id", Value: "layout"}}, bson.D{{Key: "$max", Value: bson.D{{Key: "number", Value: int64(layoutNumber)}}}}, options.UpdateOne().SetUpsert(true))
		if hasCode(err, codeDuplicateKey) {
			return nil // Another was first.
		}
		return err
	})
}

// addKeys gives the releases of a model that goldserve 0.1.0 recorded the keys that they are found by.
func (s *Store) addKeys(ctx context.Context, model string) error {
	for {
		var records []releaseRecord
		err := retry(ctx, func(int) error {
			cursor, err := s.records().Find(ctx, bson.D{{Key: "_id.model", Value: model}, {Key: "keys", Value: nil}}, options.Find().SetLimit(100))
			return all(ctx, cursor, err, &records)
		})
		if err != nil || len(records) == 0 {
			return s.fail(ctx, "read the releases of model "+model, err)
		}
		var updates []mongo.WriteModel
		for i := range records {
			r := &records[i]
			release, err := s.cache.contracts.Decode(r.Record, s.fetch(ctx))
			if err != nil {
				return unreadable(r.Key, err)
			}
			updates = append(updates, mongo.NewUpdateOneModel().SetFilter(bson.D{{Key: "_id", Value: r.Key}}).SetUpdate(bson.D{{Key: "$set", Value: bson.D{{Key: "keys", Value: release.Keys()}}}}))
		}
		err = retry(ctx, func(int) error {
			_, err := s.records().BulkWrite(ctx, updates, options.BulkWrite().SetOrdered(false))
			return err
		})
		if err != nil {
			return s.fail(ctx, "make the releases of model "+model+" found", err)
		}
	}
}

// storeContracts stores the contracts that are not there yet.
func (s *Store) storeContracts(ctx context.Context, contracts map[string]string) error {
	have, err := s.contractsOf(ctx, slices.Collect(maps.Keys(contracts)))
	if err != nil {
		return err
	}
	for hash, contract := range contracts {
		if _, there := have[hash]; there {
			continue
		}
		err := retry(ctx, func(int) error {
			_, err := s.contracts().UpdateOne(ctx, bson.D{{Key: "_id", Value: hash}}, bson.D{{Key: "$setOnInsert", Value: bson.D{{Key: "contract", Value: contract}}}}, options.UpdateOne().SetUpsert(true))
			if hasCode(err, codeDuplicateKey) {
				return nil // Another was first.
			}
			return err
		})
		if err != nil {
			return s.fail(ctx, "store a contract", err)
		}
	}
	return nil
}

// fetch is contractsOf for a decoder.
func (s *Store) fetch(ctx context.Context) func(hashes []string) (map[string]string, error) {
	return func(hashes []string) (map[string]string, error) { return s.contractsOf(ctx, hashes) }
}

// contractsOf reads the contracts of hashes that are there.
func (s *Store) contractsOf(ctx context.Context, hashes []string) (map[string]string, error) {
	var found []struct {
		Hash     string `bson:"_id"`
		Contract string `bson:"contract"`
	}
	err := retry(ctx, func(int) error {
		cursor, err := s.contracts().Find(ctx, bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: hashes}}}})
		return all(ctx, cursor, err, &found)
	})
	contracts := map[string]string{}
	for _, c := range found {
		contracts[c.Hash] = c.Contract
	}
	return contracts, s.fail(ctx, "read contracts", err)
}
