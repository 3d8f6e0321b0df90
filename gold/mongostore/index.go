package mongostore

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"goldserve/gold"
)

// indexPrefix begins the names of the indexes that are ours to drop; people may add their own to BI collections.
const indexPrefix = "goldserve_"

// keyPattern is an index's fields as MongoDB has them.
type keyPattern bson.D

func (k keyPattern) name() string {
	var b strings.Builder
	b.WriteString(indexPrefix)
	for i, e := range k {
		if i > 0 {
			b.WriteByte('_')
		}
		b.WriteString(e.Key)
		if e.Value == int32(-1) {
			b.WriteString("_desc")
		}
	}
	return b.String()
}

// versionIndexes returns the indexes of a version, for queries, which ask for a key of one field by _id. Those of a
// dataset without a key end with the position, as its orders do.
func versionIndexes(d *gold.Dataset) []keyPattern {
	indexes := d.Indexes
	if d.Keyless() {
		indexes = make([]gold.Index, len(d.Indexes))
		for i, index := range d.Indexes {
			indexes[i] = d.TotalSort(index)
		}
	}
	return patterns(indexes, paths(d))
}

// biIndexes returns the indexes of a BI collection, for people, who ask for fields by their names: of a key of one field
// and of the fields of relationships, since a $lookup reads the whole collection for each document that it joins by a
// field without an index, then those that the contract wants.
func biIndexes(d *gold.Dataset) []keyPattern {
	var indexes []gold.Index
	add := func(index gold.Index) {
		if !slices.ContainsFunc(indexes, func(other gold.Index) bool { return slices.Equal(other, index) }) {
			indexes = append(indexes, index)
		}
	}
	if len(d.Key) == 1 {
		add(gold.Index{{Field: d.Key[0]}})
	}
	for _, field := range d.Joins {
		add(gold.Index{{Field: field}})
	}
	for _, index := range d.BIIndexes {
		add(index)
	}
	return patterns(indexes, func(field string) string { return field })
}

func patterns(indexes []gold.Index, path func(string) string) []keyPattern {
	var all []keyPattern
	for _, index := range indexes {
		k := make(keyPattern, len(index))
		for i, s := range index {
			k[i] = bson.E{Key: path(s.Field), Value: direction(s.Desc)}
		}
		if len(k) == 1 && k[0].Key == "_id" {
			continue // Every collection has it.
		}
		all = append(all, k)
	}
	return all
}

// index makes the indexes of a collection that are missing. On a replica set a majority of its members must build
// them: the server's default waits for every member, and so for one that is down.
func (s *Store) index(ctx context.Context, db *mongo.Database, collection string, want []keyPattern, rows int64) error {
	have, err := s.indexes(ctx, db, collection)
	if err != nil {
		return err
	}
	var missing bson.A
	for _, k := range want {
		if !slices.ContainsFunc(have, func(spec indexSpec) bool { return spec.is(k) }) {
			missing = append(missing, bson.D{{Key: "key", Value: bson.D(k)}, {Key: "name", Value: k.name()}})
		}
	}
	if len(missing) == 0 {
		return nil
	}
	// The driver sends the deadline as maxTimeMS.
	bounded, cancel := context.WithTimeout(ctx, indexTime(rows))
	defer cancel()
	return s.fail(bounded, "index "+collection, s.createIndexes(bounded, db, collection, missing))
}

// createIndexes makes indexes that are not there, but for those of the same fields that somebody else has made.
func (s *Store) createIndexes(ctx context.Context, db *mongo.Database, collection string, specs bson.A) error {
	command := bson.D{{Key: "createIndexes", Value: collection}, {Key: "indexes", Value: specs}}
	if s.replicated {
		command = append(command, bson.E{Key: "commitQuorum", Value: "majority"}, bson.E{Key: "writeConcern", Value: bson.D{{Key: "w", Value: "majority"}}})
	}
	err := retry(ctx, func(int) error { return db.RunCommand(ctx, command).Err() })
	if hasCode(err, codeIndexOptionsConflict) {
		return nil
	}
	return err
}

// unindex drops our indexes that are no longer wanted.
func (s *Store) unindex(ctx context.Context, db *mongo.Database, collection string, want []keyPattern) error {
	have, err := s.indexes(ctx, db, collection)
	if err != nil {
		return err
	}
	for _, spec := range have {
		if !strings.HasPrefix(spec.Name, indexPrefix) || slices.ContainsFunc(want, spec.is) {
			continue
		}
		err := db.Collection(collection).Indexes().DropOne(ctx, spec.Name)
		if err != nil && !hasCode(err, codeIndexNotFound) {
			return s.fail(ctx, "drop index "+spec.Name+" of "+collection, err)
		}
	}
	return nil
}

// indexSpec is an index as listIndexes shows it.
type indexSpec struct {
	Name string `bson:"name"`
	Key  bson.D `bson:"key"`
}

// is reports whether an index has exactly these fields.
func (spec indexSpec) is(k keyPattern) bool {
	return slices.EqualFunc(spec.Key, k, func(a, b bson.E) bool {
		return a.Key == b.Key && order(a.Value) == order(b.Value)
	})
}

// order returns 1 or -1, whatever number type an index was declared with, and 0 for a text or hashed index.
func order(v any) int {
	switch n := v.(type) {
	case int32:
		return cmp.Compare(n, 0)
	case int64:
		return cmp.Compare(n, 0)
	case float64:
		return cmp.Compare(n, 0)
	default:
		return 0
	}
}

func (s *Store) indexes(ctx context.Context, db *mongo.Database, collection string) ([]indexSpec, error) {
	var specs []indexSpec
	err := retry(ctx, func(int) error {
		cursor, err := db.Collection(collection).Indexes().List(ctx)
		return all(ctx, cursor, err, &specs)
	})
	if hasCode(err, codeNamespaceNotFound) {
		err = nil
	}
	return specs, s.fail(ctx, "list the indexes of "+collection, err)
}

// indexTime bounds the building of a collection's indexes: ten minutes, and 50 µs a row.
func indexTime(rows int64) time.Duration {
	return 10*time.Minute + time.Duration(rows)*50*time.Microsecond
}
