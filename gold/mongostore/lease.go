package mongostore

import (
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

// Lease implements gold.Writer.
//
// A lease that somebody holds is watched for two renewals: where it is renewed meanwhile its holder lives, and the
// answer is Conflict; else it is waited for and taken over, which needs no time but what is left of it.
func (s *Store) Lease(ctx context.Context, r gold.LeaseRequest) (*gold.Lease, error) {
	if err := s.writable("take a lease"); err != nil {
		return nil, err
	}
	if r.TTL <= 0 {
		r.TTL = defaultTTL
	}
	switch r.Do {
	case gold.Renew:
		return s.renew(ctx, r)
	case gold.GiveBack:
		return nil, s.giveBack(ctx, r)
	case gold.Acquire:
		return s.acquire(ctx, r)
	default:
		return nil, gold.Errorf(gold.Internal, gold.CodeInternal, "unknown lease action %d", r.Do)
	}
}

func (s *Store) acquire(ctx context.Context, r gold.LeaseRequest) (*gold.Lease, error) {
	token := bson.NewObjectID().Hex()
	p, err := s.take(ctx, r, token)
	if err != nil || p.Lease.Token == token {
		return leaseOf(p, r.Model), err
	}
	seen := *p.Lease
	watch := 2 * time.Duration(seen.Millis) * time.Millisecond / renewals
	for wait := watch; ; {
		if err := pause(ctx, wait); err != nil {
			return nil, s.fail(ctx, "wait for the lease of model "+r.Model, err)
		}
		if p, err = s.pointer(ctx, r.Model); err != nil {
			return nil, err
		}
		// Gone or lapsed: whoever is first takes it. Still there unchanged: its time is awaited.
		switch l := p.lease(); {
		case l == nil:
			p, err = s.take(ctx, r, token)
			if err != nil || p.Lease.Token == token {
				return leaseOf(p, r.Model), err
			}
			return nil, busy(p)
		case p.Lease.Token != seen.Token || p.Lease.Beat != seen.Beat:
			return nil, busy(p)
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

// busy is the error of who meets a holder that lives.
func busy(p *pointer) error {
	return gold.Errorf(gold.Conflict, gold.CodePublishConflict, "model %s is being published by %s, whose lease lasts until %s unless it is renewed: try again later",
		p.Model, p.Lease.Holder, p.Lease.Until.UTC().Format(time.RFC3339))
}

// take takes the lease where it is free, and returns the pointer as it is then: whose the lease is follows from its
// token. It also makes the pointer of a model that has none. It may be repeated.
func (s *Store) take(ctx context.Context, r gold.LeaseRequest, token string) (*pointer, error) {
	free := bson.D{{Key: "$or", Value: bson.A{
		bson.D{{Key: "$ne", Value: bson.A{bson.D{{Key: "$type", Value: "$lease"}}, "object"}}},
		bson.D{{Key: "$lte", Value: bson.A{"$lease.until", "$$NOW"}}},
	}}}
	own := bson.D{
		{Key: "holder", Value: literal(r.Holder)},
		{Key: "token", Value: token},
		{Key: "until", Value: bson.D{{Key: "$add", Value: bson.A{"$$NOW", r.TTL.Milliseconds()}}}},
		{Key: "ttl", Value: r.TTL.Milliseconds()},
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
	doing := "take the lease of model " + r.Model
	err := persist(ctx, func(int) error {
		return s.acknowledged(ctx, r.TTL, doing, func(ctx context.Context) error {
			err := s.pointerOf(s.leases).FindOneAndUpdate(ctx, bson.D{{Key: "_id", Value: r.Model}}, pipeline, after().SetUpsert(true)).Decode(&p)
			if hasCode(err, codeDuplicateKey) {
				// Another took it between this upsert's look and its insert.
				err = s.pointerOf(s.leases).FindOneAndUpdate(ctx, bson.D{{Key: "_id", Value: r.Model}}, pipeline, after()).Decode(&p)
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

func (s *Store) renew(ctx context.Context, r gold.LeaseRequest) (*gold.Lease, error) {
	pipeline := bson.A{bson.D{{Key: "$set", Value: bson.D{
		{Key: "lease.until", Value: bson.D{{Key: "$add", Value: bson.A{"$$NOW", r.TTL.Milliseconds()}}}},
		{Key: "lease.ttl", Value: r.TTL.Milliseconds()},
		{Key: "lease.beat", Value: bson.D{{Key: "$add", Value: bson.A{"$lease.beat", int64(1)}}}},
	}}}}
	var p pointer
	doing := "renew the lease of model " + r.Lease.Model
	err := s.acknowledged(ctx, r.TTL, doing, func(ctx context.Context) error {
		return s.pointerOf(s.leases).FindOneAndUpdate(ctx, ours(*r.Lease), pipeline, after()).Decode(&p)
	})
	if err != nil && !transient(err) && ctx.Err() == nil {
		// Not matched, or not answered, as after a sleep: whose the lease is now says more than that.
		bounded, cancel := context.WithTimeout(ctx, max(r.TTL, acknowledgeTime))
		defer cancel()
		if _, err := s.held(bounded, *r.Lease); gold.KindOf(err) == gold.Conflict {
			return nil, err
		}
	}
	if err != nil {
		return nil, s.fail(ctx, doing, err)
	}
	return leaseOf(&p, r.Lease.Model), nil
}

// giveBack frees the lease and logs the attempt, which it does even where the lease was lost.
func (s *Store) giveBack(ctx context.Context, r gold.LeaseRequest) error {
	if r.Ended != nil {
		if err := s.logAttempt(ctx, *r.Lease, r.Ended); err != nil {
			return err
		}
	}
	var freed bool
	err := persist(ctx, func(int) error {
		res, err := s.pointerOf(s.leases).UpdateOne(ctx, ours(*r.Lease), bson.D{{Key: "$set", Value: bson.D{{Key: "lease", Value: nil}}}})
		freed = err == nil && res.MatchedCount > 0
		return err
	})
	if err != nil {
		return s.fail(ctx, "give back the lease of model "+r.Lease.Model, err)
	}
	if freed {
		return nil
	}
	p, err := s.pointer(ctx, r.Lease.Model)
	if err != nil || p.Fence == r.Lease.Fence && p.Lease == nil {
		return err // An unacknowledged try has freed it.
	}
	return p.check(*r.Lease)
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
	err := persist(ctx, func(int) error {
		_, err := s.attempts().UpdateOne(ctx, bson.D{{Key: "_id", Value: key}}, bson.A{bson.D{{Key: "$set", Value: set}}}, options.UpdateOne().SetUpsert(true))
		return err
	})
	return s.fail(ctx, "log the attempt", err)
}
