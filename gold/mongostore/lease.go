package mongostore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"goldserve/gold"
)

// defaultTTL is how long a lease lasts without a renewal. Its holder renews it five times in that time.
const (
	defaultTTL = 10 * time.Second
	renewals   = 5
)

// Acquire implements gold.Writer.
//
// A lease that somebody holds is watched for two renewals: where it is renewed meanwhile its holder lives, and the
// answer is Conflict; else it is waited for and taken over, which needs no time but what is left of it.
func (s *Store) Acquire(ctx context.Context, model, holder string, ttl time.Duration) (*gold.Lease, error) {
	if err := s.writable("acquire a lease"); err != nil {
		return nil, err
	}
	ttl = cmp.Or(ttl, defaultTTL)
	if err := s.prepare(ctx, model); err != nil {
		return nil, err
	}
	token := bson.NewObjectID().Hex()
	p, err := s.take(ctx, model, holder, ttl, token)
	if err != nil || p.Lease.Token == token {
		return leaseOf(p, model), err
	}
	seen := *p.Lease
	watch := 2 * time.Duration(seen.Millis) * time.Millisecond / renewals
	for wait := watch; ; {
		if err := pause(ctx, wait); err != nil {
			return nil, s.fail(ctx, "wait for the lease of model "+model, err)
		}
		if p, err = s.pointer(ctx, model); err != nil {
			return nil, err
		}
		// Gone or lapsed: whoever is first takes it. Still there unchanged: its time is awaited.
		switch l := p.lease(); {
		case l == nil:
			p, err = s.take(ctx, model, holder, ttl, token)
			if err != nil || p.Lease.Token == token {
				return leaseOf(p, model), err
			}
			return nil, leaseHeld(p)
		case p.Lease.Token != seen.Token || p.Lease.Beat != seen.Beat:
			return nil, leaseHeld(p)
		default:
			wait = l.Until.Sub(p.Now) + time.Millisecond
		}
	}
}

func leaseOf(p *pointer, model string) *gold.Lease {
	if p == nil {
		return nil
	}
	return &gold.Lease{Model: model, Holder: p.Lease.Holder, Fence: p.Fence, Until: p.Lease.Until}
}

// leaseHeld is the error of who meets a holder that lives.
func leaseHeld(p *pointer) error {
	return gold.Errorf(gold.Conflict, gold.CodePublishConflict, "model %s is being published by %s, whose lease lasts until %s unless it is renewed: try again later",
		p.Model, p.Lease.Holder, p.Lease.Until.UTC().Format(time.RFC3339))
}

// take takes the lease where it is free, and returns the pointer as it is then: whose the lease is follows from its
// token. It also makes the pointer of a model that has none. It may be repeated.
func (s *Store) take(ctx context.Context, model, holder string, ttl time.Duration, token string) (*pointer, error) {
	free := bson.D{{Key: "$or", Value: bson.A{
		bson.D{{Key: "$ne", Value: bson.A{bson.D{{Key: "$type", Value: "$lease"}}, "object"}}},
		bson.D{{Key: "$lte", Value: bson.A{"$lease.until", "$$NOW"}}},
	}}}
	own := bson.D{
		{Key: "holder", Value: literal(holder)},
		{Key: "token", Value: token},
		{Key: "until", Value: bson.D{{Key: "$add", Value: bson.A{"$$NOW", ttl.Milliseconds()}}}},
		{Key: "ttl", Value: ttl.Milliseconds()},
		{Key: "beat", Value: int64(0)},
	}
	pipeline := bson.A{
		bson.D{{Key: "$set", Value: bson.D{
			{Key: "free", Value: free},
			{Key: "born", Value: orElse("$born", "$$NOW")},
			{Key: "fence", Value: orElse("$fence", int64(0))},
			{Key: "current", Value: orElse("$current", int64(0))},
			{Key: "last", Value: orElse("$last", int64(0))},
			{Key: "withdrawn", Value: orElse("$withdrawn", bson.A{})},
			{Key: "marks", Value: orElse("$marks", literal(bson.D{}))},
			{Key: "dropping", Value: orElse("$dropping", bson.A{})},
		}}},
		bson.D{{Key: "$set", Value: bson.D{
			{Key: "fence", Value: bson.D{{Key: "$cond", Value: bson.A{"$free", bson.D{{Key: "$add", Value: bson.A{"$fence", int64(1)}}}, "$fence"}}}},
			{Key: "lease", Value: bson.D{{Key: "$cond", Value: bson.A{"$free", own, "$lease"}}}},
		}}},
		bson.D{{Key: "$unset", Value: "free"}},
	}
	var p pointer
	doing := "take the lease of model " + model
	err := retry(ctx, func(int) error {
		return s.acknowledged(ctx, ttl, doing, func(ctx context.Context) error {
			err := s.pointerOf(s.leases).FindOneAndUpdate(ctx, bson.D{{Key: "_id", Value: model}}, pipeline, after().SetUpsert(true)).Decode(&p)
			if hasCode(err, codeDuplicateKey) {
				// Another took it between this upsert's look and its insert.
				err = s.pointerOf(s.leases).FindOneAndUpdate(ctx, bson.D{{Key: "_id", Value: model}}, pipeline, after()).Decode(&p)
			}
			return err
		})
	})
	if err != nil {
		return nil, s.fail(ctx, doing, err)
	}
	return &p, nil
}

// acknowledgeTime is what the acknowledgement of a lease is waited for at least, however short the lease.
const acknowledgeTime = 5 * time.Second

// acknowledged runs a write of a lease for about as long as the lease lasts: later its answer is worth nothing. While
// too few members of a replica set follow, the server would hold the answer back for ever. This also ends the other
// writes of a publish, which have no time limit of their own but that of the lease.
func (s *Store) acknowledged(ctx context.Context, ttl time.Duration, doing string, write func(context.Context) error) error {
	ttl = max(ttl, acknowledgeTime)
	bounded, cancel := context.WithTimeout(ctx, ttl)
	defer cancel()
	err := write(bounded)
	if ctx.Err() == nil && (errors.Is(err, context.DeadlineExceeded) || hasCode(err, codeMaxTimeMSExpired)) {
		return &gold.Error{
			Kind: gold.Unavailable, Code: gold.CodeStoreUnavailable, Err: err,
			Message: fmt.Sprintf("%s: MongoDB at %s did not acknowledge it within %s: check that a majority of the replica set's members runs and keeps up with its primary", doing, s.hosts, ttl),
		}
	}
	return err
}

func orElse(field string, value any) bson.D {
	return bson.D{{Key: "$ifNull", Value: bson.A{field, value}}}
}

// pointerOf returns the pointers through another client.
func (s *Store) pointerOf(c *mongo.Client) *mongo.Collection {
	return c.Database(s.releases.Name()).Collection("pointers")
}

// Renew implements gold.Writer.
func (s *Store) Renew(ctx context.Context, l gold.Lease, ttl time.Duration) (*gold.Lease, error) {
	if err := s.writable("renew a lease"); err != nil {
		return nil, err
	}
	ttl = cmp.Or(ttl, defaultTTL)
	pipeline := bson.A{bson.D{{Key: "$set", Value: bson.D{
		{Key: "lease.until", Value: bson.D{{Key: "$add", Value: bson.A{"$$NOW", ttl.Milliseconds()}}}},
		{Key: "lease.ttl", Value: ttl.Milliseconds()},
		{Key: "lease.beat", Value: bson.D{{Key: "$add", Value: bson.A{"$lease.beat", int64(1)}}}},
	}}}}
	var p pointer
	doing := "renew the lease of model " + l.Model
	err := s.acknowledged(ctx, ttl, doing, func(ctx context.Context) error {
		return s.pointerOf(s.leases).FindOneAndUpdate(ctx, leaseFilter(l), pipeline, after()).Decode(&p)
	})
	if err != nil && !transient(err) && ctx.Err() == nil {
		// Not matched, or not answered, as after a sleep: whose the lease is now says more than that.
		bounded, cancel := context.WithTimeout(ctx, max(ttl, acknowledgeTime))
		defer cancel()
		if _, err := s.held(bounded, l); gold.KindOf(err) == gold.Conflict {
			return nil, err
		}
	}
	if err != nil {
		return nil, s.fail(ctx, doing, err)
	}
	return leaseOf(&p, l.Model), nil
}

// Release implements gold.Writer. It logs the attempt even where the lease was lost.
func (s *Store) Release(ctx context.Context, l gold.Lease, ended *gold.Attempt) error {
	if err := s.writable("give a lease back"); err != nil {
		return err
	}
	if ended != nil {
		if err := s.logAttempt(ctx, l, ended); err != nil {
			return err
		}
	}
	var freed bool
	err := retry(ctx, func(int) error {
		res, err := s.pointerOf(s.leases).UpdateOne(ctx, leaseFilter(l), bson.D{{Key: "$set", Value: bson.D{{Key: "lease", Value: nil}}}})
		freed = err == nil && res.MatchedCount > 0
		return err
	})
	if err != nil {
		return s.fail(ctx, "give back the lease of model "+l.Model, err)
	}
	if freed {
		return nil
	}
	p, err := s.pointer(ctx, l.Model)
	if err != nil || p.Fence == l.Fence && p.Lease == nil {
		return err // An unacknowledged try has freed it.
	}
	return p.check(l)
}

// logAttempt records an attempt, once per fence, with the server's time beside the publisher's.
func (s *Store) logAttempt(ctx context.Context, l gold.Lease, a *gold.Attempt) error {
	set := bson.D{
		{Key: "command", Value: literal(a.Command)},
		{Key: "holder", Value: literal(a.Holder)},
		{Key: "started", Value: bson.NewDateTimeFromTime(a.Started)},
		{Key: "ended", Value: bson.NewDateTimeFromTime(a.Ended)},
		{Key: "outcome", Value: literal(a.Outcome)},
		{Key: "message", Value: literal(a.Message)},
		{Key: "release", Value: a.Release},
		{Key: "logged_at", Value: "$$NOW"},
	}
	key := bson.D{{Key: "model", Value: l.Model}, {Key: "fence", Value: l.Fence}}
	err := retry(ctx, func(int) error {
		_, err := s.attempts().UpdateOne(ctx, bson.D{{Key: "_id", Value: key}}, bson.A{bson.D{{Key: "$set", Value: set}}}, options.UpdateOne().SetUpsert(true))
		return err
	})
	if err == nil {
		err = s.trimAttempts(ctx, l.Model)
	}
	return s.fail(ctx, "log the attempt", err)
}

// cleanedAtOnce is how many records that are no longer kept one run cleans up at most. It is more than one run leaves, so that
// a store that has many gets rid of them without a run that takes long.
const cleanedAtOnce = 20

// trimAttempts removes attempts of a model beyond the newest gold.AttemptsKept.
func (s *Store) trimAttempts(ctx context.Context, model string) error {
	var old []struct {
		Key bson.D `bson:"_id"`
	}
	find := options.Find().SetSort(bson.D{{Key: "_id", Value: -1}}).SetSkip(gold.AttemptsKept).SetLimit(cleanedAtOnce).SetProjection(bson.D{{Key: "_id", Value: 1}})
	err := retry(ctx, func(int) error {
		cursor, err := s.attempts().Find(ctx, bson.D{ofModel(model, "fence")}, find)
		return all(ctx, cursor, err, &old)
	})
	if err != nil || len(old) == 0 {
		return err
	}
	keys := make(bson.A, len(old))
	for i := range old {
		keys[i] = old[i].Key
	}
	return retry(ctx, func(int) error {
		_, err := s.attempts().DeleteMany(ctx, bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: keys}}}})
		return err
	})
}
