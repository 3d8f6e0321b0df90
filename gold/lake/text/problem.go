package text

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"unicode/utf8"

	"goldserve/gold"
)

// inputError is an error of the input, not of the file's content.
type inputError struct{ err error }

func (e *inputError) Error() string { return e.err.Error() }
func (e *inputError) Unwrap() error { return e.err }

// limitError is an error of a file that is perhaps sound, and too much.
type limitError struct{ text string }

func (e *limitError) Error() string { return e.text }

// recordError says what is wrong with the form of a record, and at which of its bytes.
type recordError struct {
	at   int
	text string
}

func (e *recordError) Error() string { return e.text }

// unevenError is that of a record that has another number of values than the first one.
type unevenError struct{ recordError }

// Unwrap returns what is wrong with the record's form.
func (e *unevenError) Unwrap() error { return &e.recordError }

// valueProblem tells why a value does not fit.
type valueProblem struct {
	code     gold.Code
	found    string // the value as text
	expected string
}

// named makes the problems of a file of that name.
type named string

// problem returns a problem of a field's column at a byte of a record, yet without its detail.
func (n named) problem(code gold.Code, field *gold.Field, record []byte, at int, line, row int64) gold.Problem {
	before := record[:min(at, len(record))]
	column := utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:]) + 1
	return gold.Problem{
		File: string(n), Line: int(line) + bytes.Count(before, []byte{'\n'}), Column: column,
		Field: field.Name, PhysicalName: field.PhysicalName, Row: row, Code: code,
	}
}

// failed turns an error of reading a record, which begins in a line, into the file's; row is 0 where the file is opened.
func (n named) failed(err error, record []byte, line, row int64) error {
	code, at := gold.CodeFileInvalid, 0
	var input *inputError
	var limit *limitError
	var form *recordError
	switch {
	case errors.As(err, &input):
		return input.err
	case errors.As(err, &limit):
		code = gold.CodeFileUnsupported
	case errors.As(err, &form):
		at = form.at
	}
	e := gold.Invalidf(n.problem(code, &gold.Field{}, record, at, line, row), "%v", err)
	e.Err = err
	return e
}

// valueError returns the error of a value that does not fit. A person's data is not quoted.
func valueError(p gold.Problem, field *gold.Field, v *valueProblem) error {
	found := v.found
	if field.PII {
		found = "a value (not shown: personal data)"
	}
	if field.Cast != nil {
		return gold.Invalidf(p, "found %s, and its cast expects %s: correct the file, or the cast, whose onError: null makes such values null and counts them", found, v.expected)
	}
	return gold.Invalidf(p, "found %s, expected %s: correct the file, or say in the contract how it writes such values (cast)", found, v.expected)
}

// nullError returns the error of a value that is missing.
func nullError(p gold.Problem, key bool) error {
	if key {
		return gold.Invalidf(p, "found no value in a key: correct the file")
	}
	return gold.Invalidf(p, "found no value, and the contract requires one: correct the file, or the contract")
}

func tooLong(bytes int) *valueProblem {
	return &valueProblem{gold.CodeValueRange, fmt.Sprintf("a text of %d bytes", bytes), fmt.Sprintf("at most %d bytes", maxCell)}
}

// quoteStart quotes the start of a text, which may be no UTF-8.
func quoteStart(text []byte) string {
	quoted := strconv.Quote(string(text[:min(len(text), 40)]))
	if len(text) > 40 {
		quoted += "…"
	}
	return quoted
}
