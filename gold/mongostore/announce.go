package mongostore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"goldserve/gold"
)

const (
	// refreshFloor and refreshPerRow are the time that the server's writing of rows is given at first: ten times what it
	// usually takes.
	refreshFloor  = time.Minute
	refreshPerRow = 100 * time.Microsecond
	// refreshTries is how often it is started, each time with twice the time where that was over.
	refreshTries = 6
)

// refreshTime returns the time that the writing of rows is given at first.
func (s *Store) refreshTime(rows int64) time.Duration {
	if s.refreshTTL > 0 {
		return s.refreshTTL
	}
	return max(refreshFloor, time.Duration(rows)*refreshPerRow)
}

// announcement is what the server is asked to write into a collection by commands that go on where their client dies.
type announcement struct {
	lease      gold.Lease
	collection string
	doing      string
	took       time.Duration
	ready      func(ctx context.Context) error // before each try, once it is announced; nil: nothing
	run        func(ctx context.Context, m mark, took time.Duration) error
}

// announced has the server write into a collection, however often it ends that for its time.
//
// What a dead client left behind goes on in the server, and would come between what is written later. So each try is
// announced by a mark before it starts, refuses to start once the mark's latest has passed, and is ended by the server
// at the mark's deadline; and nobody announces another for the same collection before the deadline has passed on the
// server's clock, or its latest has and the server is seen not to run it.
func (s *Store) announced(ctx context.Context, m mark, a announcement) error {
	var err error
	for range refreshTries {
		ended := m.Token
		m.Token = bson.NewObjectID().Hex()
		if m, err = s.reserve(ctx, a.lease, a.collection, m, a.took, ended); err != nil {
			return err
		}
		if a.ready != nil {
			if err = a.ready(ctx); err != nil {
				return err
			}
		}
		err = a.run(ctx, m, a.took)
		switch {
		case err == nil:
			return s.finish(ctx, a.lease, a.collection, m)
		case ctx.Err() != nil:
			return s.fail(ctx, a.doing, err)
		case hasCode(err, codeMaxTimeMSExpired, codeExceededTimeLimit):
			a.took *= 2
		case hasCode(err, codeBadValue):
			// It came too late to start.
		case transient(err) && hasAnyCode(err):
			// An election ended it.
		case transient(err):
			m.Token = "" // No answer: it may go on, so its end is waited for.
		default:
			return errors.Join(s.fail(ctx, a.doing, err), s.lapse(ctx, a.lease, a.collection, m))
		}
		s.log.WarnContext(ctx, "the server's writing of a collection is repeated", "collection", a.collection, "allowed", a.took, "error", err)
	}
	doing := fmt.Sprintf("%s in %d tries", a.doing, refreshTries)
	if hasCode(err, codeBadValue) {
		return &gold.Error{Kind: gold.Timeout, Code: gold.CodeQueryTimeout, Message: doing + ": MongoDB is too busy to start it in time", Err: err}
	}
	return s.fail(ctx, doing, err)
}

// inTime is the condition of a command that arrives in time. After the mark's latest it is an error, and nothing is done: it
// is constant for the server, which computes it before it reads a row, and 1/0 has no result.
func (m mark) inTime() bson.D {
	inTime := bson.D{{Key: "$cond", Value: bson.A{bson.D{{Key: "$lte", Value: bson.A{"$$NOW", bson.NewDateTimeFromTime(m.Latest)}}}, 1, 0}}}
	return bson.D{{Key: "$expr", Value: bson.D{{Key: "$divide", Value: bson.A{1, inTime}}}}}
}

// command runs a command that a mark announces, which the server ends after took.
func (s *Store) command(ctx context.Context, command bson.D, m mark, took time.Duration) error {
	command = append(command,
		bson.E{Key: "maxTimeMS", Value: took.Milliseconds()},
		bson.E{Key: "comment", Value: m.comment()},
		bson.E{Key: "writeConcern", Value: bson.D{{Key: "w", Value: "majority"}, {Key: "j", Value: true}}},
	)
	// The driver would send a deadline of the context as a second maxTimeMS.
	bounded, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(ctx, cancel)()
	return s.releases.RunCommand(bounded, command).Err()
}
