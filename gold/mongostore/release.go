package mongostore

import (
	"context"
	"errors"
	"math"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"goldserve/gold"
)

// Resolve implements gold.Reader.
func (s *Store) Resolve(ctx context.Context, sel gold.Selector) (*gold.Release, error) {
	p, err := s.glance(ctx, sel.Model)
	switch {
	case err != nil:
		return nil, err
	case p.Current == 0:
		return nil, gold.NoRelease(sel.Model)
	case sel.Number != 0:
		return understood(s.numbered(ctx, p, sel.Number))
	case !sel.AsOf.IsZero():
		return understood(s.asOf(ctx, p, sel.AsOf))
	}
	r, err := s.current(ctx, p)
	if err != nil {
		return nil, err
	}
	if err := r.Understood(); err != nil {
		return s.standIn(ctx, p, err)
	}
	return r, nil
}

// understood returns a release that this program can read, or an error.
func understood(r *gold.Release, err error) (*gold.Release, error) {
	if err == nil {
		err = r.Understood()
	}
	if err != nil {
		return nil, err
	}
	return r, nil
}

// current returns the current release.
func (s *Store) current(ctx context.Context, p *pointer) (*gold.Release, error) {
	if r := s.cache.get(p.Born, releaseKey{p.Model, p.Current}); r != nil {
		return r, nil
	}
	r, err := s.record(ctx, p, p.Current)
	if err != nil {
		return nil, err
	}
	if r == nil {
		return nil, gold.Errorf(gold.Internal, gold.CodeReleaseInconsistent, "release %d of model %s is current but has no record", p.Current, p.Model)
	}
	return s.release(ctx, p, r)
}

// standIn returns the newest release that can take the place of the current one, which this program can't read; err where
// there is none.
func (s *Store) standIn(ctx context.Context, p *pointer, err error) (*gold.Release, error) {
	var records []releaseRecord
	cursor, failure := s.records().Find(ctx, answering(p, p.Current), options.Find().SetSort(newestFirst).SetProjection(bson.D{{Key: "record", Value: 0}}))
	if failure = all(ctx, cursor, failure, &records); failure != nil {
		return nil, s.fail(ctx, "look for a release of model "+p.Model, failure)
	}
	for i := range records {
		r, failure := s.record(ctx, p, records[i].Key.Number)
		if failure != nil || r == nil {
			return nil, failure
		}
		release, failure := s.release(ctx, p, r)
		if failure != nil {
			return nil, failure
		}
		if release.Understood() == nil {
			behind := *release
			behind.Behind = p.Current
			return &behind, nil
		}
	}
	return nil, err
}

// newestFirst sorts the releases of one model.
var newestFirst = bson.D{{Key: "_id.number", Value: -1}}

// kept is the filter of a model's releases below a number whose rows are not gone, which are few.
func kept(p *pointer, before int64) bson.D {
	return bson.D{
		{Key: "_id.model", Value: p.Model},
		{Key: "_id.number", Value: bson.D{{Key: "$lte", Value: min(p.Last, before-1)}}},
		{Key: "dropped", Value: false},
	}
}

// answering is the filter of those that answer to an instant: neither withdrawn nor pruned.
func answering(p *pointer, before int64) bson.D {
	filter := append(kept(p, before), bson.E{Key: "pruned", Value: false})
	if len(p.Withdrawn) > 0 {
		filter = append(filter, bson.E{Key: "$nor", Value: bson.A{bson.D{{Key: "_id.number", Value: bson.D{{Key: "$in", Value: p.Withdrawn}}}}}})
	}
	return filter
}

// numbered returns the release of a number: NotFound, or Gone where it was pruned.
func (s *Store) numbered(ctx context.Context, p *pointer, number int64) (*gold.Release, error) {
	var r *releaseRecord
	if number >= 1 && number <= p.Last {
		var err error
		if r, err = s.record(ctx, p, number); err != nil {
			return nil, err
		}
	}
	switch {
	case r == nil:
		return nil, gold.UnknownRelease(p.Model, number, p.Last)
	case r.Pruned && number != p.Current:
		return nil, gold.PrunedRelease(p.Model, number)
	}
	return s.release(ctx, p, r)
}

// asOf returns the newest release, by number, that is not later than an instant, withdrawn or pruned.
func (s *Store) asOf(ctx context.Context, p *pointer, asOf time.Time) (*gold.Release, error) {
	kept := answering(p, math.MaxInt64)
	var r releaseRecord
	reached := append(slices.Clip(kept), bson.E{Key: "as_of", Value: bson.D{{Key: "$lte", Value: bson.NewDateTimeFromTime(asOf)}}})
	err := s.records().FindOne(ctx, reached, options.FindOne().SetSort(newestFirst)).Decode(&r)
	if err == nil {
		return s.release(ctx, p, &r)
	}
	if errors.Is(err, mongo.ErrNoDocuments) {
		err = s.records().FindOne(ctx, kept, options.FindOne().SetSort(bson.D{{Key: "as_of", Value: 1}})).Decode(&r)
	}
	if err != nil && !errors.Is(err, mongo.ErrNoDocuments) {
		return nil, s.fail(ctx, "look for a release as of "+gold.Instant(asOf), err)
	}
	return nil, gold.NoReleaseAsOf(p.Model, asOf, r.Key.Number, r.AsOf)
}

// numbers is the filter of a model's releases that a switch has named, below a number.
func numbers(p *pointer, before int64) bson.D {
	return bson.D{{Key: "_id", Value: bson.D{
		{Key: "$gte", Value: releaseKey{p.Model, 1}},
		{Key: "$lte", Value: releaseKey{p.Model, min(p.Last, before-1)}},
	}}}
}

// record reads the record of a release; nil: there is none.
func (s *Store) record(ctx context.Context, p *pointer, number int64) (*releaseRecord, error) {
	opts := options.FindOne()
	r := releaseRecord{decoded: s.cache.get(p.Born, releaseKey{p.Model, number})}
	if r.decoded != nil {
		opts.SetProjection(bson.D{{Key: "record", Value: 0}})
	}
	err := s.records().FindOne(ctx, bson.D{{Key: "_id", Value: releaseKey{p.Model, number}}}, opts).Decode(&r)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return nil, nil
	}
	return &r, s.fail(ctx, "read a release of model "+p.Model, err)
}

// Releases implements gold.Reader.
func (s *Store) Releases(ctx context.Context, q gold.ReleaseQuery) ([]gold.Release, error) {
	p, err := s.glance(ctx, q.Model)
	if err != nil || p.Last == 0 {
		return nil, err
	}
	before := q.Before
	if before <= 0 {
		before = math.MaxInt64
	}
	filter, opts := numbers(p, before), options.Find().SetSort(bson.D{{Key: "_id", Value: -1}})
	if q.Kept || q.Key != "" {
		opts.SetSort(newestFirst)
		filter = bson.D{{Key: "_id.model", Value: p.Model}, {Key: "_id.number", Value: bson.D{{Key: "$lte", Value: min(p.Last, before-1)}}}}
	}
	if q.Kept {
		filter = answering(p, before)
	}
	switch {
	case q.Key != "":
		// Releases that goldserve 0.1.0 recorded have no keys until a later one publishes: they have to be looked at.
		filter = append(filter, bson.E{Key: "keys", Value: bson.D{{Key: "$in", Value: bson.A{q.Key, nil}}}})
		if q.Limit > 0 {
			opts.SetBatchSize(int32(min(q.Limit, mostAtOnce)))
		}
	case q.Limit > 0:
		opts.SetLimit(int64(q.Limit))
	}
	doing := "list the releases of model " + q.Model
	cursor, err := s.records().Find(ctx, filter, opts)
	if err != nil {
		return nil, s.fail(ctx, doing, err)
	}
	defer func() { _ = cursor.Close(context.WithoutCancel(ctx)) }() // it was only read
	releases := []gold.Release{}
	for (q.Limit <= 0 || len(releases) < q.Limit) && cursor.Next(ctx) {
		var record releaseRecord
		if err := cursor.Decode(&record); err != nil {
			return nil, s.fail(ctx, doing, err)
		}
		r, err := s.release(ctx, p, &record)
		if err != nil {
			return nil, err
		}
		if q.Key == "" || record.Keys != nil || slices.Contains(r.Keys(), q.Key) {
			releases = append(releases, *r)
		}
	}
	return releases, s.fail(ctx, doing, cursor.Err())
}

// mostAtOnce is how many releases are read at once at most, where not all are asked for.
const mostAtOnce = 100

// release decodes a record and sets what only its model's pointer knows.
func (s *Store) release(ctx context.Context, p *pointer, r *releaseRecord) (*gold.Release, error) {
	release, err := r.decoded, error(nil)
	if release == nil {
		release, err = s.cache.release(p.Born, r, s.fetch(ctx))
	}
	if known, ok := errors.AsType[*gold.Error](err); ok {
		return nil, known
	}
	if err != nil {
		return nil, unreadable(r.Key, err)
	}
	// A publisher that lost its lease may have marked a release that was made current again: current counts.
	return flagged(release, slices.Contains(p.Withdrawn, release.Number), r.Pruned && release.Number != p.Current), nil
}
