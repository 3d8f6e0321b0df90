package text

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"goldserve/gold"
	"goldserve/gold/lake/content"
)

// File is what a file says about itself, checked against a dataset.
type File struct {
	schema
	encoded
	objects *objects // of JSON: its columns; nil: CSV
	array   bool     // the file is an array of JSON objects
	groups  []group
	rows    int64
}

// group is the records between two places of a file.
type group struct {
	from, to     int64 // bytes of the file
	line         int64 // of the first record
	rows, before int64 // before: rows of the file's groups before it
}

// Open reads a file once, counts its records, and checks its columns against a dataset; it types no value. name is the
// file's, for messages; its endings tell format and compression where r doesn't. partition is what the names of its folders
// say. A field whose name is among optional need not be there: see Lacks. Every problem of the schema is reported at once.
//
// It returns Invalid file_invalid, file_unsupported, schema_missing, schema_duplicate, value_type and value_null (of the
// partition), and errors of the input as they are.
func Open(ctx context.Context, name string, in content.Input, r gold.Reading, d *gold.Dataset, optional []string, partition []content.Partition) (*File, error) {
	f, err := newFile(name, r)
	if err != nil {
		return nil, err
	}
	if err := f.scan(ctx, in, wantedColumns(d, partition)); err != nil {
		return nil, err
	}
	if problems := f.match(d, optional, partition, f.objects != nil && f.rows == 0); len(problems) > 0 {
		return nil, gold.InvalidAll(problems)
	}
	return f, nil
}

// wantedColumns returns the names of the columns that fields find in a file.
func wantedColumns(d *gold.Dataset, partition []content.Partition) []string {
	wanted := []string{}
	for _, field := range d.Fields {
		name := field.Column()
		if !slices.Contains(wanted, name) && !slices.ContainsFunc(partition, func(p content.Partition) bool { return p.Name == name }) {
			wanted = append(wanted, name)
		}
	}
	return wanted
}

func newFile(name string, r gold.Reading) (*File, error) {
	d, err := dialectOf(name, r)
	if err != nil {
		return nil, gold.Invalidf(gold.Problem{File: name, Code: gold.CodeFileUnsupported}, "%v", err)
	}
	_, compression := splitCompression(name)
	return &File{schema: schema{named: named(name)}, encoded: encoded{dialect: d, compression: compression}}, nil
}

// Rows returns the number of the file's records.
func (f *File) Rows() int64 { return f.rows }

// Groups returns the number of groups.
func (f *File) Groups() int { return len(f.groups) }

// GroupRows returns the number of records of a group, from 0.
func (f *File) GroupRows(group int) int64 { return f.groups[group].rows }

// scan reads the names of the columns, counts the records and finds the groups. The names of JSON are read until those that are
// wanted were found, all of them where that is nil.
func (f *File) scan(ctx context.Context, in content.Input, wanted []string) error {
	if err := f.readMark(ctx, in); err != nil {
		return f.failed(err, nil, 1, 0)
	}
	r, release, err := f.begin(ctx, in)
	defer release()
	if err != nil {
		return f.failed(err, nil, 1, 0)
	}
	if f.dialect.Format == gold.CSV {
		err = f.readNames(r)
	} else {
		f.objects = newObjects(wanted)
		if f.array, err = r.beginArray(); err != nil {
			err = f.failed(err, nil, r.line, 0)
		}
	}
	if err != nil {
		return err
	}
	g := group{from: f.mark + r.at, line: r.line}
	for {
		record, line, err := r.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil && f.objects != nil && !f.objects.done() {
			err = f.objects.read(record)
		}
		if err != nil {
			return f.failed(err, record, line, 0)
		}
		g.rows++
		if at := f.mark + r.at; at-g.from >= groupBytes && !f.stream() {
			f.add(g, at)
			g = group{from: at, line: r.line}
		}
	}
	f.add(g, in.Size())
	if f.objects != nil {
		f.names = f.objects.names
	}
	return nil
}

// add adds a group that ends at a place.
func (f *File) add(g group, to int64) {
	if g.rows > 0 {
		g.to, g.before = to, f.rows
		f.groups, f.rows = append(f.groups, g), f.rows+g.rows
	}
}

// begin starts the records of a file.
func (f *File) begin(ctx context.Context, in content.Input) (*records, func(), error) {
	text, release, err := f.open(ctx, in, 0, in.Size())
	if err != nil {
		return nil, release, err
	}
	size := int64(groupBytes)
	if !f.stream() {
		size = min(size, in.Size()+1)
	}
	return newRecords(f.dialect, text, make([]byte, 0, size)), release, nil
}

// readNames reads the names of the columns, which are a CSV file's first record.
func (f *File) readNames(r *records) error {
	record, line, err := r.names()
	f.delimiter = f.dialect.delimiter
	switch {
	case errors.Is(err, io.EOF):
		return f.failed(errors.New("it is empty: its first line must name its columns"), nil, 1, 0)
	case err != nil:
		return f.failed(err, record, line, 0)
	}
	cells, err := f.dialect.split(nil, record)
	switch {
	case err != nil:
		return f.failed(err, record, line, 0)
	case len(cells) > maxColumns:
		return f.failed(&limitError{fmt.Sprintf("its first line names %d columns; at most %d are allowed", len(cells), maxColumns)}, nil, line, 0)
	}
	for _, c := range cells {
		name, wrong := f.dialect.charset.decode(nil, f.dialect.unquote(nil, record, c))
		if wrong >= 0 {
			return f.failed(&recordError{c.start, "the name of a column: found " + f.dialect.charset.invalid(name).found + ", expected " + f.dialect.charset.invalid(name).expected}, record, line, 0)
		}
		if f.dialect.FoldNames {
			name = bytes.ToLower(bytes.TrimSpace(name))
		}
		f.names = append(f.names, string(name))
	}
	r.blanks = len(f.names) == 1
	return nil
}

// unquote returns the bytes of a cell without what quotes them, in memory that is valid until the next one.
func (d *dialect) unquote(memory, record []byte, c cell) []byte {
	value := record[c.start:c.end]
	if !c.doubled {
		return value
	}
	text := memory[:0]
	for i := 0; i < len(value); i++ {
		if text = append(text, value[i]); value[i] == d.quote {
			i++ // the second one
		}
	}
	return text
}
