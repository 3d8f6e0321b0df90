package mongostore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"goldserve/gold"
)

// Publish implements gold.Writer. The record of the release is written first, under the number that the pointer will
// give it; until then nobody sees it, and only a later fence may replace it.
func (s *Store) Publish(ctx context.Context, pub gold.Publication) (*gold.Release, error) {
	if err := s.writable("publish"); err != nil {
		return nil, err
	}
	s.switching.Lock()
	defer s.switching.Unlock()
	p, err := s.switchable(ctx, pub.Lease, pub.From)
	if err != nil {
		return nil, err
	}
	lost, err := s.lost(ctx, p, pub.Release)
	switch {
	case err != nil:
		return nil, err
	case len(lost) > 0:
		return nil, gold.Errorf(gold.Internal, gold.CodeReleaseInconsistent, "the versions of %s are not complete: run the publish again", strings.Join(lost, ", "))
	}
	if err := s.reindex(ctx, pub.Release); err != nil {
		return nil, err
	}
	number := p.Last + 1
	record, err := s.writeRecord(ctx, pub, number)
	if err != nil {
		return nil, err
	}
	err = s.point(ctx, pub.Lease, pub.From, bson.D{{Key: "current", Value: number}, {Key: "last", Value: number}})
	if err != nil {
		return nil, err
	}
	for i := range pub.Release.Versions {
		v := &pub.Release.Versions[i]
		if err := s.unindex(ctx, s.releases, collectionOf(v.Location), versionIndexes(&v.Dataset)); err != nil {
			s.log.WarnContext(ctx, "an index that is no longer wanted could not be dropped", "location", v.Location, "error", err)
		}
	}
	p.Current, p.Last = number, number
	return s.release(ctx, p, record)
}

// RollBack implements gold.Writer.
func (s *Store) RollBack(ctx context.Context, rb gold.Rollback) (*gold.Release, error) {
	if err := s.writable("roll back"); err != nil {
		return nil, err
	}
	s.switching.Lock()
	defer s.switching.Unlock()
	p, err := s.switchable(ctx, rb.Lease, rb.From)
	if err != nil {
		return nil, err
	}
	r, err := understood(s.numbered(ctx, p, rb.To))
	if err != nil {
		return nil, err
	}
	lost, err := s.lost(ctx, p, r)
	switch {
	case err != nil:
		return nil, err
	case len(lost) > 0:
		return nil, gold.Errorf(gold.Gone, gold.CodeReleasePruned, "release %d of model %s has lost its rows of %s, which were loaded again for a later one or dropped: roll back to a later one",
			rb.To, p.Model, strings.Join(lost, ", "))
	}
	if err := s.reindex(ctx, r); err != nil {
		return nil, err
	}
	withdrawn := slices.DeleteFunc(slices.Clone(p.Withdrawn), func(n int64) bool { return n >= rb.To })
	for n := rb.To + 1; n <= p.Last; n++ {
		withdrawn = append(withdrawn, n)
	}
	if err := s.point(ctx, rb.Lease, rb.From, bson.D{{Key: "current", Value: rb.To}, {Key: "withdrawn", Value: withdrawn}}); err != nil {
		return nil, err
	}
	return flagged(r, false, false), nil
}

// switchable returns the pointer of a lease's model, or Conflict where the lease was lost or another release than from is
// current.
func (s *Store) switchable(ctx context.Context, l gold.Lease, from int64) (*pointer, error) {
	p, err := s.held(ctx, l)
	if err == nil && p.Current != from {
		err = moved(p, from)
	}
	return p, err
}

// reindex makes the indexes of a release that its versions lack: they may be shared with releases of other contracts.
func (s *Store) reindex(ctx context.Context, r *gold.Release) error {
	for i := range r.Versions {
		v := &r.Versions[i]
		if err := s.index(ctx, s.releases, collectionOf(v.Location), versionIndexes(&v.Dataset), v.Rows); err != nil {
			return err
		}
	}
	return nil
}

// lost returns the datasets of a release whose versions are not sealed, or not there.
func (s *Store) lost(ctx context.Context, p *pointer, r *gold.Release) ([]string, error) {
	seals, names, err := s.stored(ctx, p.Model)
	if err != nil {
		return nil, err
	}
	var lost []string
	for _, v := range r.Versions {
		if _, sealed := seals[v.Location]; !sealed || !p.holds(names, v.Location) {
			lost = append(lost, v.Dataset.Name)
		}
	}
	return lost, nil
}

// writeRecord writes the record of a release whose number no switch has named yet. What a dead attempt left there is
// replaced; a record of a higher fence is not. It may be repeated.
func (s *Store) writeRecord(ctx context.Context, pub gold.Publication, number int64) (*releaseRecord, error) {
	doing := fmt.Sprintf("record release %d of model %s", number, pub.Lease.Model)
	text, contracts, err := gold.EncodeRelease(pub.Release)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", doing, err)
	}
	if err := s.storeContracts(ctx, contracts); err != nil {
		return nil, err
	}
	asOf := any("$$NOW")
	if !pub.Release.AsOf.IsZero() {
		asOf = bson.NewDateTimeFromTime(pub.Release.AsOf)
	}
	key := releaseKey{pub.Lease.Model, number}
	pipeline := bson.A{bson.D{{Key: "$replaceWith", Value: bson.D{
		{Key: "_id", Value: literal(key)},
		{Key: "fence", Value: pub.Lease.Fence},
		{Key: "as_of", Value: asOf},
		{Key: "published_at", Value: "$$NOW"},
		{Key: "pruned", Value: false},
		{Key: "dropped", Value: false},
		{Key: "record", Value: literal(text)},
		{Key: "keys", Value: literal(pub.Release.Keys())},
	}}}}
	filter := bson.D{{Key: "_id", Value: key}, {Key: "fence", Value: bson.D{{Key: "$lte", Value: pub.Lease.Fence}}}}
	var record releaseRecord
	err = retry(ctx, func(int) error {
		return s.records().FindOneAndUpdate(ctx, filter, pipeline, after().SetUpsert(true)).Decode(&record)
	})
	if hasCode(err, codeDuplicateKey) {
		if _, err := s.held(ctx, pub.Lease); err != nil {
			return nil, err
		}
	}
	return &record, s.fail(ctx, doing, err)
}

// point is the switch: one compare-and-set of the pointer. Where its acknowledgement is lost, the token in the
// pointer says whether it happened.
func (s *Store) point(ctx context.Context, l gold.Lease, from int64, set bson.D) error {
	token := bson.NewObjectID().Hex()
	set = append(set, bson.E{Key: "switched", Value: token})
	filter := leaseFilter(l, bson.E{Key: "current", Value: from})
	err := retry(ctx, func(int) error {
		err := s.pointers().FindOneAndUpdate(ctx, filter, bson.D{{Key: "$set", Value: set}}).Err()
		if !errors.Is(err, mongo.ErrNoDocuments) {
			return err
		}
		p, err := s.held(ctx, l)
		switch {
		case p != nil && p.Switched == token:
			return nil
		case err != nil:
			return err
		default:
			return moved(p, from)
		}
	})
	return s.fail(ctx, "switch model "+l.Model, err)
}
