package publisher

import (
	"context"
	"slices"
	"sync"

	"goldserve/gold"
)

// lookup is the part of a dataset that the rows of another look up: some fields, by its key. As a consumer it collects them.
type lookup struct {
	from    *job
	on, key string
	own     []string
	lookups lookups      // what its rows look up in turn
	fields  []gold.Field // its own, then those of lookups

	mu     sync.Mutex
	places map[gold.Value]int
	rows   *gold.Batch
	held   int64 // bytes
	memory int64 // bound; 0: none
}

// lookups are what the rows of a dataset look up, over several ways.
type lookups []*lookup

// newLookups returns the lookups of joins, to be filled.
func newLookups(joins []join, of map[*decision]*job) lookups {
	var made lookups
	for _, j := range joins {
		made = append(made, &lookup{
			from: of[j.from], on: j.on, key: j.key, own: j.own, lookups: newLookups(j.joins, of), fields: j.fields,
		})
	}
	return made
}

// any reports whether fn is true of a lookup, or of one that its rows look up in turn.
func (ls lookups) any(fn func(*lookup) bool) bool {
	return slices.ContainsFunc(ls, func(l *lookup) bool { return fn(l) || l.lookups.any(fn) })
}

// from reports whether something is looked up in a dataset.
func (ls lookups) from(it *job) bool {
	return ls.any(func(l *lookup) bool { return l.from == it })
}

// fields returns the fields that are looked up, in the order of their columns.
func (ls lookups) fields() []gold.Field {
	var fields []gold.Field
	for _, l := range ls {
		fields = append(fields, l.fields...)
	}
	return fields
}

// on adds the fields by which rows look up to names.
func (ls lookups) on(names []string) []string {
	for _, l := range ls {
		if !slices.Contains(names, l.on) {
			names = append(names, l.on)
		}
	}
	return names
}

// fill streams the datasets that are looked up in, the furthest first.
func (r *run) fill(ctx context.Context, ls lookups) error {
	for _, l := range ls {
		if err := r.fill(ctx, l.lookups); err != nil {
			return err
		}
		l.places, l.rows, l.memory = map[gold.Value]int{}, gold.NewBatch(l.fields, 0), r.config.Memory
		if err := r.stream(ctx, l.from, l); err != nil {
			return err
		}
		l.lookups.drop()
	}
	return nil
}

// drop lets go of the rows.
func (ls lookups) drop() {
	for _, l := range ls {
		l.places, l.rows = nil, nil
	}
}

func (l *lookup) columns() []string {
	names := []string{l.key}
	for _, name := range l.own {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return l.lookups.on(names)
}

func (l *lookup) add(_ int, b *gold.Batch, _ int64) error {
	further := l.lookups.columns(b)
	l.mu.Lock()
	defer l.mu.Unlock()
	key := b.Column(l.key)
	columns := make([]*gold.Column, 0, len(l.fields))
	for _, name := range l.own {
		columns = append(columns, b.Column(name))
	}
	for i := range further {
		columns = append(columns, &further[i])
	}
	for i := range b.Rows {
		v := key.Value(i)
		l.places[v] = l.rows.Rows
		l.held += 96 + int64(len(v.Text()))
		for k, c := range columns {
			value := c.Value(i)
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

// columns returns what the rows of a batch look up: null where there is no row of the key.
func (ls lookups) columns(b *gold.Batch) []gold.Column {
	var columns []gold.Column
	for _, l := range ls {
		on := b.Column(l.on)
		extra := gold.NewBatch(l.fields, b.Rows)
		for i := range b.Rows {
			place, known := l.places[on.Value(i)]
			for k := range l.fields {
				if known && !on.IsNull(i) {
					extra.Columns[k].AppendFrom(&l.rows.Columns[k], place)
				} else {
					extra.Columns[k].AppendNull()
				}
			}
		}
		columns = append(columns, extra.Columns...)
	}
	return columns
}

// lookingUp hands a consumer the rows of a dataset with the fields that they look up.
type lookingUp struct {
	consumer
	lookups lookups
	wanted  []string // columns of the consumer
	own     []string // columns of the dataset
}

// newLookingUp returns what hands a consumer its columns, own and looked-up ones.
func newLookingUp(c consumer, ls lookups) *lookingUp {
	wanted, looked := c.columns(), gold.FieldNames(ls.fields())
	own := slices.DeleteFunc(slices.Clone(wanted), func(name string) bool { return slices.Contains(looked, name) })
	return &lookingUp{c, ls, wanted, ls.on(own)}
}

func (l *lookingUp) columns() []string { return l.own }

func (l *lookingUp) add(worker int, b *gold.Batch, first int64) error {
	wide := &gold.Batch{Rows: b.Rows}
	wide.Fields = append(slices.Clip(b.Fields), l.lookups.fields()...)
	wide.Columns = append(slices.Clip(b.Columns), l.lookups.columns(b)...)
	return l.consumer.add(worker, wide.Part(l.wanted), first)
}
