package api

import (
	"fmt"
	"math"
	"strings"

	"goldserve/gold"
)

// Codes of what is unknown to a release.
const (
	codeUnknownModel = "unknown_model"
	codeUnknownField = "unknown_field"
)

// Codes of the problems of a question: errors[].code of an invalid_parameter.
const (
	problemUnknownParameter   = "unknown_parameter"
	problemDuplicateParameter = "duplicate_parameter"
	problemInvalidEncoding    = "invalid_encoding"
	problemInvalidValue       = "invalid_value"
	problemInvalidOperator    = "invalid_operator"
	problemInvalidCursor      = "invalid_cursor"
	problemNotFilterable      = "not_filterable"
	problemAmbiguous          = "ambiguous_parameter"
	problemTooMany            = "too_many_parameters"
)

// emptyDataset is the answer of a dataset without rows, published or not. Its Text is what clients of this API have
// always known.
type emptyDataset struct {
	err  *gold.Error
	text string
}

func (e *emptyDataset) Error() string { return e.err.Error() }
func (e *emptyDataset) Unwrap() error { return e.err }

// empty returns the error of a dataset that has no rows.
func empty(d *gold.Dataset) error {
	name := d.Collection
	if name == "" {
		name = d.Name
	}
	return &emptyDataset{
		err:  gold.Errorf(gold.Empty, gold.CodeDatasetEmpty, "%s has no rows: nothing is published for it yet", d.Name),
		text: name + " vide",
	}
}

// unknown returns a NotFound error with the nearest name that exists.
func unknown(code, message, nearest string) error {
	if nearest != "" {
		message += " (did you mean " + nearest + "?)"
	}
	return &gold.Error{Kind: gold.NotFound, Code: code, Message: message}
}

// invalidParameters returns the Invalid error of a question's problems.
func invalidParameters(problems []gold.Problem) error {
	message := fmt.Sprintf("%d parameters can't be used", len(problems))
	if len(problems) == 1 {
		message = problems[0].String()
	}
	return &gold.Error{Kind: gold.Invalid, Code: gold.CodeInvalidParameter, Message: message, Problems: problems}
}

// list joins words for a message.
func list(words []string) string { return strings.Join(words, ", ") }

// everything is the limit of an answer that has none.
const everything = math.MaxInt64

// bound is how many rows an answer may have.
type bound struct {
	limit int64 // that the question asks for; 0: everything
	asked bool  // the limit is the question's own
	most  int64 // the most rows that an answer of its form may have
	sheet bool  // the form is a spreadsheet
}

// rows returns the most rows that the answer has.
func (b bound) rows() int64 {
	if b.limit == 0 {
		return b.most
	}
	return b.limit
}

// tooMany is the answer to a question for everything where that is more rows than an answer of its form may have.
func (b bound) tooMany() error {
	what, instead := "one answer", "leave limit out or give one"
	if b.sheet {
		what, instead = "a sheet", "filter, give a limit"
	}
	return invalidParameters([]gold.Problem{{
		Parameter: "limit", Code: problemInvalidValue,
		Detail: fmt.Sprintf("everything is more than the %d rows of %s: %s and follow the next links to the end, or ask for format=ndjson, csv, arrow or parquet, which have no maximum", b.most, what, instead),
	}})
}
