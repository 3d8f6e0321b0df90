package publisher

import (
	"context"
	"slices"
	"sync"

	"goldserve/gold"
	"goldserve/gold/quality"
)

// rollupsOf returns the rollups that can be computed while an item streams to others anyway. Those of looked-up fields
// need their lookups first, which may be of datasets that come later.
func (r *run) rollupsOf(it *job) []consumer {
	var consumers []consumer
	for _, c := range r.rollups {
		if c.origin == it && c.result == nil && len(c.lookups) == 0 {
			c.begin(it.dataset.Fields, r.workers(), r.config.Memory)
			consumers = append(consumers, c)
		}
	}
	return consumers
}

// rereads reports whether an item is read again for rollups or derived datasets that need lookups.
func (r *run) rereads(it *job) bool {
	rereads := func(from *job, ls lookups) bool { return len(ls) > 0 && (from == it || ls.from(it)) }
	return slices.ContainsFunc(r.rollups, func(c *rollup) bool { return rereads(c.origin, c.lookups) }) ||
		slices.ContainsFunc(r.jobs, func(target *job) bool { return rereads(target.source, target.lookups) })
}

// begin makes the accumulators, over rows with these fields.
func (r *rollup) begin(fields []gold.Field, workers int, memory int64) {
	spec := r.item.dataset.Rollup
	var err error
	if r.groups, err = newGrouping(fields, spec.Group, spec.Measures, workers, memory); err != nil {
		r.failed.Store(&gold.Error{Kind: gold.Invalid, Code: gold.CodeOf(err), Message: err.Error()})
		r.groups = &grouping{} // which was tried
	}
}

// fails notes that the groups can't be made: they are then a rule that is not kept, and no reason to end a publish.
// It returns the errors that are.
func (r *rollup) fails(err error) error {
	if err == nil || gold.KindOf(err) != gold.Invalid {
		return err
	}
	r.failed.CompareAndSwap(nil, &gold.Error{Kind: gold.Invalid, Code: gold.CodeOf(err), Message: err.Error()})
	return nil
}

func (r *rollup) hasFailed() bool { return r.failed.Load() != nil }

func (r *rollup) columns() []string { return r.groups.columns() }

func (r *rollup) add(worker int, b *gold.Batch, first int64) error {
	if r.hasFailed() {
		return nil
	}
	return r.fails(r.groups.add(worker, b, first))
}

// compareRollups compares those that the current release has not. Every item that they need is done.
func (r *run) compareRollups(ctx context.Context, done func(*job) bool) error {
	for _, c := range r.rollups {
		if c.result != nil || !done(c.item) || !done(c.origin) || c.lookups.any(func(l *lookup) bool { return !done(l.from) }) {
			continue
		}
		if c.groups == nil {
			if err := r.regroup(ctx, c); err != nil {
				return err
			}
		}
		if err := r.compare(ctx, c); err != nil {
			return err
		}
		if failed := c.failed.Load(); failed != nil {
			result := quality.NotCompared(c.item.dataset, failed)
			c.result = &result
		}
		c.groups, c.lookups = nil, nil
	}
	return nil
}

// compare holds the item's rows against the groups.
func (r *run) compare(ctx context.Context, c *rollup) error {
	if c.hasFailed() {
		return nil
	}
	merged, err := c.groups.merged()
	if err != nil {
		return c.fails(err)
	}
	groups, err := merged.Batch(nil, 0)
	if err != nil {
		return c.fails(err)
	}
	against, err := quality.NewRollup(c.item.dataset, groups, r.config.Memory)
	if err != nil {
		return c.fails(err)
	}
	names := make([]string, len(groups.Fields))
	for i, f := range groups.Fields {
		names[i] = f.Name
	}
	if err := r.stream(ctx, c.item, &compared{names: names, rollup: against}); err != nil {
		return err
	}
	result := against.Result()
	c.result = &result
	return nil
}

// compared feeds rows to a comparison, one worker after the other.
type compared struct {
	names  []string
	mu     sync.Mutex
	rollup *quality.Rollup
}

func (c *compared) columns() []string { return c.names }

func (c *compared) add(_ int, b *gold.Batch, _ int64) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.rollup.Add(b)
}

// regroup streams the columns of the origin that the groups need, with those that it looks up.
func (r *run) regroup(ctx context.Context, c *rollup) error {
	if err := c.fails(r.fill(ctx, c.lookups)); err != nil || c.hasFailed() {
		return err
	}
	c.begin(append(slices.Clip(c.origin.dataset.Fields), c.lookups.fields()...), r.workers(), r.config.Memory)
	if c.hasFailed() {
		return nil
	}
	return r.stream(ctx, c.origin, newLookingUp(c, c.lookups))
}
