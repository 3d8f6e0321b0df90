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
	"goldserve/gold/format"
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
	q := readValuesQuery(req, sc, f)
	if err := req.params.err(valuesParameters...); err != nil {
		return err
	}
	if v.Rows == 0 {
		return empty(d)
	}
	if err := published(lenders(append(q.where, gold.Predicate{Via: f.via}))...); err != nil {
		return err
	}
	all := func(most int64) (gold.Rows, error) {
		a := q.aggregation(v)
		a.Limit = most
		return s.aggregate(r.Context(), sc.catalog, a)
	}
	if err := req.holdsGroups(r.Context(), q.limit, q.most, v.Rows, all); err != nil {
		return err
	}
	p := &plan{
		req: req,
		compute: func(ctx context.Context, dst []byte) ([]byte, *meta, error) {
			rows := newObjects(dst)
			m, err := s.readValues(ctx, req, sc, q, rows.begin)
			return append(rows.body, "],\n"...), m, err
		},
		table: &table{
			name: fileTitle(d) + "_" + f.name, rows: q.limit, cut: orAll(q.limit) < v.Rows,
			size:  sizeOf(d, q.limit, v.Rows, false, q.asked),
			write: func(ctx context.Context, to sink) (*meta, error) { return s.readValues(ctx, req, sc, q, to) },
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
	limit int64  // 0: all values
	asked bool   // limit= is the request's
	most  int64  // the most values that an answer of its format may have
}

func readValuesQuery(req *request, s *scope, f *reach) valuesQuery {
	d, p := &s.version.Dataset, req.params
	q := valuesQuery{field: f, limit: req.defaultLimit(min(defaultValuesLimit, maxLimit(d))), most: req.most(d)}
	least := int64(1)
	if req.rep.format != format.JSON {
		least = 0
	}
	if limit, given := p.int("limit", least, q.most); given {
		q.limit, q.asked = limit, true
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

// aggregation is the question for all values.
func (q *valuesQuery) aggregation(v *gold.Version) gold.Aggregation {
	return gold.Aggregation{
		Version: v, Where: q.where,
		Group:    []gold.Group{{Field: q.field.name, As: "value", Via: q.field.via}},
		Measures: []gold.Measure{{Func: gold.Count, As: "count"}},
		Sort:     []gold.Sort{{Field: "count", Desc: true}, {Field: "value"}},
	}
}

// readValues gives the values to a sink. A search looks through all values as they stream by.
func (s *Server) readValues(ctx context.Context, req *request, sc *scope, q valuesQuery, to sink) (*meta, error) {
	v, a := sc.version, q.aggregation(sc.version)
	limit := q.limit
	if limit == 0 {
		limit = q.most
	}
	if q.text == "" && limit != everything {
		a.Limit = limit + 1
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
		if truncated = int64(cut.Rows) > limit-count; truncated {
			cut.Rows = int(limit - count)
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
	if truncated && q.limit == 0 {
		return nil, tooManyRows(req.rep.format, limit)
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
