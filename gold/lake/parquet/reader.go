package parquet

import (
	"context"
	"errors"
	"fmt"

	"goldserve/gold"
	"goldserve/gold/lake/content"
)

// Reader decodes one row group after the other. It belongs to one goroutine.
type Reader struct {
	chosen  []int // fields of the dataset
	order   []int // of the batch's columns: texts first, since they decide how many rows a batch has
	batch   *gold.Batch
	limit   int // rows of a batch
	cursors []cursor
	ahead   []gold.Column // rows that are read and belong to the next batch
	codec   decompressor
	current int                          // the column being read
	differ  map[content.FileColumn]int64 // rows that a folder's name overrules
	rows    int64                        // passed on so far

	// The row group being read.
	file   *File
	group  *group
	number int // of the group, from 1
}

// NewReader returns a reader of the chosen fields of a dataset, by their places, in batches of so many rows at most.
func NewReader(d *gold.Dataset, chosen []int, rows int) *Reader {
	r := &Reader{chosen: chosen, limit: rows, differ: map[content.FileColumn]int64{}}
	fields := make([]gold.Field, len(chosen))
	for i, k := range chosen {
		fields[i] = d.Fields[k]
	}
	r.batch = gold.NewBatch(fields, rows)
	r.ahead = gold.NewBatch(fields, 0).Columns
	r.cursors = make([]cursor, len(chosen))
	for i := range r.cursors {
		r.cursors[i].pages.codec = &r.codec
	}
	for _, texts := range []bool{true, false} {
		for i, f := range fields {
			if (f.Kind == gold.Text) == texts {
				r.order = append(r.order, i)
			}
		}
	}
	return r
}

// Close frees what decompressors hold.
func (r *Reader) Close() { r.codec.close() }

// Rows returns how many rows were passed on.
func (r *Reader) Rows() int64 { return r.rows }

// Lossy returns how many values lost digits, by field, only fields that have some: times and durations finer
// ones than are stored, decimals those that a double does not have.
func (r *Reader) Lossy() map[string]int64 {
	lost := map[string]int64{}
	for i := range r.cursors {
		if n := r.cursors[i].lost; n > 0 {
			lost[r.batch.Fields[i].Name] = n
		}
	}
	return lost
}

// Read decodes one row group (from 0) of a file and passes its batches on, each with the file's number of its first row,
// from 1. The batch is valid until fn returns.
//
// It returns Invalid value_null, value_type, value_range, row_count, file_invalid and file_unsupported, and errors of the
// input and of fn as they are.
func (r *Reader) Read(ctx context.Context, f *File, in content.Input, number int, fn func(b *gold.Batch, first int64) error) error {
	g := &f.groups[number]
	r.file, r.group, r.number = f, g, number+1
	for i, k := range r.chosen {
		r.cursors[i].skips.open(f, g)
		r.cursors[i].open(in, &f.columns[k], g.chunks[k], g.rows)
		r.cursors[i].coerced.begin(f.name, g)
		truncate(&r.ahead[i], 0)
	}
	rows := f.GroupRows(number)
	for done := int64(0); done < rows; {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := r.fill(ctx, done); err != nil {
			return err
		}
		if err := fn(r.batch, f.before(g)+done+1); err != nil {
			return err
		}
		done += int64(r.batch.Rows)
		r.rows += int64(r.batch.Rows)
	}
	r.noteOverruled(ctx, in)
	return r.finish(ctx)
}

// fill fills the batch with the rows after the first done of a row group. A panic of a decoder is an error of the file.
func (r *Reader) fill(ctx context.Context, done int64) (err error) {
	whole := r.file.GroupRows(r.number - 1)
	defer r.recovered(&err)
	b := r.batch
	b.Reset()
	rows := int(min(int64(r.limit), whole-done))
	if len(r.order) == 0 {
		b.Rows = rows
		return nil
	}
	for _, i := range r.order {
		r.current = i
		c := &b.Columns[i]
		// What was read ahead comes first.
		ahead := min(rows, r.ahead[i].Len())
		moveRows(c, &r.ahead[i], ahead)
		got, err := r.cursors[i].fill(ctx, c, rows-ahead)
		got += ahead
		switch v := (*valueError)(nil); {
		case errors.As(err, &v):
			return r.valueError(i, done+int64(ahead+v.appended)+1, v.fault)
		case err != nil:
			return r.file.failed(err, r.number, &b.Fields[i])
		case got == 0 || got < rows && c.Kind != gold.Text:
			return r.file.failed(&countError{fmt.Sprintf("it ends after %d of %d rows", done+int64(got), whole)}, r.number, &b.Fields[i])
		}
		rows = got
	}
	for i := range b.Columns {
		c := &b.Columns[i]
		if c.Len() > rows {
			appendRows(&r.ahead[i], c, rows, c.Len())
			truncate(c, rows)
		}
		if len(c.Nulls) > 0 && !r.file.columns[r.chosen[i]].nullable {
			if row := firstNull(c, rows); row >= 0 {
				return r.nullError(i, done+int64(row)+1)
			}
		}
	}
	b.Rows = rows
	return nil
}

// finish checks that no column goes on after the last row.
func (r *Reader) finish(ctx context.Context) (err error) {
	defer r.recovered(&err)
	for i := range r.cursors {
		r.current = i
		if err := r.cursors[i].finish(ctx); err != nil {
			return r.file.failed(err, r.number, &r.batch.Fields[i])
		}
	}
	return nil
}

// recovered turns a panic into an error of the file.
func (r *Reader) recovered(err *error) {
	if v := recover(); v != nil {
		*err = r.file.failed(&panicError{v}, r.number, &r.batch.Fields[r.current])
	}
}

// valueError returns the error of a value that does not fit. A person's data is not quoted.
func (r *Reader) valueError(column int, row int64, f *valueProblem) error {
	field := &r.batch.Fields[column]
	found := f.found
	if field.PII {
		found = "a value (not shown: personal data)"
	}
	p := r.file.problem(f.code, field, r.file.RowOf(r.file.before(r.group)+row))
	if field.Cast != nil {
		return gold.Invalidf(p, "found %s, and its cast expects %s: correct the file, or the cast, whose onError: null makes such values null and counts them", found, f.expected)
	}
	return gold.Invalidf(p, "found %s, expected %s: correct the file, or the contract", found, f.expected)
}

func (r *Reader) nullError(column int, row int64) error {
	p := r.file.problem(gold.CodeValueNull, &r.batch.Fields[column], r.file.RowOf(r.file.before(r.group)+row))
	if r.file.columns[r.chosen[column]].key {
		return gold.Invalidf(p, "found null in a key: correct the file")
	}
	return gold.Invalidf(p, "found null (or NaN), and the contract requires a value: correct the file, or the contract")
}
