package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"goldserve/gold"
)

var valuesParameters = []string{"q", "limit", "release", "as_of", "format", "dialect"}

// defaultValuesLimit is the number of values of /values/{field} where the request has no limit.
const defaultValuesLimit = 100

// handleValues answers with the distinct values of a field under any filter, those of the most rows first.
//
//	@ID			values
//	@Summary	Distinct values of a field of {dataset}
//	@Description	With their numbers of rows, those of the most rows first, under any filter.
//	@Tags		figures
//	@Produce	json
//	@Param		dataset	path	string	true	"the dataset"
//	@Param		field	path	string	true	"the field"
//	@Success	200	{object}	map[string]any	"values"
//	@Failure	404	{object}	problemBody	"unknown_field"
//	@Router		/datasets/{dataset}/values/{field} [get]
func (s *Server) handleValues(w http.ResponseWriter, r *http.Request) error {
	req, err := s.open(w, r, tables)
	if err != nil {
		return err
	}
	v, err := req.version(r, "dataset")
	if err != nil {
		return err
	}
	d := &v.Dataset
	sc := req.catalog.narrow(v)
	f, err := valuesField(r, sc)
	if err != nil {
		return err
	}
	q := readValuesQuery(req.params, sc, f)
	if err := req.params.err(valuesParameters...); err != nil {
		return err
	}
	if v.Rows == 0 {
		return empty(d)
	}
	if err := published(lenders(append(q.where, gold.Predicate{Via: f.via}))...); err != nil {
		return err
	}
	p := &plan{
		req: req,
		compute: func(ctx context.Context, dst []byte) ([]byte, *meta, error) {
			rows := newObjects(dst)
			m, err := s.readValues(ctx, sc, q, rows.begin)
			return append(rows.body, "],\n"...), m, err
		},
		table: &table{
			name:  fileTitle(d) + "_" + f.name,
			write: func(ctx context.Context, to sink) (*meta, error) { return s.readValues(ctx, sc, q, to) },
		},
	}
	p.of.text("values", d.Name, f.name, q.text)
	p.of.int(q.limit)
	p.of.predicates(q.where)
	return s.answer(w, r, p)
}

// valuesField returns the field that a path names, of the dataset or borrowed.
func valuesField(r *http.Request, s *scope) (*reach, error) {
	name, _ := pathParam(r, "field")
	var names []string
	for i := range s.fields {
		f := &s.fields[i]
		if !listable(f.field) {
			continue
		}
		if f.name == name {
			return f, nil
		}
		names = append(names, f.name)
	}
	return nil, unknown(codeUnknownField, fmt.Sprintf("%s has no field %s whose values can be listed", s.version.Dataset.Name, name), gold.Nearest(name, names))
}

// listable reports whether the values of a field can be listed: its contract lets it be compared with one.
func listable(f *gold.Field) bool { return allows(f, gold.Eq) || allows(f, gold.In) }

// valuesQuery asks for the values of a field.
type valuesQuery struct {
	field *reach
	where []gold.Predicate
	text  string // folded; "": all values
	limit int64
}

func readValuesQuery(p *params, s *scope, f *reach) valuesQuery {
	d := &s.version.Dataset
	q := valuesQuery{field: f, limit: min(defaultValuesLimit, maxLimit(d))}
	if limit, given := p.int("limit", 1, maxLimit(d)); given {
		q.limit = limit
	}
	if text, given := p.take("q"); given {
		n := utf8.RuneCountInString(text)
		switch {
		case f.field.Kind != gold.Text:
			p.problem("q", problemInvalidValue, "%s is no text: q searches texts", f.name)
		case n == 0 || n > maxSearch:
			p.problem("q", problemInvalidValue, "expected a text of 1 to %d characters", maxSearch)
		default:
			q.text = fold(text)
		}
	}
	q.where = predicatesOf(p.filters(s, valuesParameters), ofRows)
	return q
}

// errEnough ends an answer that has all that was asked for.
var errEnough = errors.New("enough")

// readValues gives the values to a sink. A search looks through all values as they stream by.
func (s *Server) readValues(ctx context.Context, sc *scope, q valuesQuery, to sink) (*meta, error) {
	v := sc.version
	a := gold.Aggregation{
		Version: v, Where: q.where,
		Group:    []gold.Group{{Field: q.field.name, As: "value", Via: q.field.via}},
		Measures: []gold.Measure{{Func: gold.Count, As: "count"}},
		Sort:     []gold.Sort{{Field: "count", Desc: true}, {Field: "value"}},
	}
	if q.text == "" {
		a.Limit = q.limit + 1
	}
	write, err := to(a.OutFields())
	if err != nil {
		return nil, err
	}
	var count int64
	var truncated bool
	m := &meta{count: &count, truncated: &truncated}
	stats, err := eachBatch(ctx, func() (gold.Rows, error) { return s.aggregate(ctx, sc.catalog, a) }, func(b *gold.Batch) error {
		start := time.Now()
		defer func() { m.encode += time.Since(start) }()
		cut := q.matching(b)
		if truncated = int64(cut.Rows) > q.limit-count; truncated {
			cut.Rows = int(q.limit - count)
		}
		count += int64(cut.Rows)
		if err := write(&cut); err != nil || !truncated {
			return err
		}
		return errEnough
	})
	if err != nil && !errors.Is(err, errEnough) {
		return nil, fmt.Errorf("read values of %s.%s: %w", v.Dataset.Name, q.field.name, err)
	}
	m.query, m.answeredBy = stats.Duration, stats.AnsweredBy
	return m, nil
}

// matching returns the rows of a batch whose value holds the text that is searched for.
func (q *valuesQuery) matching(b *gold.Batch) gold.Batch {
	if q.text == "" {
		return *b
	}
	found := gold.NewBatch(b.Fields, 0)
	for i := range b.Rows {
		if c := &b.Columns[0]; !c.IsNull(i) && strings.Contains(fold(string(c.Text(i))), q.text) {
			found.AppendRow(b.Row(i, nil)...)
		}
	}
	return *found
}

// fold makes texts that differ in case or accents alone equal: decomposed, without marks, by simple case folding.
func fold(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		folded := r
		for other := unicode.SimpleFold(r); other != r; other = unicode.SimpleFold(other) {
			folded = min(folded, other)
		}
		return folded
	}, norm.NFKD.String(text))
}
