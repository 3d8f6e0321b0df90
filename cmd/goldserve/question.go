package main

import (
	"context"
	"io"
	"net/url"
	"strings"
	"time"

	"goldserve/gold"
	"goldserve/gold/format"
	"goldserve/gold/query"
	"goldserve/gold/query/body"
	"goldserve/gold/query/param"
)

// question is a question of a command line to the engine, and how its answer is written.
type question struct {
	engine  *query.Engine
	params  *param.Set
	path    string // escaped, with the model
	catalog *query.Catalog
	version *gold.Version // nil: the question is about no dataset
	form    format.Format
	dialect format.Dialect
	named   []param.Pair // parameters that the next page's URL repeats
	start   time.Time

	target
	read body.Read
	body func(ctx context.Context, dst []byte, read body.Read) ([]byte, *body.Meta, error) // appends the JSON body up to meta
}

// target is the question that a path asks.
type target struct {
	ask     func(*question, context.Context) error // reads the question's parameters; nil: the path is no question to the engine
	dataset string
	// endpoint: dataset is the name of an endpoint, without its slash.
	endpoint bool
	last     string // the key of a row, or a field
	suffix   string // the format that the path ends with; "": none
	rows     bool   // the answer is a table, not a record
	paged    bool   // a cursor may continue it
}

// targetOf reads a path.
func targetOf(path string) target {
	var parts []string
	for part := range strings.SplitSeq(strings.Trim(path, "/"), "/") {
		text, err := url.PathUnescape(part)
		if err != nil || text == "" {
			return target{}
		}
		parts = append(parts, text)
	}
	switch {
	case len(parts) == 0 || parts[0] == "datasets" && len(parts) < 3:
		return target{}
	case len(parts) == 1 && parts[0] == "kpis":
		return target{ask: (*question).kpis}
	case len(parts) == 4 && parts[0] == "datasets" && parts[2] == "rows":
		return target{ask: (*question).row, dataset: parts[1], last: parts[3]}
	case len(parts) == 2:
		return target{ask: (*question).row, dataset: parts[0], endpoint: true, last: parts[1]}
	}
	last, t := &parts[len(parts)-1], target{rows: true}
	for _, f := range format.All() {
		if name, ok := strings.CutSuffix(*last, f.Suffix()); ok {
			*last, t.suffix = name, f.String()
		}
	}
	switch {
	case len(parts) == 1:
		t.ask, t.dataset, t.endpoint, t.paged = (*question).rowsPage, parts[0], true, true
		return t
	case parts[0] != "datasets":
		return target{}
	case len(parts) == 3 && parts[2] == "rows":
		t.ask, t.paged = (*question).rowsPage, true
	case len(parts) == 3 && parts[2] == "aggregate":
		t.ask, t.paged = (*question).aggregate, true
	case len(parts) == 4 && parts[2] == "values":
		t.ask = (*question).values
	case len(parts) == 4 && parts[2] == "concentration":
		t.ask = (*question).concentration
	default:
		return target{}
	}
	t.dataset, t.last = parts[1], *last
	return t
}

// newQuestion reads a question of a model from a path and parameters. It is nil if the path is no question to
// the engine.
func newQuestion(ctx context.Context, e *query.Engine, m *gold.Model, path string, pairs []param.Pair) (*question, error) {
	q := &question{engine: e, params: param.Of(pairs), path: modelPath(m, path), target: targetOf(path), body: body.AppendTable, start: time.Now()}
	if q.ask == nil {
		return nil, nil
	}
	if err := q.readForm(path); err != nil {
		return nil, err
	}
	sel, err := q.params.Selector(m.Name, m.Calendar, q.paged)
	if err != nil {
		return nil, err
	}
	if q.catalog, err = e.Catalog(ctx, m, sel); err != nil {
		return nil, err
	}
	switch {
	case q.endpoint:
		if q.version, err = q.catalog.Endpoint(q.dataset, ""); err != nil {
			return nil, nil //nolint:nilerr // it may be another page of the API, which knows all of their names
		}
	case q.dataset != "":
		if q.version, err = q.catalog.Dataset(q.dataset); err != nil {
			return nil, err
		}
	}
	return q, q.ask(q, ctx)
}

// modelPath puts the model before a path.
func modelPath(m *gold.Model, path string) string { return "/m/" + url.PathEscape(m.Name) + path }

// readForm reads format= and dialect=.
func (q *question) readForm(path string) error {
	name, given := q.params.Take("format")
	switch {
	case q.suffix != "" && given && name != q.suffix:
		q.params.Problem("format", gold.CodeInvalidValue, "the path ends with .%s: leave the parameter out", q.suffix)
	case q.suffix != "":
		name = q.suffix
	case !given && q.rows:
		name = format.CSV.String()
	case !given:
		name = format.JSON.String()
	}
	f, known := format.Parse(name)
	switch {
	case !known:
		return usagef("format is %q: expected %s", name, strings.Join(formatWords()[1:], ", "))
	case !q.rows && f != format.JSON:
		return usagef("%s has rows only, but %s is answered as %s", f, path, format.JSON)
	}
	q.form = f
	if given && f != format.CSV {
		q.named = append(q.named, param.Pair{Name: "format", Value: name})
	}
	if !q.rows {
		return nil
	}
	if q.dialect, given = q.params.Dialect(f); given {
		q.named = append(q.named, param.Pair{Name: "dialect", Value: q.dialect.String()})
	}
	return nil
}

// next returns the URL and the cursor of the page after a row.
func (q *question) next(last []gold.Value) (url, cursor string) {
	return q.params.Next(q.catalog, q.path, q.named, last)
}

// writeTo writes the answer in its format.
func (q *question) writeTo(ctx context.Context, out io.Writer) (*body.Meta, error) {
	if q.form != format.JSON {
		return body.WriteFile(ctx, out, q.form, q.options(), q.read)
	}
	text, m, err := q.body(ctx, nil, q.read)
	if err != nil {
		return nil, err
	}
	m.Explain = q.params.Explain
	_, err = out.Write(m.Close(text, q.start, q.catalog.Release))
	return m, err
}

// options say how a file is written, and in it where its rows come from.
func (q *question) options() format.Options {
	r := q.catalog.Release
	return format.Options{Dialect: q.dialect, About: body.About(q.path+"?"+param.EncodePairs(q.params.Pinned(r.Number)), r)}
}

// units returns the units of the answer's columns, by name: those of the dataset's fields and metrics.
func (q *question) units() map[string]string {
	units := map[string]string{}
	if q.version == nil {
		return units
	}
	for _, f := range q.version.Dataset.Fields {
		units[f.Name] = f.Doc.UnitText()
	}
	for _, m := range q.version.Dataset.Metrics {
		units[m.Name] = m.Doc.UnitText()
	}
	return units
}
