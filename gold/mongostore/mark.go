package mongostore

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/readconcern"

	"goldserve/gold"
)

// comment names a mark's $out in the server's list of operations.
func (m mark) comment() string { return "goldserve " + m.Token }

// pollInterval is the time between two looks whether an $out still runs, and pollTimeout how long one may take.
const (
	pollInterval = time.Second
	pollTimeout  = 5 * time.Second
)

// wait returns how long to wait before the next look at a mark whose $out may still run.
func (m mark) wait(now time.Time) time.Duration {
	until := m.Deadline
	switch {
	case m.Latest.IsZero():
	case !now.After(m.Latest):
		until = m.Latest
	default:
		until = slices.MinFunc([]time.Time{until, now.Add(pollInterval)}, time.Time.Compare)
	}
	return max(until.Sub(now), 0) + time.Millisecond
}

// refreshStart is the time between a mark and the start of its $out, at most.
const refreshStart = 5 * time.Second

// reserve sets the mark of a collection once the one before is done, its deadline has passed, or its $out is known to
// have ended: that of the token ended, or one that the server no longer runs. It returns the mark with its times: a
// little time to start, and what it may take.
func (s *Store) reserve(ctx context.Context, l gold.Lease, collection string, m mark, took time.Duration, ended string) (mark, error) {
	path := "marks." + collection
	start := min(took, refreshStart)
	fromNow := func(d time.Duration) bson.D {
		return bson.D{{Key: "$add", Value: bson.A{"$$NOW", d.Milliseconds()}}}
	}
	set := bson.A{bson.D{{Key: "$set", Value: bson.D{{Key: path, Value: bson.D{
		{Key: "version", Value: literal(m.Version)},
		{Key: "fence", Value: m.Fence},
		{Key: "token", Value: m.Token},
		{Key: "user", Value: literal(m.User)},
		{Key: "latest", Value: fromNow(start)},
		{Key: "deadline", Value: fromNow(start + took)},
		{Key: "done", Value: false},
		{Key: "db", Value: m.Database},
		{Key: "fields", Value: literal(m.Fields)},
	}}}}}}
	for logged := false; ; {
		free := bson.D{{Key: "$or", Value: bson.A{
			bson.D{{Key: "$ne", Value: bson.A{bson.D{{Key: "$ifNull", Value: bson.A{"$" + path + ".done", true}}}, false}}},
			bson.D{{Key: "$lte", Value: bson.A{"$" + path + ".deadline", "$$NOW"}}},
			bson.D{{Key: "$in", Value: bson.A{"$" + path + ".token", literal(bson.A{ended, m.Token})}}},
		}}}
		var p pointer
		err := retry(ctx, func(int) error {
			return s.pointers().FindOneAndUpdate(ctx, leaseFilter(l, bson.E{Key: "$expr", Value: free}), set, after()).Decode(&p)
		})
		if err == nil {
			return p.Marks[collection], nil
		}
		if !errors.Is(err, mongo.ErrNoDocuments) {
			return mark{}, s.fail(ctx, "mark "+collection, err)
		}
		now, err := s.held(ctx, l)
		if err != nil {
			return mark{}, err
		}
		old := now.Marks[collection]
		if s.ended(ctx, old, m.User, now.Now) {
			ended = old.Token
			continue
		}
		if !logged {
			s.log.InfoContext(ctx, "waiting for an earlier rewrite of a collection to end", "collection", collection, "until", old.Deadline)
			logged = true
		}
		if err := pause(ctx, old.wait(now.Now)); err != nil {
			return mark{}, s.fail(ctx, "wait for an earlier rewrite of "+collection, err)
		}
	}
}

// ended reports to a user whether the $out that a mark announces has ended for certain: it can no longer start by the server's
// clock, which was now a moment ago, and the primary does not run it. Wherever that can't be seen it is false, and the
// deadline counts.
//
// The server lists an operation before it evaluates $$NOW for it, so one that was let start is on the list of a later
// look until it ends. Between the two hellos the driver asked one primary only: it never goes back to an earlier
// election. The linearizable read shows that this one was the primary still.
func (s *Store) ended(ctx context.Context, m mark, user string, now time.Time) bool {
	if m.Latest.IsZero() || !now.After(m.Latest) || s.sharded {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, pollTimeout)
	defer cancel()
	before, err := s.primary(ctx)
	if err != nil {
		return false
	}
	runs, err := s.runs(ctx, m, user)
	if err != nil || runs {
		return false
	}
	if s.replicated {
		pointers := s.pointers().Clone(options.Collection().SetReadConcern(readconcern.Linearizable()))
		if err := pointers.FindOne(ctx, bson.D{}, options.FindOne().SetProjection(bson.D{{Key: "_id", Value: 1}})).Err(); err != nil {
			return false
		}
	}
	after, err := s.primary(ctx)
	return err == nil && before == after
}

// primacy is a member's time as the primary.
type primacy struct {
	Me       string        `bson:"me"`
	Election bson.ObjectID `bson:"electionId"`
}

// primary says which member answers as the primary.
func (s *Store) primary(ctx context.Context) (p primacy, err error) {
	err = s.releases.RunCommand(ctx, bson.D{{Key: "hello", Value: 1}}).Decode(&p)
	return p, err
}

// runs reports to a user whether the primary runs the $out of a mark. A user sees its own operations without a privilege, and
// those of others with the action inprog on the cluster; a server without authentication shows them all. An error
// where not all that counts is seen: also where the look doesn't find itself.
func (s *Store) runs(ctx context.Context, m mark, user string) (bool, error) {
	self := "goldserve looks for " + m.Token
	cursor, err := s.client.Database("admin").RunCommandCursor(ctx, bson.D{
		{Key: "aggregate", Value: 1},
		{Key: "pipeline", Value: bson.A{
			stage("$currentOp", bson.D{{Key: "allUsers", Value: user != m.User}}),
			stage("$match", bson.D{{Key: "command.comment", Value: bson.D{{Key: "$in", Value: bson.A{m.comment(), self}}}}}),
			stage("$project", bson.D{{Key: "comment", Value: "$command.comment"}}),
		}},
		{Key: "cursor", Value: bson.D{}},
		{Key: "comment", Value: self},
	})
	var found []struct {
		Comment string `bson:"comment"`
	}
	if err := all(ctx, cursor, err, &found); err != nil {
		return false, err
	}
	seen, runs := false, false
	for _, op := range found {
		seen = seen || op.Comment == self
		runs = runs || op.Comment == m.comment()
	}
	if !seen {
		return false, errors.New("the server's list of operations lacks the one that reads it")
	}
	return runs, nil
}

// user names whom the server takes this store's connections for, "" for nobody: it asks for no password.
func (s *Store) user(ctx context.Context) (string, error) {
	var status struct {
		AuthInfo struct {
			Users []struct{ User, DB string } `bson:"authenticatedUsers"`
		} `bson:"authInfo"`
	}
	err := retry(ctx, func(int) error {
		return s.releases.RunCommand(ctx, bson.D{{Key: "connectionStatus", Value: 1}}).Decode(&status)
	})
	names := make([]string, len(status.AuthInfo.Users))
	for i, u := range status.AuthInfo.Users {
		names[i] = u.DB + "." + u.User
	}
	slices.Sort(names)
	return strings.Join(names, " "), s.fail(ctx, "ask for the user of the connection", err)
}

// finish says that a collection shows what its mark says.
func (s *Store) finish(ctx context.Context, l gold.Lease, collection string, m mark) error {
	path := "marks." + collection
	var matched bool
	err := retry(ctx, func(int) error {
		res, err := s.pointers().UpdateOne(ctx, leaseFilter(l, bson.E{Key: path + ".token", Value: m.Token}), bson.D{{Key: "$set", Value: bson.D{{Key: path + ".done", Value: true}}}})
		matched = err == nil && res.MatchedCount > 0
		return err
	})
	if err == nil && !matched {
		_, err := s.held(ctx, l)
		return err
	}
	return s.fail(ctx, "mark "+collection+" as done", err)
}

// lapse ends the time of a mark whose $out is known to have failed.
func (s *Store) lapse(ctx context.Context, l gold.Lease, collection string, m mark) error {
	path := "marks." + collection
	_, err := s.pointers().UpdateOne(ctx, leaseFilter(l, bson.E{Key: path + ".token", Value: m.Token}), bson.A{stage("$set", bson.D{{Key: path + ".deadline", Value: "$$NOW"}})})
	return s.fail(ctx, "mark "+collection+" as failed", err)
}
