package query

import (
	"fmt"
	"math"
	"strings"

	"goldserve/gold"
)

// EmptyDataset is the answer of a dataset without rows, published or not. Its Text is what clients of this API have
// always known.
type EmptyDataset struct {
	err  *gold.Error
	Text string
}

func (e *EmptyDataset) Error() string { return e.err.Error() }
func (e *EmptyDataset) Unwrap() error { return e.err }

// empty returns the error of a dataset that has no rows.
func empty(d *gold.Dataset) error {
	name := d.Collection
	if name == "" {
		name = d.Name
	}
	return &EmptyDataset{
		err:  gold.Errorf(gold.Empty, gold.CodeDatasetEmpty, "%s has no rows: nothing is published for it yet", d.Name),
		Text: name + " vide",
	}
}

// Unknown returns a NotFound error with the nearest name that exists.
func Unknown(code gold.Code, message, nearest string) error {
	if nearest != "" {
		message += " (did you mean " + nearest + "?)"
	}
	return &gold.Error{Kind: gold.NotFound, Code: code, Message: message}
}

// InvalidParameters returns the Invalid error of a question's problems.
func InvalidParameters(problems []gold.Problem) error {
	message := fmt.Sprintf("%d parameters can't be used", len(problems))
	if len(problems) == 1 {
		message = problems[0].String()
	}
	return &gold.Error{Kind: gold.Invalid, Code: gold.CodeInvalidParameter, Message: message, Problems: problems}
}

// List joins words for a message.
func List(words []string) string { return strings.Join(words, ", ") }

// Everything is the limit of an answer that has none.
const Everything = math.MaxInt64

// Bound is how many rows an answer may have.
type Bound struct {
	Limit int64 // that the question asks for; 0: everything
	Asked bool  // the limit is the question's own
	Most  int64 // the most rows that an answer of its form may have
	Sheet bool  // the form is a spreadsheet
}

// rows returns the most rows that the answer has.
func (b Bound) rows() int64 {
	if b.Limit == 0 {
		return b.Most
	}
	return b.Limit
}

// tooMany is the answer to a question for everything where that is more rows than an answer of its form may have.
func (b Bound) tooMany() error {
	what, instead := "one answer", "leave limit out or give one"
	if b.Sheet {
		what, instead = "a sheet", "filter, give a limit"
	}
	return InvalidParameters([]gold.Problem{{
		Parameter: "limit", Code: gold.CodeInvalidValue,
		Detail: fmt.Sprintf("everything is more than the %d rows of %s: %s and follow the next links to the end, or ask for format=ndjson, csv, arrow or parquet, which have no maximum", b.Most, what, instead),
	}})
}
