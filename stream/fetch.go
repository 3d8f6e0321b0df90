package stream

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"goldserve/gold"
)

// mostPolled is how many messages are taken at once.
const mostPolled = 20_000

// collect reads until a window is due and no other one is at work.
func (c *consumer) collect(ctx context.Context) error {
	due := time.Now().Add(c.Every)
	for {
		if err := c.poll(ctx, due); err != nil {
			return err
		}
		ready := time.Now().After(due) || c.got.bytes >= c.Most || c.Once && c.reached(c.got.next)
		if ready && c.working == nil {
			return nil
		}
	}
}

// poll takes what the client has, or what became of the window at work, and waits a moment if there is neither.
func (c *consumer) poll(ctx context.Context, due time.Time) error {
	if c.got.bytes >= c.Most && c.working != nil { // the topic has to wait
		return c.rest(ctx, time.Second)
	}
	wait := min(time.Until(due), 200*time.Millisecond)
	if wait <= 0 && c.working != nil { // it is due, and goes on to be collected meanwhile
		wait = 100 * time.Millisecond
	}
	if wait > 0 {
		within, cancel := context.WithTimeout(ctx, wait)
		fetches := c.client.PollRecords(within, mostPolled)
		cancel()
		if err := c.take(ctx, fetches); err != nil {
			return err
		}
	}
	return c.rest(ctx, 0)
}

// rest waits for the window at work, or this long.
func (c *consumer) rest(ctx context.Context, most time.Duration) error {
	timer := time.NewTimer(most)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case o := <-c.working:
		return c.finish(ctx, o)
	default:
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case o := <-c.working:
		return c.finish(ctx, o)
	case <-timer.C:
		return nil
	}
}

// take collects the messages that were fetched.
func (c *consumer) take(ctx context.Context, fetches kgo.Fetches) (err error) {
	fetches.EachPartition(func(t kgo.FetchTopicPartition) {
		if err == nil {
			err = c.takePartition(ctx, &t.FetchPartition)
		}
	})
	return err
}

func (c *consumer) takePartition(ctx context.Context, p *kgo.FetchPartition) error {
	if p.Err != nil && !errors.Is(p.Err, context.DeadlineExceeded) && !errors.Is(p.Err, context.Canceled) {
		return c.refused(ctx, p.Err)
	}
	if len(p.Records) == 0 || int(p.Partition) >= len(c.got.next) {
		return nil
	}
	if next := c.got.next[p.Partition]; p.Records[0].Offset > next && p.LogStartOffset > next {
		return &gold.Error{Kind: gold.Invalid, Code: gold.CodeStreamLost, Message: removed(c.Topic, p.Partition, p.LogStartOffset, next)}
	}
	for _, r := range p.Records {
		if r.Offset < c.got.next[p.Partition] {
			continue
		}
		if r.Attrs.IsControl() {
			if _, err := c.got.pass(r.Partition, r.Offset); err != nil {
				return err
			}
			continue
		}
		c.got.seen(r.Timestamp)
		line, reason := checkMessage(r.Value, c.Required)
		if reason == "" {
			if err := c.got.add(r.Partition, r.Offset, line); err != nil {
				return err
			}
			continue
		}
		if err := c.deadLetter(ctx, r, reason); err != nil {
			return err
		}
		c.got.dead++
		if _, err := c.got.pass(r.Partition, r.Offset); err != nil {
			return err
		}
	}
	return nil
}

// deadLetter hands a message on to the dead letters. Where their topic has to be made and the brokers are away, it waits for them.
func (c *consumer) deadLetter(ctx context.Context, r *kgo.Record, reason string) error {
	for {
		err := c.dead.write(ctx, r, reason)
		said, refused := errors.AsType[*kerr.Error](err)
		if err == nil || ctx.Err() != nil || c.Once || refused && !said.Retriable {
			return err
		}
		c.tellAway(err)
		if err := c.rest(ctx, time.Second); err != nil {
			return err
		}
	}
}

// refused returns the error of a partition that the client no longer reads.
func (c *consumer) refused(ctx context.Context, err error) error {
	var lost *kgo.ErrDataLoss
	gone := errors.As(err, &lost) || errors.Is(err, kerr.OffsetOutOfRange)
	if e, failed := look(ctx, c.admin, &c.Connection, c.Topic); failed == nil {
		if _, _, lost := c.reading().meet(e, false); lost != nil {
			return lost
		}
	} else if !gone {
		return failed
	}
	if gone {
		return gold.Errorf(gold.Invalid, gold.CodeStreamLost, "the topic %s lost messages: %w", c.Topic, err)
	}
	return gold.Errorf(gold.Unavailable, gold.CodeStreamUnavailable, "the topic %s can't be read: %w", c.Topic, err)
}

// reading is the position of what is read, whether landed or not.
func (c *consumer) reading() *position {
	state := *c.at.topicState
	state.Begin = slices.Clone(state.Begin)
	return &position{topicState: &state, next: slices.Clone(c.got.next)}
}
