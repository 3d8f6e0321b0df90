package gold

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// ErrorKind says what an error means to its caller: the closed set that the HTTP edge and the command line map to
// status and exit codes.
type ErrorKind uint8

// The kinds of error.
const (
	Internal    ErrorKind = iota // a defect, or a failed store: the caller's input is not the cause
	Invalid                      // the input is wrong; Problems say where
	NotFound                     // no such dataset, row or release
	Empty                        // nothing published yet, or a dataset without rows
	Gone                         // a release that was pruned
	Conflict                     // another publisher holds the lease, or has taken it over
	Overloaded                   // too many requests at once
	Unavailable                  // the store or the source can't be reached now
	Timeout                      // the request's deadline passed
)

var errorKindNames = [...]string{"internal", "invalid", "not_found", "empty", "gone", "conflict", "overloaded", "unavailable", "timeout"}

func (k ErrorKind) String() string { return errorKindNames[k] }

// Problem is one thing wrong with an input, and where. Which of the places are set depends on the input: a parameter of
// a request; file, line and column of a contract; file, field and row of a data file.
type Problem struct {
	Parameter string `json:"parameter,omitempty"`
	File      string `json:"file,omitempty"`
	Line      int    `json:"line,omitempty"`   // from 1
	Column    int    `json:"column,omitempty"` // from 1
	Field     string `json:"field,omitempty"`  // a column of a data file
	// PhysicalName is the column's own name where the field has another. Answers have none: they are not about files.
	PhysicalName string `json:"physical_name,omitempty" swaggerignore:"true"`
	Row          int64  `json:"row,omitempty"` // of a data file, from 1
	Code         Code   `json:"code"`
	Detail       string `json:"detail"`
	DidYouMean   string `json:"did_you_mean,omitempty"` // the nearest valid word
}

// String writes a problem in one line: the place, what is wrong, and the nearest valid word.
func (p Problem) String() string {
	var b strings.Builder
	place := func(s string) {
		if b.Len() > 0 {
			b.WriteString(", ")
		}
		b.WriteString(s)
	}
	switch {
	case p.Parameter != "":
		place(p.Parameter)
	case p.File != "" && p.Line > 0 && p.Column == 0:
		place(fmt.Sprintf("%s:%d", p.File, p.Line))
	case p.File != "" && p.Line > 0:
		place(fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column))
	case p.File != "":
		place(p.File)
	}
	switch {
	case p.PhysicalName != "":
		place(fmt.Sprintf("column %s (field %s)", Quoted([]string{p.PhysicalName})[0], p.Field))
	case p.Field != "":
		place("column " + p.Field)
	}
	if p.Row > 0 {
		place("row " + strconv.FormatInt(p.Row, 10))
	}
	if b.Len() > 0 {
		b.WriteString(": ")
	}
	b.WriteString(p.Detail)
	if p.DidYouMean != "" {
		b.WriteString(" (did you mean " + p.DidYouMean + "?)")
	}
	return Visible(b.String())
}

// Error is the error of all packages' interfaces. Message and Problems are for the caller; Err is the cause for the log
// and never leaves the process.
type Error struct {
	Kind     ErrorKind
	Code     Code
	Message  string
	Problems []Problem
	Err      error
}

// Errorf returns an Error with a message for the caller. A %w argument becomes Err, and its text is part of the
// message.
func Errorf(kind ErrorKind, code Code, format string, args ...any) *Error {
	err := fmt.Errorf(format, args...)
	return &Error{Kind: kind, Code: code, Message: err.Error(), Err: errors.Unwrap(err)}
}

// Invalidf returns an Invalid error with one problem.
func Invalidf(p Problem, format string, args ...any) *Error {
	p.Detail = fmt.Sprintf(format, args...)
	return &Error{Kind: Invalid, Code: p.Code, Message: p.String(), Problems: []Problem{p}}
}

// InvalidAll returns an Invalid error of several problems, one line each, with the code of the first.
func InvalidAll(problems []Problem) *Error {
	lines := make([]string, len(problems))
	for i, p := range problems {
		lines[i] = p.String()
	}
	return &Error{Kind: Invalid, Code: problems[0].Code, Message: strings.Join(lines, "\n"), Problems: problems}
}

func (e *Error) Error() string {
	if e.Err == nil || strings.Contains(e.Message, e.Err.Error()) {
		return e.Message
	}
	return e.Message + ": " + e.Err.Error()
}

func (e *Error) Unwrap() error { return e.Err }

// KindOf returns the kind of an error: Timeout for an exceeded deadline, Internal for any error that is not an Error.
func KindOf(err error) ErrorKind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return Timeout
	}
	return Internal
}

// CodeOf returns the code of an error, "internal" for one that has none.
func CodeOf(err error) Code {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return CodeQueryTimeout
	}
	return CodeInternal
}

// DuplicateKey is the cause of a duplicate_key error: the duplicated key.
type DuplicateKey struct{ Key []Value }

func (d DuplicateKey) Error() string {
	parts := make([]string, len(d.Key))
	for i, v := range d.Key {
		parts[i] = v.String()
	}
	return "duplicate key " + strings.Join(parts, ",")
}
