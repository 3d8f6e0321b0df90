package mongostore

import (
	"context"
	"errors"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"goldserve/gold"
)

// pointer reads a model's whole pointer and the server's clock.
func (s *Store) pointer(ctx context.Context, model string) (*pointer, error) {
	pipeline := bson.A{stage("$match", bson.D{{Key: "_id", Value: model}}), stage("$set", bson.D{{Key: "now", Value: "$$NOW"}})}
	var found []pointer
	err := retry(ctx, func(int) error {
		cursor, err := s.pointers().Aggregate(ctx, pipeline)
		return all(ctx, cursor, err, &found)
	})
	if err == nil && len(found) > 0 {
		return &found[0], nil
	}
	p := pointer{Model: model}
	if err != nil {
		return nil, s.fail(ctx, "read the pointer of model "+model, err)
	}
	return &p, nil
}

// held reads the pointer and returns Conflict where a lease is no longer the model's.
func (s *Store) held(ctx context.Context, l gold.Lease) (*pointer, error) {
	p, err := s.pointer(ctx, l.Model)
	if err != nil {
		return nil, err
	}
	return p, p.check(l)
}

// glance reads what Resolve needs of a model's pointer: a few bytes, polled.
func (s *Store) glance(ctx context.Context, model string) (*pointer, error) {
	p := pointer{Model: model}
	fields := bson.D{{Key: "born", Value: 1}, {Key: "current", Value: 1}, {Key: "last", Value: 1}, {Key: "withdrawn", Value: 1}}
	err := s.pointers().FindOne(ctx, bson.D{{Key: "_id", Value: model}}, options.FindOne().SetProjection(fields)).Decode(&p)
	if err != nil && !errors.Is(err, mongo.ErrNoDocuments) {
		return nil, s.fail(ctx, "read the pointer of model "+model, err)
	}
	return &p, nil
}

// sealsOf reads the seals of a model by location, without those that were pruned or came too late.
func (s *Store) sealsOf(ctx context.Context, model string) (map[string]sealRecord, error) {
	seals := map[string]sealRecord{}
	var found []sealRecord
	err := retry(ctx, func(int) error {
		cursor, err := s.seals().Find(ctx, sealed(model))
		return all(ctx, cursor, err, &found)
	})
	if err != nil {
		return nil, s.fail(ctx, "read the seals of model "+model, err)
	}
	p, err := s.pointer(ctx, model)
	if err != nil {
		return nil, err
	}
	for _, r := range found {
		if other, ok := seals[r.Location]; (!ok || other.Fence < r.Fence) && !p.removed(&r) {
			seals[r.Location] = r
		}
	}
	return seals, nil
}

// stored reads the seals of a model as sealsOf does, and then what is in the releases database.
func (s *Store) stored(ctx context.Context, model string) (seals map[string]sealRecord, names map[string]string, err error) {
	if seals, err = s.sealsOf(ctx, model); err != nil {
		return nil, nil, err
	}
	names, err = s.names(ctx, s.releases)
	return seals, names, err
}

// removed reports whether the rows that a seal speaks of were removed before a later publisher appended its own to the same
// collection. The seal of one that was paused comes late: another seal of a higher fence may name the same location then.
func (p *pointer) removed(r *sealRecord) bool {
	name, segment := gold.SplitLocation(r.Location)
	m, marked := p.Marks[name]
	_, from := gold.SplitLocation(m.Version)
	return marked && m.Fence > r.Fence && segment >= from
}

// seal reads the seal of a version; nil: there is none.
func (s *Store) seal(ctx context.Context, key sealKey) (*sealRecord, error) {
	var r sealRecord
	err := retry(ctx, func(int) error { return s.seals().FindOne(ctx, bson.D{{Key: "_id", Value: key}}).Decode(&r) })
	if errors.Is(err, mongo.ErrNoDocuments) {
		return nil, nil
	}
	return &r, s.fail(ctx, "read the seal of "+key.Dataset, err)
}

// moved is the error of a switch that was planned from another release.
func moved(p *pointer, from int64) error {
	return gold.Errorf(gold.Conflict, gold.CodePublishConflict, "release %d of model %s is current, and the switch was planned from %d: run it again", p.Current, p.Model, from)
}
