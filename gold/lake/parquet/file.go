package parquet

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"

	"goldserve/gold"
	"goldserve/gold/lake/content"
)

// File is what a file's footer says, checked against a dataset.
type File struct {
	name    string   // for messages
	columns []column // of the dataset's fields, in their order
	groups  []group
	rows    int64
	deleted *roaring.Bitmap // rows that are left out, from 0; nil: none
	left    int64           // rows without them
}

// group is one row group.
type group struct {
	rows, before int64 // before: rows of the file's groups before it
	// The same without deleted rows, where the file has some.
	left, leftBefore int64
	chunks           []chunk // of the dataset's fields, in their order
}

// Open reads a file's footer and checks it, and decodes no row. name is the file's, for messages; partition is what
// the names of its folders say. A field whose name is among optional need not be there: see Lacks. Every problem of the
// schema is reported at once.
//
// It returns Invalid file_invalid, file_unsupported, row_count, schema_missing, schema_type, schema_duplicate, value_type
// and value_null (of the partition), and errors of the input as they are.
func Open(ctx context.Context, name string, in content.Input, d *gold.Dataset, optional []string, partition []content.Partition) (*File, error) {
	f := &File{name: name}
	if err := f.check(ctx, in, d, optional, partition, nil); err != nil {
		return nil, err
	}
	return f, nil
}

// OpenOf is Open for a file of a table with a schema of its own, by which columns are found. Every column that the table has
// may be missing in a file that was written before: see Lacks.
func OpenOf(ctx context.Context, s *Schema, name string, in content.Input, d *gold.Dataset, partition []content.Partition) (*File, error) {
	f := &File{name: name}
	if err := f.check(ctx, in, d, d.FieldNames(), partition, s); err != nil {
		return nil, err
	}
	return f, nil
}

// Rows returns the number of rows that the footer declares, without deleted ones.
func (f *File) Rows() int64 {
	if f.deleted == nil {
		return f.rows
	}
	return f.left
}

// Groups returns the number of row groups.
func (f *File) Groups() int { return len(f.groups) }

// GroupRows returns the number of rows of a row group, from 0, without deleted ones.
func (f *File) GroupRows(group int) int64 {
	if f.deleted == nil {
		return f.groups[group].rows
	}
	return f.groups[group].left
}

// before returns how many rows of the file, deleted ones left out, come before a row group.
func (f *File) before(g *group) int64 {
	if f.deleted == nil {
		return g.before
	}
	return g.leftBefore
}

// Lacks returns the problem that the file does not have an optional field; nil: it has it, or the field is not optional. A
// reader gives null for what the file lacks.
func (f *File) Lacks(field string) *gold.Problem {
	for i := range f.columns {
		if f.columns[i].field.Name == field {
			return f.columns[i].lacking
		}
	}
	return nil
}

// Overrules reports whether the partition gives the values of a field that is one of the file's columns too.
func (f *File) Overrules(field string) bool {
	return slices.ContainsFunc(f.columns, func(c column) bool { return c.inFile != nil && c.field.Name == field })
}

// OverrulesColumn is Overrules for a column by the name that the partition gives it.
func (f *File) OverrulesColumn(name string) bool {
	return slices.ContainsFunc(f.columns, func(c column) bool { return c.inFile != nil && c.field.Column() == name })
}

// invalid returns an Invalid error of the file.
func (f *File) invalid(code gold.Code, text string, args ...any) *gold.Error {
	return f.invalidColumn(code, &gold.Field{}, text, args...)
}

// invalidColumn returns an Invalid error of a field's column, or of the file where the field has no name.
func (f *File) invalidColumn(code gold.Code, field *gold.Field, text string, args ...any) *gold.Error {
	return gold.Invalidf(f.problem(code, field, 0), text, args...)
}

// problem returns a problem of a field's column, and of a row where it has a number, yet without its detail.
func (f *File) problem(code gold.Code, field *gold.Field, row int64) gold.Problem {
	return gold.Problem{File: f.name, Field: field.Name, PhysicalName: field.PhysicalName, Row: row, Code: code}
}

// failed turns an error of reading a row group (from 1; 0: the file as a whole) into the file's, of a field's column if it has
// a name.
func (f *File) failed(err error, group int, field *gold.Field) error {
	place, advice := "", ": the file is damaged, write it again"
	if group > 0 {
		place = fmt.Sprintf("row group %d: ", group)
	}
	code := gold.CodeFileInvalid
	var read *readError
	var limit *limitError
	var count *countError
	var panicked *panicError
	switch {
	case errors.As(err, &read):
		return read.err
	case errors.As(err, &limit):
		code, advice = gold.CodeFileUnsupported, ""
	case errors.As(err, &count):
		code = gold.CodeRowCount
	case errors.As(err, &panicked):
		e := f.invalidColumn(code, field, "%sit can't be decoded%s", place, advice)
		e.Err = err // for the log alone
		return e
	}
	e := f.invalidColumn(code, field, "%s%v%s", place, err, advice)
	e.Err = err
	return e
}

// panicError is what a decoder panicked with.
type panicError struct{ value any }

func (e *panicError) Error() string { return fmt.Sprintf("panic: %v", e.value) }
