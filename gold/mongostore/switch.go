package mongostore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"goldserve/gold"
)

// Switch implements gold.Writer. The record of a new release is written first, under the number that the pointer will
// give it; until then nobody sees it, and only a later fence may replace it.
func (s *Store) Switch(ctx context.Context, sw gold.Switch) (*gold.Release, error) {
	if err := s.writable("switch"); err != nil {
		return nil, err
	}
	s.switching.Lock()
	defer s.switching.Unlock()
	p, err := s.held(ctx, sw.Lease)
	if err != nil {
		return nil, err
	}
	if p.Current != sw.From {
		return nil, moved(p, sw.From)
	}
	if sw.New == nil {
		return s.rollBack(ctx, p, sw)
	}
	return s.publish(ctx, p, sw)
}

// moved is the error of a switch that was planned from another release.
func moved(p *pointer, from int64) error {
	return gold.Errorf(gold.Conflict, gold.CodePublishConflict, "release %d of model %s is current, and the switch was planned from %d: run it again", p.Current, p.Model, from)
}

func (s *Store) publish(ctx context.Context, p *pointer, sw gold.Switch) (*gold.Release, error) {
	if err := s.whole(ctx, p, sw.New); err != nil {
		return nil, err
	}
	if err := s.reindex(ctx, sw.New); err != nil {
		return nil, err
	}
	number := p.Last + 1
	record, err := s.writeRecord(ctx, sw, number)
	if err != nil {
		return nil, err
	}
	err = s.point(ctx, sw, bson.D{{Key: "current", Value: number}, {Key: "last", Value: number}})
	if err != nil {
		return nil, err
	}
	for i := range sw.New.Versions {
		v := &sw.New.Versions[i]
		if err := s.unindex(ctx, s.releases, v.Location, versionIndexes(&v.Dataset)); err != nil {
			s.log.WarnContext(ctx, "an index that is no longer wanted could not be dropped", "location", v.Location, "error", err)
		}
	}
	p.Current, p.Last = number, number
	return s.release(p, record)
}

// reindex makes the indexes of a release that its versions lack: they may be shared with releases of other contracts.
func (s *Store) reindex(ctx context.Context, r *gold.Release) error {
	for i := range r.Versions {
		v := &r.Versions[i]
		if err := s.index(ctx, s.releases, v.Location, versionIndexes(&v.Dataset), v.Rows); err != nil {
			return err
		}
	}
	return nil
}

// whole returns an error unless every version of a release is sealed and there.
func (s *Store) whole(ctx context.Context, p *pointer, r *gold.Release) error {
	seals, err := s.sealsOf(ctx, p.Model)
	if err != nil {
		return err
	}
	names, err := s.names(ctx, s.releases)
	if err != nil {
		return err
	}
	for _, v := range r.Versions {
		_, sealed := seals[v.Location]
		if _, there := names[v.Location]; !sealed || !there || slices.Contains(p.Dropping, v.Location) {
			return gold.Errorf(gold.Internal, gold.CodeReleaseInconsistent, "the version of %s at %q is not complete: run the publish again", v.Dataset.Name, v.Location)
		}
	}
	return nil
}

// writeRecord writes the record of a release whose number no switch has named yet. What a dead attempt left there is
// replaced; a record of a higher fence is not. It may be repeated.
func (s *Store) writeRecord(ctx context.Context, sw gold.Switch, number int64) (*releaseRecord, error) {
	doing := fmt.Sprintf("record release %d of model %s", number, sw.Lease.Model)
	text, err := json.Marshal(sw.New)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", doing, err)
	}
	asOf := any("$$NOW")
	if !sw.New.AsOf.IsZero() {
		asOf = bson.NewDateTimeFromTime(sw.New.AsOf)
	}
	key := releaseKey{sw.Lease.Model, number}
	pipeline := bson.A{bson.D{{Key: "$replaceWith", Value: bson.D{
		{Key: "_id", Value: literal(key)},
		{Key: "fence", Value: sw.Lease.Fence},
		{Key: "as_of", Value: asOf},
		{Key: "published_at", Value: "$$NOW"},
		{Key: "pruned", Value: false},
		{Key: "dropped", Value: false},
		{Key: "record", Value: literal(string(text))},
	}}}}
	filter := bson.D{{Key: "_id", Value: key}, {Key: "fence", Value: bson.D{{Key: "$lte", Value: sw.Lease.Fence}}}}
	var record releaseRecord
	err = persist(ctx, func(int) error {
		return s.records().FindOneAndUpdate(ctx, filter, pipeline, after().SetUpsert(true)).Decode(&record)
	})
	if hasCode(err, codeDuplicateKey) {
		if _, err := s.held(ctx, sw.Lease); err != nil {
			return nil, err
		}
	}
	return &record, s.fail(ctx, doing, err)
}

// point is the switch: one compare-and-set of the pointer. Where its acknowledgement is lost, the token in the
// pointer says whether it happened.
func (s *Store) point(ctx context.Context, sw gold.Switch, set bson.D) error {
	token := bson.NewObjectID().Hex()
	set = append(set, bson.E{Key: "switched", Value: token})
	filter := ours(sw.Lease, bson.E{Key: "current", Value: sw.From})
	err := persist(ctx, func(int) error {
		err := s.pointers().FindOneAndUpdate(ctx, filter, bson.D{{Key: "$set", Value: set}}).Err()
		if !errors.Is(err, mongo.ErrNoDocuments) {
			return err
		}
		p, err := s.held(ctx, sw.Lease)
		switch {
		case p != nil && p.Switched == token:
			return nil
		case err != nil:
			return err
		default:
			return moved(p, sw.From)
		}
	})
	return s.fail(ctx, "switch model "+sw.Lease.Model, err)
}

// rollBack makes an earlier release current, or a later one again. Every release above it is withdrawn.
func (s *Store) rollBack(ctx context.Context, p *pointer, sw gold.Switch) (*gold.Release, error) {
	r, err := s.numbered(ctx, p, sw.To)
	if err != nil {
		return nil, err
	}
	if err := s.whole(ctx, p, r); err != nil {
		return nil, err
	}
	if err := s.reindex(ctx, r); err != nil {
		return nil, err
	}
	withdrawn := slices.DeleteFunc(slices.Clone(p.Withdrawn), func(n int64) bool { return n >= sw.To })
	for n := sw.To + 1; n <= p.Last; n++ {
		withdrawn = append(withdrawn, n)
	}
	if err := s.point(ctx, sw, bson.D{{Key: "current", Value: sw.To}, {Key: "withdrawn", Value: withdrawn}}); err != nil {
		return nil, err
	}
	return flagged(r, false, false), nil
}
