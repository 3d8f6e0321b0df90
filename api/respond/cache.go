package respond

import (
	"context"
	"errors"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/maypok86/otter/v2"
)

// Cache holds answers, bounded in bytes. Each is computed once for all that ask for it at the same time. It is safe for
// concurrent use.
type Cache struct {
	answers *otter.Cache[cacheKey, *answer] // nil: none is cached
	budget  uint64
	timeout time.Duration // of the making of an answer
	Waiting atomic.Int64  // requests for answers that are being computed

	mu         sync.Mutex
	calls      map[callKey]*call
	superseded map[string][]cacheKey // those of the release before the current one: the first to go
}

// maxShare is the part of the budget that one answer may take: 1/maxShare.
const maxShare = 8

// newCache returns a cache of so many bytes, 0 for one that holds nothing, of answers that are made within a timeout.
func newCache(budget int64, timeout time.Duration) (*Cache, error) {
	c := &Cache{budget: uint64(max(budget, 0)), timeout: timeout, calls: map[callKey]*call{}, superseded: map[string][]cacheKey{}}
	if budget <= 0 {
		return c, nil
	}
	var err error
	c.answers, err = otter.New(&otter.Options[cacheKey, *answer]{
		MaximumWeight: c.budget,
		Weigher:       func(_ cacheKey, a *answer) uint32 { return uint32(min(a.size(), maxWeight)) }, // #nosec G115 -- bounded
	})
	return c, err
}

const maxWeight = 1 << 30

// get returns a cached answer, or nil.
func (c *Cache) get(key cacheKey) *answer {
	if c.answers == nil {
		return nil
	}
	a, _ := c.answers.GetIfPresent(key)
	return a
}

// Bytes returns the size of what is cached.
func (c *Cache) Bytes() int64 {
	if c.answers == nil {
		return 0
	}
	c.answers.CleanUp()
	return int64(min(c.answers.WeightedSize(), math.MaxInt64)) // #nosec G115 -- bounded
}

// Holds reports whether anything is cached.
func (c *Cache) Holds() bool { return c.answers != nil && c.answers.EstimatedSize() > 0 }

// fill computes an answer and caches it; who asks meanwhile waits for the same computation. Errors aren't cached.
func (c *Cache) fill(ctx context.Context, key cacheKey, compute func(context.Context) (*answer, error)) (*answer, error) {
	return c.once(ctx, callKey{key: key}, func(ctx context.Context) (*answer, error) {
		if a := c.get(key); a != nil { // the call before this one has just ended
			return a, nil
		}
		a, err := compute(ctx)
		if err == nil {
			c.put(key, a)
		}
		return a, err
	})
}

// amend adds an encoding to an answer. Where that is no longer cached the amended one isn't either.
func (c *Cache) amend(ctx context.Context, key cacheKey, encoding string, a *answer, make func() (*answer, error)) (*answer, error) {
	return c.once(ctx, callKey{key, encoding}, func(context.Context) (*answer, error) {
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

// callKey names an answer that is being made.
type callKey struct {
	key      cacheKey
	encoding string
}

// call is the making of an answer: done is closed when answer and err are set.
type call struct {
	clients int // that wait for it; with the last of them it ends
	cancel  context.CancelFunc
	done    chan struct{}
	answer  *answer
	err     error
}

// once runs do, which doesn't panic, once for all that ask for the same at the same time: in the goroutine of the first,
// which stays to its end. A client that goes doesn't end it, but the last one does: nobody would see the answer, and
// others wait for its slot.
func (c *Cache) once(ctx context.Context, key callKey, do func(context.Context) (*answer, error)) (*answer, error) {
	c.Waiting.Add(1)
	defer c.Waiting.Add(-1)
	c.mu.Lock()
	running, underway := c.calls[key]
	if underway {
		running.clients++
		c.mu.Unlock()
		select {
		case <-ctx.Done():
			c.leave(key, running)
			return nil, ctx.Err()
		case <-running.done:
			return running.answer, running.err
		}
	}
	calling, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.timeout)
	defer cancel()
	running = &call{clients: 1, cancel: cancel, done: make(chan struct{})}
	c.calls[key] = running
	c.mu.Unlock()
	stop := context.AfterFunc(ctx, func() {
		if errors.Is(ctx.Err(), context.Canceled) { // its deadline is the computation's too
			c.leave(key, running)
		}
	})
	running.answer, running.err = do(calling)
	stop()
	c.mu.Lock()
	c.forget(key, running)
	c.mu.Unlock()
	close(running.done)
	if errors.Is(ctx.Err(), context.Canceled) {
		return nil, ctx.Err()
	}
	return running.answer, running.err
}

// leave takes a client from a call.
func (c *Cache) leave(key callKey, running *call) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if running.clients--; running.clients == 0 {
		running.cancel()
		c.forget(key, running)
	}
}

// forget takes a call from the list: who asks from now on starts another. The lock is held.
func (c *Cache) forget(key callKey, running *call) {
	if c.calls[key] == running {
		delete(c.calls, key)
	}
}

// put caches an answer, unless it takes too much of the budget. Those of superseded releases make room first.
func (c *Cache) put(key cacheKey, a *answer) {
	size := uint64(a.size()) // #nosec G115 -- a length
	if c.answers == nil || size > c.budget/maxShare {
		return
	}
	c.mu.Lock()
	if len(c.superseded) > 0 && c.answers.WeightedSize()+size > c.budget {
		for model := range c.superseded {
			c.drop(model)
		}
	}
	c.mu.Unlock()
	c.answers.Set(key, a)
}

// Supersede marks the answers of a model's release that is no longer current. Those that were marked before, of older
// releases, go.
func (c *Cache) Supersede(model string, before, now Identity) {
	if c.answers == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.drop(model, now)
	for key := range c.answers.Keys() {
		if key.release == before {
			c.superseded[model] = append(c.superseded[model], key)
		}
	}
}

// Expire drops the marked answers of a model.
func (c *Cache) Expire(model string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.drop(model)
}

// drop drops the marked answers of a model but for those of releases that are current again. The lock is held.
func (c *Cache) drop(model string, current ...Identity) {
	for _, key := range c.superseded[model] {
		if len(current) == 0 || key.release != current[0] {
			c.answers.Invalidate(key)
		}
	}
	delete(c.superseded, model)
}

// Caches reports whether answers are cached at all.
func (c *Cache) Caches() bool { return c.answers != nil }
