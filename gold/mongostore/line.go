package mongostore

import (
	"context"
	"errors"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"goldserve/gold"
)

// line is one document of gold_release: a dataset that is shown, for people who ask "as of when?".
type line struct {
	ID          string    `bson:"_id"` // retail.ca_monthly
	Model       string    `bson:"model"`
	Dataset     string    `bson:"dataset"`
	Collection  string    `bson:"collection"`
	Rows        int64     `bson:"rows"`
	Release     int64     `bson:"release"`
	AsOf        time.Time `bson:"as_of"`
	PublishedAt time.Time `bson:"published_at"`
	Quality     string    `bson:"quality"`    // ok, 1 warning, 2 warnings …
	Refreshing  bool      `bson:"refreshing"` // its collection is being replaced
}

// lines is the collection gold_release of the database that shows a release.
func (s *Store) lines(r *gold.Release) *mongo.Collection {
	return s.shownIn(r).Collection(gold.ReleaseCollection)
}

func newLine(r *gold.Release, v *gold.Version) line {
	return line{
		ID:    r.Model + "." + v.Dataset.Name,
		Model: r.Model, Dataset: v.Dataset.Name, Collection: v.Dataset.Collection,
		Rows: v.Rows, Release: r.Number, AsOf: r.AsOf, PublishedAt: r.PublishedAt,
		Quality: r.QualityOf(v.Dataset.Name),
	}
}

// is reports whether a stored line says the same.
func (l line) is(other line) bool {
	same := l.AsOf.Truncate(time.Millisecond).Equal(other.AsOf) && l.PublishedAt.Truncate(time.Millisecond).Equal(other.PublishedAt)
	l.AsOf, l.PublishedAt = other.AsOf, other.PublishedAt
	return same && l == other
}

// markRefreshing says that a collection is being replaced, where it is shown already.
func (s *Store) markRefreshing(ctx context.Context, r *gold.Release, v *gold.Version) error {
	err := retry(ctx, func(int) error {
		_, err := s.lines(r).UpdateOne(ctx, bson.D{{Key: "_id", Value: newLine(r, v).ID}}, bson.D{{Key: "$set", Value: bson.D{{Key: "refreshing", Value: true}}}})
		return err
	})
	return s.fail(ctx, "write to "+gold.ReleaseCollection, err)
}

// writeLine writes the line of a dataset where it says something else. The lease is looked at before, and what a
// publisher that was paused in between writes is set right by the next: State finds it stale.
func (s *Store) writeLine(ctx context.Context, r gold.Refresh, v *gold.Version) error {
	want := newLine(r.Release, v)
	var have line
	err := retry(ctx, func(int) error {
		return s.lines(r.Release).FindOne(ctx, bson.D{{Key: "_id", Value: want.ID}}).Decode(&have)
	})
	if err == nil && want.is(have) {
		return nil
	}
	if err != nil && !errors.Is(err, mongo.ErrNoDocuments) {
		return s.fail(ctx, "read "+gold.ReleaseCollection, err)
	}
	if _, err := s.held(ctx, r.Lease); err != nil {
		return err
	}
	err = retry(ctx, func(int) error {
		_, err := s.lines(r.Release).ReplaceOne(ctx, bson.D{{Key: "_id", Value: want.ID}}, want, options.Replace().SetUpsert(true))
		return err
	})
	return s.fail(ctx, "write to "+gold.ReleaseCollection, err)
}
