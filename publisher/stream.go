package publisher

import (
	"context"
	"slices"

	"goldserve/gold"
	"goldserve/gold/lake"
)

// consumer is fed the rows of a dataset, batch by batch. It declares the columns that it needs, and gets these alone: what
// no consumer needs is not read.
type consumer interface {
	// columns names the columns of the batches that add is given, in their order. It is asked once, before the first row.
	columns() []string
	// add is called by several goroutines, each with its own worker number; first is the number of the batch's first row.
	add(worker int, b *gold.Batch, first int64) error
}

// stream feeds the rows of a dataset to consumers: from its file, from memory where it was just derived, else from
// the store.
func (r *run) stream(ctx context.Context, it *job, consumers ...consumer) error {
	columns := declared(consumers)
	names, feed := needed(it.dataset, columns), fanOut(consumers, columns)
	switch {
	case it.table != nil:
		report, err := it.table.Read(ctx, lake.Read{Fields: names, Workers: r.workers()}, feed)
		if err != nil {
			return err
		}
		it.overruled = report.Overruled
		// Before anything is sealed under the id that the file's bytes gave.
		return it.table.Unchanged(ctx)
	case it.rows != nil:
		first := int64(1)
		return chunks(it.rows, func(b *gold.Batch) error {
			err := feed(0, b, first)
			first += int64(b.Rows)
			return err
		})
	default:
		return r.reread(ctx, it, names, feed)
	}
}

// declared returns the columns that each consumer declares.
func declared(consumers []consumer) [][]string {
	columns := make([][]string, len(consumers))
	for i, c := range consumers {
		columns[i] = c.columns()
	}
	return columns
}

// needed returns the columns that consumers declare, each once. Rows are counted by the first field where nobody needs any.
func needed(d *gold.Dataset, columns [][]string) []string {
	var names []string
	for _, of := range columns {
		for _, name := range of {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	if len(names) == 0 {
		names = append(names, d.Fields[0].Name)
	}
	return names
}

// fanOut returns what hands each consumer its columns of a batch.
func fanOut(consumers []consumer, columns [][]string) func(worker int, b *gold.Batch, first int64) error {
	return func(worker int, b *gold.Batch, first int64) error {
		for i, c := range consumers {
			if err := c.add(worker, b.Part(columns[i]), first); err != nil {
				return err
			}
		}
		return nil
	}
}

// fieldsOf returns the fields of a dataset with these names, in their order.
func fieldsOf(d *gold.Dataset, names []string) []gold.Field {
	fields := make([]gold.Field, 0, len(names))
	for _, name := range names {
		if f := d.Field(name); f != nil {
			fields = append(fields, *f)
		}
	}
	return fields
}

// columnsOf names the fields that groups and measures read, each once.
func columnsOf(by []gold.Group, measures []gold.Measure) []string {
	var names []string
	add := func(name string) {
		if name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, g := range by {
		add(g.Field)
	}
	for _, m := range measures {
		add(m.Field)
	}
	return names
}

// reread streams a derived dataset's rows from the store.
func (r *run) reread(ctx context.Context, it *job, fields []string, feed func(int, *gold.Batch, int64) error) error {
	rows, err := r.config.Store.Rows(ctx, gold.Query{Version: it.version, Fields: fields, Sort: it.dataset.TotalSort(nil)})
	if err != nil {
		return err
	}
	_, err = gold.EachBatch(ctx, rows, func(b *gold.Batch) error { return feed(0, b, 0) })
	return err
}

// chunkRows is how many rows of a batch in memory are handed on at once; a multiple of 64, so that null bitmaps can
// be sliced.
const chunkRows = 4096

// chunks calls fn with consecutive parts of a batch, which share its memory.
func chunks(b *gold.Batch, fn func(*gold.Batch) error) error {
	part := gold.Batch{Fields: b.Fields, Columns: make([]gold.Column, len(b.Columns))}
	for first := 0; first < b.Rows; first += chunkRows {
		end := min(first+chunkRows, b.Rows)
		part.Rows = end - first
		for i, c := range b.Columns {
			switch c.Kind {
			case gold.Double:
				c.Floats = c.Floats[first:end]
			case gold.Text:
				c.Offsets = c.Offsets[first : end+1]
			default:
				c.Ints = c.Ints[first:end]
			}
			c.Nulls = c.Nulls[min(first/64, len(c.Nulls)):]
			part.Columns[i] = c
		}
		if err := fn(&part); err != nil {
			return err
		}
	}
	return nil
}
