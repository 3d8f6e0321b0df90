package stream

import (
	"context"
	"errors"
	"slices"
	"time"

	"goldserve/gold"
)

// look asks the brokers whether the topic is still the one that is read, before anything of it is landed, and takes new partitions in.
func (c *consumer) look(ctx context.Context) error {
	e, err := look(ctx, c.admin, &c.Connection, c.Topic)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		if e, ok := errors.AsType[*gold.Error](err); ok && e.Code == gold.CodeStreamUnavailable && !c.Once {
			c.tellAway(err)
			return nil
		}
		return err
	}
	if c.away {
		c.away = false
		c.Logger.Info("the brokers answer again", "topic", c.Topic)
	}
	c.last = e
	select {
	case <-c.After:
		c.stop, c.After = slices.Clone(e.end), nil
	default:
	}
	now := c.reading()
	changed, _, err := now.meet(e, false)
	if err != nil || !changed {
		return err
	}
	had := len(c.got.next)
	c.at.Begin = now.Begin
	for p := had; p < len(now.next); p++ {
		c.at.next, c.got.next = append(c.at.next, now.next[p]), append(c.got.next, now.next[p])
	}
	c.Logger.Info("the topic has new partitions", "topic", c.Topic, "partitions", len(now.next))
	if err := c.at.write(c.State); err != nil {
		return err
	}
	c.assign(had)
	return nil
}

// tellAway says once that the brokers don't answer: nothing is landed until they do, since the topic might be another one by then.
func (c *consumer) tellAway(err error) {
	if !c.away {
		c.Logger.Warn("the brokers don't answer, and the stream waits", "topic", c.Topic, "problem", err.Error())
	}
	c.away = true
	c.tell(Progress{Err: err})
}

// reached reports whether a position is where a stream that runs once ends.
func (c *consumer) reached(next []int64) bool {
	for p, end := range c.stop {
		if p >= len(next) || next[p] < end {
			return false
		}
	}
	return c.stop != nil
}

// tell completes the progress with the lag, and tells of it.
func (c *consumer) tell(p Progress) {
	p.At = time.Now()
	p.LagMessages, p.LagSeconds = c.lag(p.At)
	c.Told(p)
}

// lag returns how many messages of the topic the release doesn't have, and how old the oldest of them is.
func (c *consumer) lag(now time.Time) (messages int64, seconds float64) {
	ends := slices.Clone(c.last.end)
	for p, next := range c.got.next {
		if p < len(ends) {
			ends[p] = max(ends[p], next)
		}
	}
	for p, end := range ends {
		if p < len(c.done.next) {
			end -= c.done.next[p]
		}
		messages += max(end, 0)
	}
	if messages == 0 {
		return 0, 0
	}
	for _, oldest := range []time.Time{c.work.oldest, c.got.oldest, c.done.newest} {
		if !oldest.IsZero() {
			return messages, max(now.Sub(oldest).Seconds(), 0)
		}
	}
	return messages, 0
}
