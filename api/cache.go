package api

import (
	"context"
	"errors"
	"math"
	"sync"
	"sync/atomic"

	"github.com/maypok86/otter/v2"
)

// cache keeps answers, bounded in bytes. Each is computed once for all that ask for it at the same time. It is safe for
// concurrent use.
type cache struct {
	answers *otter.Cache[answerKey, *answer] // nil: none is kept
	budget  uint64
	waiting atomic.Int64 // requests for answers that are being computed

	mu         sync.Mutex
	flights    map[flight]*landing
	superseded map[*model][]answerKey // those of the release before the current one: the first to go
}

// maxShare is the part of the budget that one answer may take: 1/maxShare.
const maxShare = 8

// newCache returns a cache of so many bytes, 0 for one that keeps nothing.
func newCache(budget int64) (*cache, error) {
	c := &cache{budget: uint64(max(budget, 0)), flights: map[flight]*landing{}, superseded: map[*model][]answerKey{}}
	if budget <= 0 {
		return c, nil
	}
	var err error
	c.answers, err = otter.New(&otter.Options[answerKey, *answer]{
		MaximumWeight: c.budget,
		Weigher:       func(_ answerKey, a *answer) uint32 { return uint32(min(a.size(), maxWeight)) }, // #nosec G115 -- bounded
	})
	return c, err
}

const maxWeight = 1 << 30

// get returns a kept answer, or nil.
func (c *cache) get(key answerKey) *answer {
	if c.answers == nil {
		return nil
	}
	a, _ := c.answers.GetIfPresent(key)
	return a
}

// bytes returns the size of what is kept.
func (c *cache) bytes() int64 {
	if c.answers == nil {
		return 0
	}
	c.answers.CleanUp()
	return int64(min(c.answers.WeightedSize(), math.MaxInt64)) // #nosec G115 -- bounded
}

// holds reports whether anything is kept.
func (c *cache) holds() bool { return c.answers != nil && c.answers.EstimatedSize() > 0 }

// fill computes an answer and keeps it; who asks meanwhile waits for the same computation. Errors aren't kept.
func (c *cache) fill(ctx context.Context, key answerKey, compute func(context.Context) (*answer, error)) (*answer, error) {
	return c.once(ctx, flight{key: key}, func(ctx context.Context) (*answer, error) {
		if a := c.get(key); a != nil { // the flight before this one landed just now
			return a, nil
		}
		a, err := compute(ctx)
		if err == nil {
			c.put(key, a)
		}
		return a, err
	})
}

// amend adds an encoding to an answer. Where it isn't kept any more the amended one isn't either.
func (c *cache) amend(ctx context.Context, key answerKey, encoding string, a *answer, make func() (*answer, error)) (*answer, error) {
	return c.once(ctx, flight{key, encoding}, func(context.Context) (*answer, error) {
		if now := c.get(key); now != nil && now.in(encoding) != nil {
			return now, nil
		}
		amended, err := make()
		if err != nil || c.answers == nil {
			return amended, err
		}
		c.answers.ComputeIfPresent(key, func(now *answer) (*answer, otter.ComputeOp) {
			if now.plain != a.plain {
				return now, otter.CancelOp
			}
			return now.with(encoding, amended.in(encoding)), otter.WriteOp
		})
		return amended, nil
	})
}

// flight is an answer that is being made.
type flight struct {
	key      answerKey
	encoding string
}

// landing is the end of a flight: done is closed when answer and err are set.
type landing struct {
	clients int // that wait for it; with the last of them the flight ends
	cancel  context.CancelFunc
	done    chan struct{}
	answer  *answer
	err     error
}

// once runs do, which doesn't panic, once for all that ask for the same at the same time: in the goroutine of the first,
// which stays to its end. A client that goes doesn't end it, but the last one does: nobody would see the answer, and
// others wait for its place.
func (c *cache) once(ctx context.Context, f flight, do func(context.Context) (*answer, error)) (*answer, error) {
	c.waiting.Add(1)
	defer c.waiting.Add(-1)
	c.mu.Lock()
	l, underway := c.flights[f]
	if underway {
		l.clients++
		c.mu.Unlock()
		select {
		case <-ctx.Done():
			c.leave(f, l)
			return nil, ctx.Err()
		case <-l.done:
			return l.answer, l.err
		}
	}
	flying, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	l = &landing{clients: 1, cancel: cancel, done: make(chan struct{})}
	c.flights[f] = l
	c.mu.Unlock()
	stop := context.AfterFunc(ctx, func() {
		if errors.Is(ctx.Err(), context.Canceled) { // its deadline is the computation's too
			c.leave(f, l)
		}
	})
	l.answer, l.err = do(flying)
	stop()
	c.mu.Lock()
	c.forget(f, l)
	c.mu.Unlock()
	close(l.done)
	if errors.Is(ctx.Err(), context.Canceled) {
		return nil, ctx.Err()
	}
	return l.answer, l.err
}

// leave takes a client from a flight.
func (c *cache) leave(f flight, l *landing) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if l.clients--; l.clients == 0 {
		l.cancel()
		c.forget(f, l)
	}
}

// forget takes a flight from the list: who asks from now on starts another. The lock is held.
func (c *cache) forget(f flight, l *landing) {
	if c.flights[f] == l {
		delete(c.flights, f)
	}
}

// put keeps an answer, unless it takes too much of the budget. Those of superseded releases make room first.
func (c *cache) put(key answerKey, a *answer) {
	size := uint64(a.size()) // #nosec G115 -- a length
	if c.answers == nil || size > c.budget/maxShare {
		return
	}
	c.mu.Lock()
	if len(c.superseded) > 0 && c.answers.WeightedSize()+size > c.budget {
		for m := range c.superseded {
			c.drop(m)
		}
	}
	c.mu.Unlock()
	c.answers.Set(key, a)
}

// supersede marks the answers of a model's release that is no longer current. Those that were marked before, of older
// releases, go.
func (c *cache) supersede(m *model, before, now identity) {
	if c.answers == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.drop(m, now)
	for key := range c.answers.Keys() {
		if key.release == before {
			c.superseded[m] = append(c.superseded[m], key)
		}
	}
}

// expire drops the marked answers of a model.
func (c *cache) expire(m *model) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.drop(m)
}

// drop drops the marked answers of a model but for those of releases that are current again. The lock is held.
func (c *cache) drop(m *model, current ...identity) {
	for _, key := range c.superseded[m] {
		if len(current) == 0 || key.release != current[0] {
			c.answers.Invalidate(key)
		}
	}
	delete(c.superseded, m)
}
