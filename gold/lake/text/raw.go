package text

import (
	"context"
	"errors"
	"io"
	"slices"

	"goldserve/gold"
	"goldserve/gold/lake/content"
)

// Raw reads the records of a file in one pass, every field as the text that stands there: a number of JSON with its digits, a CSV
// field without what quotes it. A record that can't be read is a row without values that says why, and its neighbours aren't lost.
// It belongs to one goroutine.
type Raw struct {
	file    *File
	reader  *Reader
	from    *records
	release func()
	out     gold.Batch

	seen   []bool // of the columns of JSON, which need not be in each object
	rows   int64
	broken int64
}

// The columns of a Raw behind those that are asked for.
const (
	LineColumn   = "_line"   // an Int: the line in which the record begins, from 1
	BrokenColumn = "_broken" // a Text: why it could not be read; null: it could
)

// Why a record could not be read.
const (
	NotJSON    = "not_json"
	FieldCount = "field_count" // of CSV: more or fewer than its first line names
	Quotes     = "quotes"      // of CSV: one that opens and never closes, or that stands where none may
	Encoding   = "encoding"    // bytes that are no text
	TooLong    = "too_long"    // a value of more than 1 MiB
)

// OpenRaw starts a file, of which it reads these columns, in batches of so many rows at most. What r leaves open is guessed:
// delimiter and encoding of CSV. Columns that are optional may be missing: their values are null. It returns Invalid file_invalid, file_unsupported, schema_missing and schema_duplicate, the last
// two of CSV and all at once, and errors of the input as they are.
func OpenRaw(ctx context.Context, name string, in content.Input, r gold.Reading, columns, optional []string, rows int) (*Raw, error) {
	r, err := guessReading(ctx, name, in, r, slices.DeleteFunc(slices.Clone(columns), func(c string) bool { return slices.Contains(optional, c) }))
	if err != nil {
		return nil, err
	}
	f, err := newFile(name, r)
	if err != nil {
		return nil, err
	}
	d := &gold.Dataset{}
	chosen := make([]int, len(columns))
	for i, column := range columns {
		chosen[i] = i
		d.Fields = append(d.Fields, gold.Field{Name: column, Kind: gold.Text, Nullable: true})
	}
	w := &Raw{file: f, reader: NewReader(d, chosen, rows), release: func() {}, seen: make([]bool, len(columns))}
	if err := w.begin(ctx, in, d, optional); err != nil {
		w.Close()
		return nil, err
	}
	w.out.Fields = append(slices.Clip(d.Fields), gold.Field{Name: LineColumn, Kind: gold.Int}, gold.Field{Name: BrokenColumn, Kind: gold.Text, Nullable: true})
	w.out.Columns = make([]gold.Column, len(w.out.Fields))
	for i := len(columns); i < len(w.out.Fields); i++ {
		w.out.Columns[i] = gold.NewColumn(w.out.Fields[i].Kind, rows)
	}
	return w, nil
}

// begin reads what comes before the first record.
func (w *Raw) begin(ctx context.Context, in content.Input, d *gold.Dataset, optional []string) (err error) {
	f := w.file
	if err := f.readMark(ctx, in); err != nil {
		return f.failed(err, nil, 1, 0)
	}
	w.from, w.release, err = f.begin(ctx, in)
	if err != nil {
		return f.failed(err, nil, 1, 0)
	}
	if f.dialect.Format == gold.CSV {
		if err := f.readNames(w.from); err != nil {
			return err
		}
		if problems := f.match(d, optional, nil, false); len(problems) > 0 {
			return gold.InvalidAll(problems)
		}
	} else {
		f.array, err = w.from.beginArray()
		if err != nil {
			return f.failed(err, nil, w.from.line, 0)
		}
		w.find(d)
	}
	w.reader.file, w.reader.values = f, make([]*values, len(d.Fields))
	for i := range d.Fields {
		w.reader.values[i] = newValues(d.Fields[i], f.dialect)
	}
	return nil
}

// find has the columns of objects looked for, and the objects that they lie in.
func (w *Raw) find(d *gold.Dataset) {
	f := w.file
	f.objects = newObjects(nil)
	for i := range d.Fields {
		f.names = append(f.names, d.Fields[i].Name)
		f.columns = append(f.columns, column{field: d.Fields[i], nullable: true, at: i, inFile: -1})
	}
	known := map[string]bool{}
	for _, name := range d.FieldNames() {
		known[name] = true
	}
	for _, name := range d.FieldNames() {
		for at, r := range name {
			if r != '.' {
				continue
			}
			f.objects.structs[name[:at]] = true
			if !known[name[:at]] {
				known[name[:at]] = true
				f.names = append(f.names, name[:at])
			}
		}
	}
	w.reader.objects = f.objects.of(f.names, d.FieldNames())
}

// Next returns the next rows, which are valid until the one after it; io.EOF after the last.
//
// It returns Invalid file_invalid and file_unsupported, and errors of the input as they are.
func (w *Raw) Next(ctx context.Context) (*gold.Batch, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	b := w.reader.batch
	b.Reset()
	lines, reasons := &w.out.Columns[len(b.Columns)], &w.out.Columns[len(b.Columns)+1]
	lines.Ints = lines.Ints[:0]
	reasons.Offsets, reasons.Bytes, reasons.Nulls = reasons.Offsets[:1], reasons.Bytes[:0], reasons.Nulls[:0]
	for b.Rows < w.reader.limit && !w.reader.full() {
		line, why, err := w.row()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		lines.Ints = append(lines.Ints, line)
		if why == "" {
			reasons.AppendNull()
		} else {
			w.broken++
			voidRow(b)
			reasons.AppendText(why)
		}
		b.Rows++
		w.rows++
	}
	if b.Rows == 0 {
		return nil, io.EOF
	}
	w.out.Rows = b.Rows
	copy(w.out.Columns, b.Columns)
	return &w.out, nil
}

// row appends the values of the next record, and returns the line in which it begins, and why it can't be read.
func (w *Raw) row() (line int64, why string, err error) {
	record, line, err := w.from.next()
	if errors.Is(err, io.EOF) {
		return 0, "", err
	}
	if err != nil {
		if w.skip(err) {
			return line, Quotes, nil
		}
		return 0, "", w.file.failed(err, record, line, w.rows+1)
	}
	if err := w.reader.split(record); err != nil {
		if why := w.reason(err); why != "" {
			return line, why, nil
		}
		return 0, "", w.file.failed(err, record, line, w.rows+1)
	}
	r := w.reader
	for i := range r.values {
		if w.file.columns[i].lacking != nil {
			r.batch.Columns[i].AppendNull()
			continue
		}
		at := &r.cells[w.file.columns[i].at]
		if *at != (cell{}) {
			w.seen[i] = true
		}
		_, p := r.values[i].append(&r.batch.Columns[i], r.text(record, at, gold.Text), at.quoted)
		switch {
		case p == nil:
		case p.code == gold.CodeValueRange:
			return line, TooLong, nil
		default:
			return line, Encoding, nil
		}
	}
	return line, "", nil
}

// skip goes past the line that a record begins with whose quotes can't be read: they may have taken many more lines for one record.
// It reports whether there is such a line.
func (w *Raw) skip(err error) bool {
	if w.file.dialect.Format != gold.CSV {
		return false
	}
	var form *recordError
	var limit *limitError
	if !errors.As(err, &form) && (w.file.dialect.quote == 0 || !errors.As(err, &limit)) {
		return false
	}
	return w.from.skipLine() == nil
}

// reason returns why a record that was cut can't be read; empty: the file can't.
func (w *Raw) reason(err error) string {
	var form *recordError
	var uneven *unevenError
	switch {
	case !errors.As(err, &form):
		return ""
	case errors.As(err, &uneven):
		return FieldCount
	case w.reader.objects != nil:
		return NotJSON
	}
	return Quotes
}

// voidRow makes nulls of the values of the row that is being appended.
func voidRow(b *gold.Batch) {
	for i := range b.Columns {
		c := &b.Columns[i]
		if c.Len() > b.Rows {
			c.Offsets = c.Offsets[:b.Rows+1]
			c.Bytes = c.Bytes[:c.Offsets[b.Rows]]
		}
		c.AppendNull()
	}
}

// Rows returns how many rows were read, and how many of them are broken.
func (w *Raw) Rows() (rows, broken int64) { return w.rows, w.broken }

// Lacks returns the columns that no record had, once all of some were read: of CSV, those that its first line doesn't name.
func (w *Raw) Lacks() []string {
	var lacks []string
	for i, seen := range w.seen {
		if !seen && w.rows > w.broken && (w.file.objects != nil || w.file.columns[i].lacking != nil) {
			lacks = append(lacks, w.file.columns[i].field.Name)
		}
	}
	return lacks
}

// Close frees what reading holds.
func (w *Raw) Close() { w.release() }

// Names returns the names of a file's columns: those that the first line of CSV names, or Keys. columns are those that are looked for, which
// tell a guessed delimiter.
func Names(ctx context.Context, name string, in content.Input, r gold.Reading, columns []string) ([]string, error) {
	r, err := guessReading(ctx, name, in, r, columns)
	if err != nil {
		return nil, err
	}
	f, err := newFile(name, r)
	if err != nil {
		return nil, err
	}
	if f.dialect.Format != gold.CSV {
		return Keys(ctx, name, in, r)
	}
	if err := f.readMark(ctx, in); err != nil {
		return nil, f.failed(err, nil, 1, 0)
	}
	from, release, err := f.begin(ctx, in)
	defer release()
	if err == nil {
		err = f.readNames(from)
	}
	if err != nil {
		return nil, f.failed(err, nil, 1, 0)
	}
	return f.names, nil
}

// Keys returns the keys of the first records of a file of JSON, those of objects within objects behind a dot.
func Keys(ctx context.Context, name string, in content.Input, r gold.Reading) ([]string, error) {
	const first = 10_000
	f, err := newFile(name, r)
	if err != nil {
		return nil, err
	}
	if err := f.readMark(ctx, in); err != nil {
		return nil, f.failed(err, nil, 1, 0)
	}
	from, release, err := f.begin(ctx, in)
	defer release()
	if err == nil {
		_, err = from.beginArray()
	}
	if err != nil {
		return nil, f.failed(err, nil, 1, 0)
	}
	keys := newObjects(nil)
	for range first {
		record, line, err := from.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, f.failed(err, record, line, 0)
		}
		_ = keys.read(record) // what can't be read has no keys
	}
	return keys.names, nil
}
