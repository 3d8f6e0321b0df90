package publisher

import (
	"context"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"

	"goldserve/gold"
	"goldserve/gold/quality"
)

// rollup compares an item that says it aggregates another with the groups of that one. As a consumer it groups the
// origin's rows, with one accumulator for each worker.
type rollup struct {
	item, origin *item
	lookups      []*lookup // where the groups are of fields that the origin borrows
	groups       *grouping
	failed       atomic.Pointer[gold.Error] // why it can't be compared
	result       *gold.RuleResult           // nil: to be compared
}

// findRollups finds the rollups of the plan, and what became of those that the current release compared already.
func (pl *plan) findRollups() {
	pl.rollups = nil
	for _, it := range pl.items {
		spec := it.dataset.Rollup
		if spec == nil || it.dataset.Derive != nil || it.absent != nil && !it.kept {
			continue
		}
		r := &rollup{item: it, origin: pl.item(spec.Of)}
		if r.origin == nil || r.origin.absent != nil && !r.origin.kept || !r.borrow(pl) {
			continue // a kept contract may name what the model no longer has
		}
		r.result = pl.knownRollup(r)
		pl.rollups = append(pl.rollups, r)
	}
}

func (pl *plan) item(dataset string) *item {
	for _, it := range pl.items {
		if it.dataset.Name == dataset {
			return it
		}
	}
	return nil
}

// borrow finds the lookups of groups that are no fields of the origin's own, and reports whether all are there.
func (r *rollup) borrow(pl *plan) bool {
	for _, g := range r.item.dataset.Rollup.Group {
		if r.origin.dataset.Field(g.Field) != nil {
			continue
		}
		lends := func(l gold.Lend) bool { return slices.Contains(l.Fields, g.Field) }
		i := slices.IndexFunc(r.origin.dataset.Lend, lends)
		if i < 0 {
			return false
		}
		lend := r.origin.dataset.Lend[i]
		from := pl.item(lend.Dataset)
		if from == nil || from.absent != nil && !from.kept || from.dataset.Field(g.Field) == nil || from.dataset.Field(lend.Key) == nil {
			return false
		}
		at := slices.IndexFunc(r.lookups, func(l *lookup) bool { return l.from == from })
		if at < 0 {
			at = len(r.lookups)
			r.lookups = append(r.lookups, &lookup{from: from, on: lend.On, key: lend.Key})
		}
		r.lookups[at].fields = append(r.lookups[at].fields, *from.dataset.Field(g.Field))
	}
	return true
}

// knownRollup returns what became of a rollup where the current release compared the same rows of all that take part.
func (pl *plan) knownRollup(r *rollup) *gold.RuleResult {
	parts := []*item{r.item, r.origin}
	for _, l := range r.lookups {
		parts = append(parts, l.from)
	}
	for _, it := range parts {
		if before := pl.before(it); before == nil || before.ID != it.id {
			return nil
		}
	}
	current := pl.state.Current
	if !reflect.DeepEqual(pl.before(r.item).Dataset.Rollup, r.item.dataset.Rollup) || !reflect.DeepEqual(pl.before(r.origin).Dataset.Lend, r.origin.dataset.Lend) {
		return nil
	}
	for i := range current.Quality {
		if q := &current.Quality[i]; q.Dataset == r.item.dataset.Name && q.Rule == quality.RollupRule {
			return q
		}
	}
	return nil
}

// rollupsOf returns the rollups that can be computed while an item streams to others anyway. Those of borrowed fields
// need their lookups first, which may be of datasets that come later.
func (p *Publisher) rollupsOf(pl *plan, it *item) []consumer {
	var consumers []consumer
	for _, r := range pl.rollups {
		if r.origin == it && r.result == nil && len(r.lookups) == 0 {
			r.begin(it.dataset.Fields, p.workers(), p.config.Memory)
			consumers = append(consumers, r)
		}
	}
	return consumers
}

// rereads reports whether an item is read again for a rollup that needs lookups.
func (pl *plan) rereads(it *item) bool {
	return slices.ContainsFunc(pl.rollups, func(r *rollup) bool {
		return len(r.lookups) > 0 && (r.origin == it || slices.ContainsFunc(r.lookups, func(l *lookup) bool { return l.from == it }))
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
func (p *Publisher) compareRollups(ctx context.Context, pl *plan, done func(*item) bool) error {
	for _, r := range pl.rollups {
		if r.result != nil || !done(r.item) || !done(r.origin) || slices.ContainsFunc(r.lookups, func(l *lookup) bool { return !done(l.from) }) {
			continue
		}
		if r.groups == nil {
			if err := p.regroup(ctx, r); err != nil {
				return err
			}
		}
		if err := p.compare(ctx, r); err != nil {
			return err
		}
		if failed := r.failed.Load(); failed != nil {
			result := quality.NotCompared(r.item.dataset, failed)
			r.result = &result
		}
		r.groups, r.lookups = nil, nil
	}
	return nil
}

// compare holds the item's rows against the groups.
func (p *Publisher) compare(ctx context.Context, r *rollup) error {
	if r.hasFailed() {
		return nil
	}
	merged, err := r.groups.merged()
	if err != nil {
		return r.fails(err)
	}
	groups, err := merged.Batch(nil, 0)
	if err != nil {
		return r.fails(err)
	}
	c, err := quality.NewRollup(r.item.dataset, groups, p.config.Memory)
	if err != nil {
		return r.fails(err)
	}
	names := make([]string, len(groups.Fields))
	for i, f := range groups.Fields {
		names[i] = f.Name
	}
	if err := p.stream(ctx, r.item, &compared{names: names, rollup: c}); err != nil {
		return err
	}
	result := c.Result()
	r.result = &result
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

// regroup streams the columns of the origin that the groups need, with those that it borrows.
func (p *Publisher) regroup(ctx context.Context, r *rollup) error {
	spec, origin := r.item.dataset.Rollup, r.origin.dataset
	for _, l := range r.lookups {
		if err := p.fill(ctx, r, l); err != nil || r.hasFailed() {
			return err
		}
	}
	fields := slices.Clone(origin.Fields)
	for _, l := range r.lookups {
		fields = append(fields, l.fields...)
	}
	r.begin(fields, p.workers(), p.config.Memory)
	if r.hasFailed() {
		return nil
	}
	var own []string // columns of the origin
	for _, name := range columnsOf(spec.Group, spec.Measures) {
		if origin.Field(name) != nil {
			own = append(own, name)
		}
	}
	for _, l := range r.lookups {
		if !slices.Contains(own, l.on) {
			own = append(own, l.on)
		}
	}
	return p.stream(ctx, r.origin, &borrowing{rollup: r, own: own})
}

// lookup is the part of a dimension that a rollup's origin borrows: some fields, by its key.
type lookup struct {
	from    *item
	on, key string
	fields  []gold.Field

	mu     sync.Mutex
	places map[gold.Value]int
	rows   *gold.Batch
	held   int64 // bytes
	memory int64 // bound; 0: none
}

// fill streams the dimension.
func (p *Publisher) fill(ctx context.Context, r *rollup, l *lookup) error {
	l.places, l.rows, l.memory = map[gold.Value]int{}, gold.NewBatch(l.fields, 0), p.config.Memory
	return r.fails(p.stream(ctx, l.from, l))
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

// borrowing hands a rollup the rows of its origin with the fields that these borrow, null where the dimension has no
// such key.
type borrowing struct {
	*rollup
	own []string // columns of the origin
}

func (c *borrowing) columns() []string { return c.own }

func (c *borrowing) add(worker int, b *gold.Batch, first int64) error {
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
