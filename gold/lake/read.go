package lake

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"goldserve/gold"
)

// Read says what to read of a table, and how.
type Read struct {
	Fields    []string // in this order; nil: all of Dataset.Fields
	Workers   int      // row groups read at once; 0: GOMAXPROCS
	BatchRows int      // rows of a batch at most; 0: 4096
}

const defaultBatch = 4096

// Report tells what Table.Read saw.
type Report struct {
	Rows       int64
	LossyTimes map[string]int64 // values whose digits below the millisecond were lost, by field; only fields that have some
	Overruled  []Overruled      // columns that differ from their folder's name, by file and field
}

// Read decodes the table's rows and passes them to fn, batch by batch. fn is called from at most Workers goroutines at
// once; worker (from 0) tells which, and first is the number of the batch's first row, from 1. A batch holds at most
// BatchRows rows, fewer where its texts are long, in the order of the file; row groups are read side by side, by one
// worker in their order. The batch is valid until fn returns. The first error, of fn too, cancels the rest.
//
// It returns Invalid value_null, value_type, value_range, row_count, file_invalid and file_unsupported, Unavailable
// source_changed and source_unreadable, and errors of fn as they are.
func (t *Table) Read(ctx context.Context, r Read, fn func(worker int, b *gold.Batch, first int64) error) (*Report, error) {
	chosen, err := t.choose(r.Fields)
	if err != nil {
		return nil, err
	}
	var tasks []task
	for _, f := range t.files {
		for g := range f.groups {
			if f.groups[g].rows > 0 {
				tasks = append(tasks, task{f, g})
			}
		}
	}
	count := r.Workers
	if count <= 0 {
		count = runtime.GOMAXPROCS(0)
	}
	rows := r.BatchRows
	if rows <= 0 {
		rows = defaultBatch
	}
	workers := make([]*worker, min(count, len(tasks)))
	g, ctx := errgroup.WithContext(ctx)
	var next atomic.Int64
	for i := range workers {
		w := t.newWorker(i, chosen, min(rows, gold.MaxBatch))
		workers[i] = w
		g.Go(func() error {
			defer w.codec.close()
			for {
				n := int(next.Add(1)) - 1
				if n >= len(tasks) {
					return nil
				}
				if err := w.read(ctx, tasks[n], fn); err != nil {
					return err
				}
			}
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	return t.report(workers)
}

// choose returns the places of some fields in the dataset.
func (t *Table) choose(names []string) ([]int, error) {
	if names == nil {
		names = t.dataset.FieldNames()
	}
	chosen := make([]int, len(names))
	for i, name := range names {
		chosen[i] = -1
		for k := range t.dataset.Fields {
			if t.dataset.Fields[k].Name == name {
				chosen[i] = k
			}
		}
		if chosen[i] < 0 {
			return nil, gold.Errorf(gold.Internal, gold.CodeInternal, "the dataset %s has no field %q to read", t.dataset.Name, name)
		}
	}
	return chosen, nil
}

func (t *Table) report(workers []*worker) (*Report, error) {
	report := &Report{LossyTimes: map[string]int64{}, Overruled: overruledColumns(workers)}
	for _, w := range workers {
		report.Rows += w.rows
		for i := range w.cursors {
			if n := w.cursors[i].lost; n > 0 {
				report.LossyTimes[w.batch.Fields[i].Name] += n
			}
		}
	}
	if report.Rows != t.rows {
		return nil, gold.Invalidf(gold.Problem{File: t.source, Code: gold.CodeRowCount}, "%d rows were read, and it says %d", report.Rows, t.rows)
	}
	return report, nil
}

// task is a row group to read.
type task struct {
	file  *file
	group int
}

// worker reads one row group after the other.
type worker struct {
	number  int
	chosen  []int // fields of the dataset
	order   []int // of the batch's columns: texts first, since they decide how many rows a batch has
	batch   *gold.Batch
	limit   int // rows of a batch
	cursors []cursor
	ahead   []gold.Column // rows that are read and belong to the next batch
	codec   decompressor
	current int                       // the column being read
	differ  map[overruledColumn]int64 // rows that a folder's name overrules
	rows    int64                     // passed on so far
}

func (t *Table) newWorker(number int, chosen []int, rows int) *worker {
	w := &worker{number: number, chosen: chosen, limit: rows, differ: map[overruledColumn]int64{}}
	fields := make([]gold.Field, len(chosen))
	for i, k := range chosen {
		fields[i] = t.dataset.Fields[k]
	}
	w.batch = gold.NewBatch(fields, rows)
	w.ahead = gold.NewBatch(fields, 0).Columns
	w.cursors = make([]cursor, len(chosen))
	for i := range w.cursors {
		w.cursors[i].pages.codec = &w.codec
	}
	for _, texts := range []bool{true, false} {
		for i, f := range fields {
			if (f.Kind == gold.Text) == texts {
				w.order = append(w.order, i)
			}
		}
	}
	return w
}

// read decodes one row group and passes its batches on.
func (w *worker) read(ctx context.Context, t task, fn func(int, *gold.Batch, int64) error) error {
	open, release, err := t.file.pin()
	if err != nil {
		return err
	}
	defer release()
	g := &t.file.groups[t.group]
	for i, k := range w.chosen {
		w.cursors[i].open(open, &t.file.columns[k], g.chunks[k], g.rows)
		truncate(&w.ahead[i], 0)
	}
	for done := int64(0); done < g.rows; {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := w.fill(t, done); err != nil {
			return err
		}
		if err := fn(w.number, w.batch, t.file.before+g.before+done+1); err != nil {
			return err
		}
		done += int64(w.batch.Rows)
		w.rows += int64(w.batch.Rows)
	}
	w.noteOverruled(ctx, open, t)
	return w.finish(t)
}

// fill fills the batch with the rows after the first done of a row group. A panic of a decoder is an error of the file.
func (w *worker) fill(t task, done int64) (err error) {
	g := &t.file.groups[t.group]
	defer w.recovered(t, &err)
	b := w.batch
	b.Reset()
	rows := int(min(int64(w.limit), g.rows-done))
	if len(w.order) == 0 {
		b.Rows = rows
		return nil
	}
	for _, i := range w.order {
		w.current = i
		c := &b.Columns[i]
		// What was read ahead comes first.
		ahead := min(rows, w.ahead[i].Len())
		moveRows(c, &w.ahead[i], ahead)
		got, err := w.cursors[i].fill(c, rows-ahead)
		got += ahead
		switch v := (*valueError)(nil); {
		case errors.As(err, &v):
			return w.valueError(t, i, done+int64(ahead+v.appended)+1, v.fault)
		case err != nil:
			return t.file.failed(err, t.group+1, b.Fields[i].Name)
		case got == 0 || got < rows && c.Kind != gold.Text:
			return t.file.failed(&countError{fmt.Sprintf("it ends after %d of %d rows", done+int64(got), g.rows)}, t.group+1, b.Fields[i].Name)
		}
		rows = got
	}
	for i := range b.Columns {
		c := &b.Columns[i]
		if c.Len() > rows {
			appendRows(&w.ahead[i], c, rows, c.Len())
			truncate(c, rows)
		}
		if len(c.Nulls) > 0 && !t.file.columns[w.chosen[i]].nullable {
			if row := firstNull(c, rows); row >= 0 {
				return w.nullError(t, i, done+int64(row)+1)
			}
		}
	}
	b.Rows = rows
	return nil
}

// finish checks that no column goes on after the last row.
func (w *worker) finish(t task) (err error) {
	defer w.recovered(t, &err)
	for i := range w.cursors {
		w.current = i
		if err := w.cursors[i].finish(); err != nil {
			return t.file.failed(err, t.group+1, w.batch.Fields[i].Name)
		}
	}
	return nil
}

// recovered turns a panic into an error of the file.
func (w *worker) recovered(t task, err *error) {
	if r := recover(); r != nil {
		*err = t.file.failed(&panicError{r}, t.group+1, w.batch.Fields[w.current].Name)
	}
}

// valueError returns the error of a value that does not fit. A person's data is not quoted.
func (w *worker) valueError(t task, column int, row int64, f *fault) error {
	field := &w.batch.Fields[column]
	found := f.found
	if field.PII {
		found = "a value (not shown: personal data)"
	}
	p := gold.Problem{File: t.file.name, Field: field.Name, Row: t.file.groups[t.group].before + row, Code: f.code}
	return gold.Invalidf(p, "found %s, and expected %s: correct the file, or the contract", found, f.expected)
}

func (w *worker) nullError(t task, column int, row int64) error {
	p := gold.Problem{
		File: t.file.name, Field: w.batch.Fields[column].Name, Row: t.file.groups[t.group].before + row, Code: gold.CodeValueNull,
	}
	if t.file.columns[w.chosen[column]].key {
		return gold.Invalidf(p, "found null, and a key has none: correct the file")
	}
	return gold.Invalidf(p, "found null (or NaN), and the contract requires a value: correct the file, or the contract")
}
