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

// rereads reports whether an item is read again for a rollup that needs lookups.
func (r *run) rereads(it *job) bool {
	return slices.ContainsFunc(r.rollups, func(c *rollup) bool {
		return len(c.lookups) > 0 && (c.origin == it || slices.ContainsFunc(c.lookups, func(l *lookup) bool { return l.from == it }))
	})
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
		if c.result != nil || !done(c.item) || !done(c.origin) || slices.ContainsFunc(c.lookups, func(l *lookup) bool { return !done(l.from) }) {
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
	spec, origin := c.item.dataset.Rollup, c.origin.dataset
	for _, l := range c.lookups {
		if err := r.fill(ctx, c, l); err != nil || c.hasFailed() {
			return err
		}
	}
	fields := slices.Clone(origin.Fields)
	for _, l := range c.lookups {
		fields = append(fields, l.fields...)
	}
	c.begin(fields, r.workers(), r.config.Memory)
	if c.hasFailed() {
		return nil
	}
	var own []string // columns of the origin
	for _, name := range columnsOf(spec.Group, spec.Measures) {
		if origin.Field(name) != nil {
			own = append(own, name)
		}
	}
	for _, l := range c.lookups {
		if !slices.Contains(own, l.on) {
			own = append(own, l.on)
		}
	}
	return r.stream(ctx, c.origin, &lookupJoin{rollup: c, own: own})
}

// fill streams the dimension.
func (r *run) fill(ctx context.Context, c *rollup, l *lookup) error {
	l.places, l.rows, l.memory = map[gold.Value]int{}, gold.NewBatch(l.fields, 0), r.config.Memory
	return c.fails(r.stream(ctx, l.from, l))
}

func (l *lookup) columns() []string {
	names := []string{l.key}
	for _, f := range l.fields {
		if f.Name != l.key {
			names = append(names, f.Name)
		}
	}
	return names
}

func (l *lookup) add(_ int, b *gold.Batch, _ int64) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	key := b.Column(l.key)
	for i := range b.Rows {
		v := key.Value(i)
		l.places[v] = l.rows.Rows
		l.held += 96 + int64(len(v.Text()))
		for k, f := range l.fields {
			value := b.Column(f.Name).Value(i)
			l.rows.Columns[k].Append(value)
			l.held += 8 + int64(len(value.Text()))
		}
		l.rows.Rows++
	}
	if l.memory > 0 && l.held > l.memory {
		return gold.Errorf(gold.Invalid, gold.CodeMemoryLimit, "looking up fields of %s needs more than %d bytes of memory", l.from.dataset.Name, l.memory)
	}
	return nil
}

// lookupJoin hands a rollup the rows of its origin with the fields that they look up, null where the dimension has no
// such key.
type lookupJoin struct {
	*rollup
	own []string // columns of the origin
}

func (c *lookupJoin) columns() []string { return c.own }

func (c *lookupJoin) add(worker int, b *gold.Batch, first int64) error {
	wide := &gold.Batch{Fields: slices.Clip(b.Fields), Columns: slices.Clip(b.Columns), Rows: b.Rows}
	for _, l := range c.lookups {
		on := b.Column(l.on)
		extra := gold.NewBatch(l.fields, b.Rows)
		for i := range b.Rows {
			place, known := l.places[on.Value(i)]
			for k := range l.fields {
				if known && !on.IsNull(i) {
					extra.Columns[k].Append(l.rows.Columns[k].Value(place))
				} else {
					extra.Columns[k].AppendNull()
				}
			}
		}
		wide.Fields, wide.Columns = append(wide.Fields, extra.Fields...), append(wide.Columns, extra.Columns...)
	}
	return c.rollup.add(worker, wide.Part(c.groups.columns()), first)
}
