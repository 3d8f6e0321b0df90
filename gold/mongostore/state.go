package mongostore

import (
	"context"
	"maps"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"goldserve/gold"
)

// State implements gold.Writer.
func (s *Store) State(ctx context.Context, model string) (*gold.State, error) {
	p, err := s.pointer(ctx, model)
	if err != nil {
		return nil, err
	}
	st := &gold.State{Model: model, Last: p.Last, Lease: p.lease(), Now: p.Now.UTC()}
	if st.Now.Unix() <= 0 {
		if st.Now, err = s.now(ctx); err != nil {
			return nil, err
		}
	}
	if p.Due.Unix() > 0 {
		st.Due = p.Due.UTC()
	}
	if p.Current != 0 {
		if st.Current, err = understood(s.numbered(ctx, p, p.Current)); err != nil {
			return nil, err
		}
	}
	if err := s.inventory(ctx, p, st); err != nil {
		return nil, err
	}
	if st.Attempts, err = s.lastAttempts(ctx, model); err != nil {
		return nil, err
	}
	return st, s.shown(ctx, p, st)
}

// Models implements gold.Lister.
func (s *Store) Models(ctx context.Context) ([]string, error) {
	var found []pointer
	byName := options.Find().SetProjection(bson.D{{Key: "current", Value: 1}}).SetSort(bson.D{{Key: "_id", Value: 1}})
	err := retry(ctx, func(int) error {
		cursor, err := s.pointers().Find(ctx, bson.D{{Key: "current", Value: bson.D{{Key: "$gt", Value: 0}}}}, byName)
		return all(ctx, cursor, err, &found)
	})
	names := make([]string, len(found))
	for i, p := range found {
		names[i] = p.Model
	}
	return names, s.fail(ctx, "list the models", err)
}

// lastAttempts reads the log of attempts, newest first. Of two attempts the later one has the higher fence.
func (s *Store) lastAttempts(ctx context.Context, model string) ([]gold.Attempt, error) {
	var found []gold.Attempt
	byFence := options.Find().SetSort(bson.D{{Key: "_id", Value: -1}}).SetLimit(gold.MaxAttempts)
	err := retry(ctx, func(int) error {
		cursor, err := s.attempts().Find(ctx, bson.D{ofModel(model, "fence")}, byFence)
		return all(ctx, cursor, err, &found)
	})
	for i := range found {
		found[i].Started, found[i].Ended = found[i].Started.UTC(), found[i].Ended.UTC()
	}
	return found, s.fail(ctx, "read the attempts of model "+model, err)
}

// now reads the server's clock where no pointer tells it.
func (s *Store) now(ctx context.Context) (time.Time, error) {
	var hello struct {
		Now time.Time `bson:"localTime"`
	}
	err := s.releases.RunCommand(ctx, bson.D{{Key: "hello", Value: 1}}).Decode(&hello)
	return hello.Now.UTC(), s.fail(ctx, "read the store's clock", err)
}

// inventory lists the versions that can be reused and the collections that nobody sealed.
func (s *Store) inventory(ctx context.Context, p *pointer, st *gold.State) error {
	seals, names, err := s.stored(ctx, p.Model)
	if err != nil {
		return err
	}
	var locations, records []string
	for _, location := range slices.Sorted(maps.Keys(seals)) {
		if p.holds(names, location) {
			locations, records = append(locations, location), append(records, seals[location].Record)
		}
	}
	if st.Sealed, err = s.decoded.Decode(p.Model, records); err != nil {
		return &gold.Error{Kind: gold.Internal, Code: gold.CodeVersionSkew, Message: "the seal of " + locations[len(st.Sealed)] + " can't be read: it was written by another version of goldserve; run the newest one that publishes here", Err: err}
	}
	fence := p.Fence
	if st.Lease == nil {
		fence++ // Nobody loads: the last holder's are left over too.
	}
	st.Orphans = orphans(p.Model, names, seals, fence)
	return nil
}
