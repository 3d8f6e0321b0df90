package lake

import (
	"context"
	"runtime"
	"slices"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"goldserve/gold"
)

// Read says what to read of a table, and how.
type Read struct {
	Fields    []string // in this order; nil: all of Table.Dataset
	Workers   int      // row groups read at once; 0: GOMAXPROCS
	BatchRows int      // rows of a batch at most; 0: 4096
	Files     []int    // the places of the files to read, as Added returned them; nil: all
}

const defaultBatch = 4096

// Report tells what Table.Read saw.
type Report struct {
	Rows      int64
	Lossy     map[string]int64 // values that lost digits, by field, only fields that have some: finer than times and durations have, or beyond a double
	Overruled []Overruled      // columns that differ from their folder's name, by file and field
	Coerced   []Coerced        // values that did not fit their casts and became null, by field
}

// Read decodes the table's rows and passes them to fn, batch by batch. fn is called from at most Workers goroutines at
// once; worker (from 0) tells which, and first is the number of the batch's first row, from 1. A batch holds at most
// BatchRows rows, fewer where its texts are long, in the order of the file; row groups are read side by side, by one
// worker in their order. The batch is valid until fn returns. The first error, of fn too, cancels the rest.
//
// It returns Invalid value_null, value_type, value_range, row_count, file_invalid and file_unsupported, Unavailable
// source_changed and source_unreadable, and errors of fn as they are; source_changed in the place of any Invalid one where
// the files changed meanwhile.
func (t *Table) Read(ctx context.Context, r Read, fn func(worker int, b *gold.Batch, first int64) error) (*Report, error) {
	report, err := t.read(ctx, r, fn)
	if err != nil {
		return nil, t.verdict(ctx, err)
	}
	return report, nil
}

func (t *Table) read(ctx context.Context, r Read, fn func(worker int, b *gold.Batch, first int64) error) (*Report, error) {
	if err := t.ready(ctx); err != nil {
		return nil, err
	}
	chosen, err := t.choose(r.Fields)
	if err != nil {
		return nil, err
	}
	var tasks []task
	files, rows := t.files, t.rows
	if r.Files != nil {
		files, rows = nil, t.RowsOf(r.Files)
		for _, i := range r.Files {
			files = append(files, t.files[i])
		}
	}
	for _, f := range files {
		for g := range f.content.Groups() {
			if f.content.GroupRows(g) > 0 {
				tasks = append(tasks, task{f, g})
			}
		}
	}
	count := r.Workers
	if count <= 0 {
		count = runtime.GOMAXPROCS(0)
	}
	batch := r.BatchRows
	if batch <= 0 {
		batch = defaultBatch
	}
	readers := make([]reader, min(count, len(tasks)))
	g, ctx := errgroup.WithContext(ctx)
	var next atomic.Int64
	for i := range readers {
		r := t.format.reader(&t.dataset, chosen, min(batch, gold.MaxBatch))
		readers[i] = r
		pass := func(b *gold.Batch, first int64) error { return fn(i, b, first) }
		g.Go(func() error {
			defer r.Close()
			var at current
			for {
				n := int(next.Add(1)) - 1
				if n >= len(tasks) {
					return nil
				}
				if err := tasks[n].read(ctx, t, &at, r, pass); err != nil {
					return err
				}
			}
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	return t.report(readers, rows)
}

// choose returns the places of some fields in the dataset.
func (t *Table) choose(names []string) ([]int, error) {
	if names == nil {
		names = t.present.FieldNames()
	}
	chosen := make([]int, len(names))
	for i, name := range names {
		chosen[i] = slices.IndexFunc(t.dataset.Fields, func(f gold.Field) bool { return f.Name == name })
		if t.present.Field(name) == nil {
			return nil, gold.Errorf(gold.Internal, gold.CodeInternal, "the dataset %s has no field %q to read", t.dataset.Name, name)
		}
	}
	return chosen, nil
}

func (t *Table) report(readers []reader, rows int64) (*Report, error) {
	report := &Report{Lossy: map[string]int64{}, Overruled: overruledColumns(readers), Coerced: t.coerced(readers)}
	for _, r := range readers {
		report.Rows += r.Rows()
		for field, n := range r.Lossy() {
			report.Lossy[field] += n
		}
	}
	if report.Rows != rows {
		return nil, gold.Invalidf(gold.Problem{File: t.source, Code: gold.CodeRowCount}, "it says %s, and %d were read", gold.Counted(rows, "row"), report.Rows)
	}
	return report, nil
}

// task is a row group to read.
type task struct {
	file  *file
	group int
}

// read reads a row group and passes its batches on, with the table's numbers of their first rows.
func (t task) read(ctx context.Context, table *Table, at *current, r reader, fn func(b *gold.Batch, first int64) error) error {
	open, err := t.file.pin(ctx)
	if err != nil {
		return err
	}
	defer open.release()
	content, err := at.of(ctx, table, t.file, open)
	if err != nil {
		return err
	}
	return r.Read(ctx, content, open, t.group, func(b *gold.Batch, first int64) error {
		return fn(b, t.file.before+first)
	})
}
