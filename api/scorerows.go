package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"unicode/utf8"

	"goldserve/gold"
	"goldserve/gold/query"
)

// Bounds of the rows that are scored at once.
const (
	maxScoreRows     = 1000
	maxScoreProblems = 20
	scoreBatch       = 128 // rows between looks at the deadline
)

// scoreRows are posted rows, with the fields that models take.
type scoreRows struct {
	batches []*gold.Batch // of scoreBatch rows each, the last of the rest
	count   int
}

// scoreReader reads the body of a request for scores. No problem has a value of it, nor what the decoder says of its text.
type scoreReader struct {
	decoder  *json.Decoder
	dataset  *gold.Dataset
	fields   []gold.Field // that are taken
	rows     scoreRows
	problems []gold.Problem
}

// invalidRows is the error of rows that can't be scored.
func invalidRows(problems []gold.Problem) error {
	message := problems[0].String()
	switch n := len(problems); {
	case n == maxScoreProblems:
		message = fmt.Sprintf("%d values or more can't be scored", n)
	case n > 1:
		message = fmt.Sprintf("%d values can't be scored", n)
	}
	return &gold.Error{Kind: gold.Invalid, Code: gold.CodeInvalidParameter, Message: message, Problems: problems}
}

// invalidBody is the error of a body that is no rows.
func invalidBody(format string, args ...any) error {
	return gold.Errorf(gold.Invalid, gold.CodeInvalidParameter, `the body: `+format+`; expected {"rows": [{"FIELD": VALUE, …}, …]}`, args...)
}

// readScoreRows reads rows of the fields that the models of some scored fields take. Other fields of the dataset are left out.
func readScoreRows(text []byte, d *gold.Dataset, scored []gold.Field) (*scoreRows, error) {
	if !utf8.Valid(text) {
		return nil, invalidBody("it isn't UTF-8")
	}
	r := &scoreReader{decoder: json.NewDecoder(bytes.NewReader(text)), dataset: d}
	r.decoder.UseNumber()
	for i := range d.Scores {
		gives := func(f gold.Field) bool { return slices.Contains(d.Scores[i].Gives(), f.Name) }
		for _, name := range d.Scores[i].Reads() {
			known := func(f gold.Field) bool { return f.Name == name }
			if field := d.Field(name); field != nil && slices.ContainsFunc(scored, gives) && !slices.ContainsFunc(r.fields, known) {
				r.fields = append(r.fields, *field)
			}
		}
	}
	if err := r.body(); err != nil {
		return nil, err
	}
	if _, err := r.decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, invalidBody("something follows the object")
	}
	if len(r.problems) > 0 {
		return nil, invalidRows(r.problems)
	}
	return &r.rows, nil
}

// next returns the next token; nil is null.
func (r *scoreReader) next() (json.Token, error) {
	token, err := r.decoder.Token()
	if err != nil {
		return nil, invalidBody("it is no complete JSON, as far as row %d", r.rows.count)
	}
	return token, nil
}

// body reads {"rows": […]}.
func (r *scoreReader) body() error {
	for _, want := range []json.Token{json.Delim('{'), "rows", json.Delim('[')} {
		token, err := r.next()
		if err != nil {
			return err
		}
		if token != want {
			return invalidBody("it is no object whose only member is rows, a list")
		}
	}
	for {
		token, err := r.next()
		switch {
		case err != nil:
			return err
		case token == json.Delim(']'):
			if token, err = r.next(); err == nil && token != json.Delim('}') {
				err = invalidBody("it has another member than rows")
			}
			return err
		case token != json.Delim('{'):
			return invalidBody("row %d is no object", r.rows.count+1)
		case r.rows.count == maxScoreRows:
			return gold.Errorf(gold.Invalid, gold.CodeBodyTooLong, "the body has more than %d rows: score them in several requests", maxScoreRows)
		}
		if err := r.row(); err != nil {
			return err
		}
	}
}

// row reads the members of a row.
func (r *scoreReader) row() error {
	r.rows.count++
	values, given := make([]gold.Value, len(r.fields)), map[string]bool{}
	for {
		token, err := r.next()
		if err != nil {
			return err
		}
		if token == json.Delim('}') {
			break
		}
		name, _ := token.(string)
		value, err := r.next()
		if err != nil {
			return err
		}
		if _, nested := value.(json.Delim); nested { // what follows isn't read: it may nest without end
			r.problem(name, "expected a value, found a list or an object")
			return invalidRows(r.problems)
		}
		i := slices.IndexFunc(r.fields, func(f gold.Field) bool { return f.Name == name })
		switch {
		case given[name]:
			r.problem(name, "it is given twice")
		case i < 0 && r.dataset.Field(name) == nil:
			r.unknown(name)
		case i >= 0:
			v, reason := scoreValue(&r.fields[i], value)
			if values[i] = v; reason != "" {
				r.problem(name, reason)
			}
		}
		if given[name] = true; len(r.problems) == maxScoreProblems {
			return invalidRows(r.problems)
		}
	}
	last := len(r.rows.batches) - 1
	if last < 0 || r.rows.batches[last].Rows == scoreBatch {
		r.rows.batches = append(r.rows.batches, gold.NewBatch(r.fields, scoreBatch))
		last++
	}
	r.rows.batches[last].AppendRow(values...)
	return nil
}

// problem adds what is wrong with a field of the row that is read.
func (r *scoreReader) problem(field, reason string) {
	r.problems = append(r.problems, gold.Problem{Row: int64(r.rows.count), Field: shortened(field), Code: gold.CodeInvalidValue, Detail: reason})
}

func (r *scoreReader) unknown(name string) {
	r.problem(name, "dataset "+r.dataset.Name+" has no such field: the models take "+query.List(gold.FieldNames(r.fields)))
	last := &r.problems[len(r.problems)-1]
	last.Code, last.DidYouMean = gold.CodeUnknownField, gold.Nearest(shortened(name), gold.FieldNames(r.fields))
}

// shortened returns a name that a client sent as an error repeats it.
func shortened(name string) string {
	const most = 64
	if utf8.RuneCountInString(name) <= most {
		return name
	}
	return string([]rune(name)[:most]) + "…"
}

// scoreValue returns a value of JSON as one of a field, or what was expected.
func scoreValue(f *gold.Field, token json.Token) (v gold.Value, expected string) {
	switch value := token.(type) {
	case nil:
		return gold.Value{}, ""
	case bool:
		if f.Kind == gold.Bool {
			return gold.NewBool(value), ""
		}
	case string:
		if f.Kind == gold.Text {
			return gold.NewText(value), ""
		}
	case json.Number:
		if f.Kind.Numeric() {
			return scoreNumber(f, value.String())
		}
	}
	if f.Kind == gold.Bool {
		return v, "expected true, false or null"
	}
	if f.Kind == gold.Text {
		return v, "expected a text or null"
	}
	return v, "expected a number or null"
}

// scoreNumber returns a number of JSON, which may have an exponent, and a point where it is whole.
func scoreNumber(f *gold.Field, text string) (v gold.Value, expected string) {
	v, err := f.ParseSource(text)
	if err == nil {
		return v, ""
	}
	x, floatErr := strconv.ParseFloat(text, 64)
	switch {
	case floatErr != nil:
		return v, "expected a number within the range of a double"
	case f.Kind == gold.Double:
		return gold.NewDouble(x), ""
	case f.Kind == gold.Int && x == math.Trunc(x) && math.Abs(x) < gold.MaxExact:
		return gold.NewInt(int64(x)), ""
	case f.Kind == gold.Decimal:
		if v, decimalErr := f.ParseSource(strconv.FormatFloat(x, 'f', -1, 64)); decimalErr == nil {
			return v, ""
		}
	}
	return v, err.Error()
}
