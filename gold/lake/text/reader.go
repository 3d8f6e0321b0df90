package text

import (
	"context"
	"errors"
	"fmt"
	"io"

	"goldserve/gold"
	"goldserve/gold/lake/content"
)

// Reader decodes one group after the other. It belongs to one goroutine.
type Reader struct {
	chosen  []int // fields of the dataset
	batch   *gold.Batch
	limit   int // rows of a batch
	buf     []byte
	cells   []cell
	memory  []byte
	rows    int64 // passed on so far
	lost    []int64
	coerced []content.Coerced
	differ  map[content.FileColumn]int64 // rows that a folder's name overrules

	// The file being read.
	file    *File
	values  []*values // of the chosen fields
	objects *objects  // of JSON
	texts   []int     // of the batch's columns: those of texts
}

// NewReader returns a reader of the chosen fields of a dataset, by their places, in batches of so many rows at most.
func NewReader(d *gold.Dataset, chosen []int, rows int) *Reader {
	r := &Reader{chosen: chosen, limit: rows, differ: map[content.FileColumn]int64{}}
	fields := make([]gold.Field, len(chosen))
	for i, k := range chosen {
		if fields[i] = d.Fields[k]; fields[i].Kind == gold.Text {
			r.texts = append(r.texts, i)
		}
	}
	r.batch = gold.NewBatch(fields, rows)
	r.lost, r.coerced = make([]int64, len(chosen)), make([]content.Coerced, len(chosen))
	return r
}

// Close frees nothing yet.
func (r *Reader) Close() {}

// Rows returns how many rows were passed on.
func (r *Reader) Rows() int64 { return r.rows }

// Lossy returns how many values lost digits, by field, only fields that have some: times finer than those that are stored.
func (r *Reader) Lossy() map[string]int64 {
	lost := map[string]int64{}
	for i, n := range r.lost {
		if n > 0 {
			lost[r.batch.Fields[i].Name] = n
		}
	}
	return lost
}

// Coerced returns the values that became null, by field; only fields that have some.
func (r *Reader) Coerced() map[string]content.Coerced {
	coerced := map[string]content.Coerced{}
	for i, c := range r.coerced {
		if c.Rows > 0 {
			coerced[r.batch.Fields[i].Name] = c
		}
	}
	return coerced
}

// Overruled returns how many rows hold another value than the partition gives, by file and field.
func (r *Reader) Overruled() map[content.FileColumn]int64 { return r.differ }

// Read decodes one group (from 0) of a file and passes its batches on, each with the file's number of its first row, from 1.
// The batch is valid until fn returns.
//
// It returns Invalid value_null, value_type, value_range, row_count, file_invalid and file_unsupported, and errors of the
// input and of fn as they are.
func (r *Reader) Read(ctx context.Context, f *File, in content.Input, number int, fn func(b *gold.Batch, first int64) error) (err error) {
	g := &f.groups[number]
	if r.file != f {
		r.file, r.values = f, make([]*values, len(r.chosen))
		for i, k := range r.chosen {
			r.values[i] = newValues(f.columns[k].field, f.dialect)
		}
		if r.objects = nil; f.objects != nil {
			r.objects = f.objects.of(f.names, r.wanted())
		}
	}
	from, release, err := r.begin(ctx, in, g)
	if err != nil {
		return f.failed(err, nil, g.line, 0)
	}
	defer func() {
		r.buf = from.buf
		release()
		if v := recover(); v != nil {
			err = f.failed(fmt.Errorf("it can't be decoded: panic: %v", v), nil, from.line, 0)
		}
	}()
	for done := int64(0); done < g.rows; {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := r.fill(from, g, done); err != nil {
			return err
		}
		if err := fn(r.batch, g.before+done+1); err != nil {
			return err
		}
		done += int64(r.batch.Rows)
		r.rows += int64(r.batch.Rows)
	}
	record, line, err := from.next()
	switch {
	case err == nil:
		return gold.Invalidf(f.problem(gold.CodeRowCount, &gold.Field{}, record, 0, line, 0), "it has more than the %d rows that were counted in it", f.rows)
	case !errors.Is(err, io.EOF):
		return f.failed(err, record, line, 0)
	}
	return nil
}

// wanted returns the names of the columns that the chosen fields read.
func (r *Reader) wanted() []string {
	names := make([]string, len(r.chosen))
	for i, k := range r.chosen {
		names[i] = r.file.columns[k].field.Column()
	}
	return names
}

// begin starts the records of a group.
func (r *Reader) begin(ctx context.Context, in content.Input, g *group) (*records, func(), error) {
	f := r.file
	at := g.from
	if f.stream() {
		at = 0
	}
	text, release, err := f.open(ctx, in, at, g.to)
	if err != nil {
		return nil, release, err
	}
	size := int64(groupBytes)
	if !f.stream() {
		size = g.to - g.from + 1
	}
	if int64(cap(r.buf)) < size {
		r.buf = make([]byte, 0, size)
	}
	from := newRecords(f.dialect, text, r.buf)
	switch {
	case !f.stream():
		if from.line = g.line; f.array {
			from.array = &array{part: true}
		}
	case f.objects != nil:
		_, err = from.beginArray()
	default:
		_, _, err = from.names()
	}
	from.blanks = f.objects == nil && len(f.names) == 1
	return from, release, err
}

// fill fills the batch with the rows after the first done of a group.
func (r *Reader) fill(from *records, g *group, done int64) error {
	b := r.batch
	b.Reset()
	most := int(min(int64(r.limit), g.rows-done))
	for b.Rows < most && !r.full() {
		record, line, err := from.next()
		row := g.before + done + int64(b.Rows) + 1
		switch {
		case errors.Is(err, io.EOF):
			return gold.Invalidf(gold.Problem{File: string(r.file.named), Code: gold.CodeRowCount}, "it ends after %d of the %d rows that were counted in it", row-1, r.file.rows)
		case err != nil:
			return r.file.failed(err, record, line, row)
		}
		if err := r.split(record); err != nil {
			return r.file.failed(err, record, line, row)
		}
		if err := r.appendRow(record, line, row); err != nil {
			return err
		}
		b.Rows++
	}
	return nil
}

// split finds the cells of a record.
func (r *Reader) split(record []byte) (err error) {
	if r.objects != nil {
		err = r.objects.read(record)
		r.cells = r.objects.cells
		return err
	}
	if r.cells, err = r.file.dialect.split(r.cells[:0], record); err == nil && len(r.cells) != len(r.file.names) {
		err = r.uneven(record)
	}
	return err
}

// text returns the text of a cell, in memory that is valid until the next one.
func (r *Reader) text(record []byte, c *cell, kind gold.Kind) []byte {
	text := record[c.start:c.end]
	switch {
	case c.doubled && r.objects != nil:
		r.memory = unescape(r.memory[:0], text)
	case c.doubled:
		r.memory = r.file.dialect.unquote(r.memory, record, *c)
	case c.nested && kind == gold.Text:
		r.memory = compact(r.memory[:0], text)
	default:
		return text
	}
	return r.memory
}

// full reports whether a text column has all that a batch may have.
func (r *Reader) full() bool {
	for _, i := range r.texts {
		if len(r.batch.Columns[i].Bytes) >= batchText {
			return true
		}
	}
	return false
}

// uneven returns the error of a record that has another number of values than the first one.
func (r *Reader) uneven(record []byte) error {
	have, want := len(r.cells), len(r.file.names)
	at := len(record)
	if have > want {
		at = r.cells[want].start
	}
	advice := ""
	if have == 1 {
		advice = fmt.Sprintf(", or say in the contract which character separates values (delimiter, now %q)", r.file.dialect.delimiter)
	}
	return &unevenError{recordError{at, fmt.Sprintf("it has %d values, and the first line names %d columns: correct the file%s", have, want, advice)}}
}

// appendRow appends the values of a record to the batch.
func (r *Reader) appendRow(record []byte, line, row int64) error {
	for i, k := range r.chosen {
		c, dst := &r.file.columns[k], &r.batch.Columns[i]
		if c.at < 0 {
			r.appendConstant(c, i, record, row)
			continue
		}
		at := &r.cells[c.at]
		lossy, p := r.values[i].append(dst, r.text(record, at, dst.Kind), at.quoted)
		if p != nil {
			if c.field.Cast == nil || !c.field.Cast.Lenient || !c.nullable {
				return valueError(r.file.problem(p.code, &c.field, record, at.start, line, row), &c.field, p)
			}
			dst.AppendNull()
			r.coerce(i, row, p.found)
		}
		if lossy {
			r.lost[i]++
		}
		if !c.nullable && dst.IsNull(r.batch.Rows) {
			return nullError(r.file.problem(gold.CodeValueNull, &c.field, record, at.start, line, row), c.key)
		}
	}
	return nil
}

// appendConstant appends the value that the partition gives, or null for what the file lacks.
func (r *Reader) appendConstant(c *column, i int, record []byte, row int64) {
	r.batch.Columns[i].Append(*c.constant)
	if c.coerced != "" {
		r.coerce(i, row, c.coerced)
	}
	if c.inFile >= 0 {
		at := &r.cells[c.inFile]
		if r.values[i].differs(r.text(record, at, c.field.Kind), at.quoted, *c.constant) {
			r.differ[content.FileColumn{File: string(r.file.named), Field: c.field.Name}]++
		}
	}
}

// coerce notes that a value becomes null.
func (r *Reader) coerce(i int, row int64, found string) {
	c := &r.coerced[i]
	if c.Rows++; len(c.Examples) < content.MostCoerced {
		e := content.CoercedExample{File: string(r.file.named), Row: row}
		if !r.batch.Fields[i].PII {
			e.Text = found
		}
		c.Examples = append(c.Examples, e)
	}
}
