package lake

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"goldserve/gold"
)

// parquetFile is what a file's footer says, checked against a dataset.
type parquetFile struct {
	name    string   // for messages
	columns []column // of the dataset's fields, in their order
	ignored []string // columns that the dataset does not name
	groups  []group
	rows    int64
}

// group is one row group.
type group struct {
	rows, before int64   // before: rows of the file's groups before it
	chunks       []chunk // of the dataset's fields, in their order
}

// openParquet reads a file's footer and checks it, and decodes no row. name is the file's, for messages; partition is what
// the names of its folders say. Every problem of the schema is reported at once.
//
// It returns Invalid file_invalid, file_unsupported, row_count, schema_missing, schema_type, schema_duplicate, value_type
// and value_null (of the partition), and errors of the input as they are.
func openParquet(ctx context.Context, name string, in input, d *gold.Dataset, partition []partitionValue) (*parquetFile, error) {
	f := &parquetFile{name: name}
	if err := f.check(ctx, in, d, partition); err != nil {
		return nil, err
	}
	return f, nil
}

// invalid returns an Invalid error of the file.
func (f *parquetFile) invalid(code, field, text string, args ...any) *gold.Error {
	return gold.Invalidf(gold.Problem{File: f.name, Field: field, Code: code}, text, args...)
}

// overrules reports whether the name of the file's folder gives the values of a field that is one of its columns too.
func (f *parquetFile) overrules(field string) bool {
	return slices.ContainsFunc(f.columns, func(c column) bool { return c.inFile != nil && c.field.Name == field })
}

// failed turns an error of reading a row group (from 1; 0: the file as a whole) into the file's.
func (f *parquetFile) failed(err error, group int, field string) error {
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
		e := f.invalid(code, field, "%sit can't be decoded%s", place, advice)
		e.Err = err // for the log alone
		return e
	}
	e := f.invalid(code, field, "%s%v%s", place, err, advice)
	e.Err = err
	return e
}

// panicError is what a decoder panicked with.
type panicError struct{ value any }

func (e *panicError) Error() string { return fmt.Sprintf("panic: %v", e.value) }
