package publisher

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"

	"goldserve/gold"
	"goldserve/gold/quality"
)

// comparison is that of a dataset that says it aggregates another with the groups of that one. It is never changed.
type comparison struct {
	item, origin *decision
	joins        []join           // where the groups are of fields that the origin looks up
	result       *gold.RuleResult // of the current release, which compared the same rows; nil: to be compared
}

// join is what the origin of a comparison looks up in one dimension.
type join struct {
	from    *decision
	on, key string
	fields  []gold.Field
}

// parts are all decisions whose rows are compared.
func (c *comparison) parts() []*decision {
	parts := []*decision{c.item, c.origin}
	for _, j := range c.joins {
		parts = append(parts, j.from)
	}
	return parts
}

// compareable returns the comparisons of the plan, with what became of those that the current release made already.
func (pl *plan) compareable() []*comparison {
	var comparisons []*comparison
	for _, d := range pl.decisions {
		spec := d.dataset.Rollup
		if spec == nil || d.dataset.Derive != nil || !d.hasRows() {
			continue
		}
		c := &comparison{item: d, origin: pl.decision(spec.Of)}
		if c.origin == nil || !c.origin.hasRows() {
			continue // a kept contract may name what the model no longer has
		}
		var all bool
		if c.joins, all = pl.joins(c); all {
			c.result = pl.compared(c)
			comparisons = append(comparisons, c)
		}
	}
	return comparisons
}

// hasRows reports whether a dataset will have rows.
func (d *decision) hasRows() bool { return d.absent == nil || d.kept }

// joins returns the joins of groups that are no fields of the origin's own, and whether all are there.
func (pl *plan) joins(c *comparison) ([]join, bool) {
	var joins []join
	for _, g := range c.item.dataset.Rollup.Group {
		if c.origin.dataset.Field(g.Field) != nil {
			continue
		}
		has := func(l gold.Lookup) bool { return slices.Contains(l.Fields, g.Field) }
		i := slices.IndexFunc(c.origin.dataset.Lookups, has)
		if i < 0 {
			return nil, false
		}
		lookup := c.origin.dataset.Lookups[i]
		from := pl.decision(lookup.Dataset)
		if from == nil || !from.hasRows() || from.dataset.Field(g.Field) == nil || from.dataset.Field(lookup.Key) == nil {
			return nil, false
		}
		at := slices.IndexFunc(joins, func(j join) bool { return j.from == from })
		if at < 0 {
			at = len(joins)
			joins = append(joins, join{from: from, on: lookup.On, key: lookup.Key})
		}
		joins[at].fields = append(joins[at].fields, *from.dataset.Field(g.Field))
	}
	return joins, true
}

// compared returns what became of a comparison where the current release compared the same rows of all that take part.
func (pl *plan) compared(c *comparison) *gold.RuleResult {
	for _, d := range c.parts() {
		if before := pl.before(d); before == nil || before.ID != d.id {
			return nil
		}
	}
	item, origin := pl.before(c.item), pl.before(c.origin)
	if !sameContract(&gold.Dataset{Rollup: item.Dataset.Rollup}, &gold.Dataset{Rollup: c.item.dataset.Rollup}) ||
		!sameContract(&gold.Dataset{Lookups: origin.Dataset.Lookups}, &gold.Dataset{Lookups: c.origin.dataset.Lookups}) {
		return nil
	}
	for i := range pl.state.Current.Quality {
		if q := &pl.state.Current.Quality[i]; q.Dataset == c.item.name() && q.Rule == quality.RollupRule {
			return q
		}
	}
	return nil
}

// rollup is a comparison being made. As a consumer it groups the origin's rows, with one accumulator for each worker.
type rollup struct {
	item, origin *job
	lookups      []*lookup
	groups       *grouping
	failed       atomic.Pointer[gold.Error] // why it can't be compared
	result       *gold.RuleResult           // nil: to be compared
}

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

// lookup is the part of a dimension that a rollup's origin looks up: some fields, by its key.
type lookup struct {
	from    *job
	on, key string
	fields  []gold.Field

	mu     sync.Mutex
	places map[gold.Value]int
	rows   *gold.Batch
	held   int64 // bytes
	memory int64 // bound; 0: none
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
