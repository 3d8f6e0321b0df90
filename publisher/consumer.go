package publisher

import (
	"slices"

	"goldserve/gold"
)

// consumer is fed the rows of a dataset, batch by batch. It declares the columns that it needs, and gets these alone: what
// no consumer needs is not read.
type consumer interface {
	// columns names the columns of the batches that add is given, in their order. It is asked once, before the first row.
	columns() []string
	// add is called by several goroutines, each with its own worker number; first is the number of the batch's first row.
	add(worker int, b *gold.Batch, first int64) error
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
		names = append(names, d.Unscored().Fields[0].Name)
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
		for _, name := range m.Reads() {
			add(name)
		}
	}
	return names
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
			case gold.Text, gold.WideDecimal:
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
