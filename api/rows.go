package api

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"goldserve/gold"
	"goldserve/gold/format"
)

// Limits of JSON pages where a contract has none of its own, and of /datasets/{dataset}/rows where the request has none.
const (
	defaultMaxLimit  = 10_000
	defaultRowsLimit = 100
)

// rowsQuery is what the parameters of a page ask for.
type rowsQuery struct {
	where  []gold.Predicate // on the answer's rows
	origin []gold.Predicate // on the rows that the answer is computed from; nil: it is read as it is stored
	sort   []gold.Sort
	fields []string // nil: all of the contract; they may be borrowed
	limit  int64    // 0: everything
	asked  bool     // limit= is the request's
	most   int64    // the most rows that an answer of its format may have
	exact  bool     // count=exact
	all    []string // the names of the contract's fields
}

// filtered reports whether the answer may be less than the whole dataset.
func (q *rowsQuery) filtered() bool { return len(q.where)+len(q.origin) > 0 }

// whole reports whether a query is of all fields of a dataset in its own order, unfiltered.
func (q *rowsQuery) whole(d *gold.Dataset) bool {
	return !q.filtered() && q.fields == nil && slices.Equal(q.sort, d.TotalSort(d.DefaultSort))
}

var rowsParameters = []string{"limit", "sort", "fields", "count", "cursor", "release", "as_of", "format", "dialect"}

// handleRows answers /datasets/{dataset}/rows.
//
//	@ID			rows
//	@Summary	Rows of {dataset}
//	@Description	Filtered, sorted, in pages that stay on their release: meta.next is the URL of the next one.
//	@Tags		rows
//	@Produce	json
//	@Param		dataset	path	string	true	"the dataset"
//	@Success	200	{object}	map[string]any	"a page of rows"
//	@Router		/datasets/{dataset}/rows [get]
func (s *Server) handleRows(w http.ResponseWriter, r *http.Request) error {
	return s.answerRows(w, r, "dataset", func(d *gold.Dataset) int64 { return min(defaultRowsLimit, maxLimit(d)) })
}

// handleEndpoint answers a dataset's own endpoint: all rows up to the contract's limit.
//
//	@ID			endpoint
//	@Summary	{dataset}
//	@Description	All rows up to the limit; otherwise as /datasets/{dataset}/rows.
//	@Tags		endpoints
//	@Produce	json
//	@Param		endpoint	path	string	true	"the endpoint"
//	@Success	200	{object}	map[string]any	"a page of rows"
//	@Router		/{endpoint} [get]
func (s *Server) handleEndpoint(w http.ResponseWriter, r *http.Request) error {
	return s.answerRows(w, r, "endpoint", func(d *gold.Dataset) int64 {
		if d.DefaultLimit > 0 {
			return min(d.DefaultLimit, maxLimit(d))
		}
		return maxLimit(d)
	})
}

// maxLimit returns the largest JSON page of a dataset.
func maxLimit(d *gold.Dataset) int64 {
	if d.MaxLimit > 0 {
		return d.MaxLimit
	}
	return defaultMaxLimit
}

func (s *Server) answerRows(w http.ResponseWriter, r *http.Request, segment string, defaultLimit func(*gold.Dataset) int64) error {
	req, err := s.openPage(w, r)
	if err != nil {
		return err
	}
	v, err := req.version(r, segment)
	if err != nil {
		return err
	}
	sc := req.catalog.wide(v)
	limit := req.defaultLimit(defaultLimit(&v.Dataset))
	q, err := readQuery(req, v.Dataset.Name, rowsParameters,
		func(p *params) *rowsQuery { return readRowsQuery(p, sc, limit, req.most(&v.Dataset)) },
		func(q *rowsQuery, after []gold.Value) bool { return fits(&v.Dataset, q.sort, after) })
	switch {
	case err != nil:
		return err
	case v.Rows == 0:
		return empty(&v.Dataset)
	}
	if err := published(sc.needs(q)...); err != nil {
		return err
	}
	ask := &pageRequest{scope: sc, query: q}
	if req.cursor != nil {
		ask.after = req.cursor.after
	}
	if q.limit == 0 && v.Rows > q.most {
		if err := s.holdsAll(r.Context(), req, ask); err != nil {
			return err
		}
	}
	p := &plan{
		req: req, links: []string{s.schemaLink(req, &v.Dataset)},
		compute: func(ctx context.Context, dst []byte) ([]byte, *meta, error) {
			rows := newObjects(dst)
			m, err := s.page(ctx, req, ask, rows.begin)
			return append(rows.body, "],\n"...), m, err
		},
		table: &table{
			name: fileTitle(&v.Dataset), rows: q.limit, cut: orAll(q.limit) < v.Rows,
			size:  sizeOf(&v.Dataset, q.limit, v.Rows, !q.filtered(), q.asked),
			write: func(ctx context.Context, to sink) (*meta, error) { return s.page(ctx, req, ask, to) },
		},
	}
	p.of.text("rows", v.Dataset.Name)
	q.canon(&p.of)
	p.of.values(ask.after)
	if req.rep.format == format.Parquet && req.cursor == nil && q.limit == 0 && q.whole(&v.Dataset) && s.files.dir != "" {
		return s.sendFile(w, r, p, v)
	}
	return s.answer(w, r, p)
}

// needs returns the versions that a query reads besides the scope's own.
func (s *scope) needs(q *rowsQuery) []*gold.Version {
	versions := append(lenders(q.where), lenders(q.origin)...)
	if len(q.origin) > 0 {
		versions = append(versions, s.recipe.needs()...)
	}
	for _, name := range q.fields {
		if r := s.find(name); r.via != nil {
			versions = append(versions, r.via.Version)
		}
	}
	return versions
}

// fits reports whether a cursor's place is one of a sort: as many values, each null or of its field's kind.
func fits(d *gold.Dataset, sort []gold.Sort, after []gold.Value) bool {
	if len(after) != len(sort) {
		return false
	}
	for i, s := range sort {
		if k := after[i].Kind(); k != gold.Null && k != d.Field(s.Field).Kind {
			return false
		}
	}
	return true
}

// readRowsQuery takes the parameters of a page.
func readRowsQuery(p *params, s *scope, defaultLimit, most int64) *rowsQuery {
	d := &s.version.Dataset
	q := &rowsQuery{limit: defaultLimit, most: most, all: d.FieldNames(), exact: p.word("count", "exact") == "exact"}
	if limit, given := p.int("limit", 0, most); given {
		q.limit, q.asked = limit, true
	}
	q.sort = readSort(p, d)
	q.fields = readFields(p, s)
	filters := p.filters(s, rowsParameters)
	q.where, q.origin = predicatesOf(filters, ofRows), predicatesOf(filters, ofOrigin)
	if len(q.origin) > 0 {
		p.notComputable(s, filters)
	}
	return q
}

// readSort reads sort=-a,b or sort=a:desc,b:asc, and completes it with the key.
func readSort(p *params, d *gold.Dataset) []gold.Sort {
	text, given := p.take("sort")
	if !given {
		return d.TotalSort(d.DefaultSort)
	}
	var terms []gold.Sort
	for term := range strings.SplitSeq(text, ",") {
		s, ok := parseSortTerm(term)
		f := d.Field(s.Field)
		switch {
		case !ok:
			p.problem("sort", problemInvalidValue, "expected field, -field, field:asc or field:desc, separated by commas")
		case f == nil || !f.Sortable || f.Mask != gold.MaskNone:
			names := sortable(d)
			p.suggest("sort", problemInvalidValue, gold.Nearest(s.Field, names), "%s can't be sorted by %s, only by %s", d.Name, s.Field, list(names))
		case slices.ContainsFunc(terms, func(t gold.Sort) bool { return t.Field == s.Field }):
			p.problem("sort", problemInvalidValue, "%s is named twice", s.Field)
		default:
			terms = append(terms, s)
		}
	}
	return d.TotalSort(terms)
}

func parseSortTerm(term string) (gold.Sort, bool) {
	field, direction, has := strings.Cut(term, ":")
	if !has {
		return gold.ParseSort(term), strings.TrimPrefix(term, "-") != ""
	}
	ok := field != "" && !strings.HasPrefix(field, "-") && (direction == "asc" || direction == "desc")
	return gold.Sort{Field: field, Desc: direction == "desc"}, ok
}

func sortable(d *gold.Dataset) []string {
	var names []string
	for _, f := range d.Fields {
		if f.Sortable && f.Mask == gold.MaskNone {
			names = append(names, f.Name)
		}
	}
	return names
}

// readFields reads fields=a,b: the answer has them in this order. They may be borrowed.
func readFields(p *params, s *scope) []string {
	d, names := &s.version.Dataset, s.shown()
	text, given := p.take("fields")
	if !given {
		return nil
	}
	var fields []string
	for name := range strings.SplitSeq(text, ",") {
		switch {
		case name == "":
			p.problem("fields", problemInvalidValue, "expected names of fields separated by commas")
		case !slices.Contains(names, name):
			p.suggest("fields", problemInvalidValue, gold.Nearest(name, names), "%s has no field %s, only %s", d.Name, name, list(names))
		case slices.Contains(fields, name):
			p.problem("fields", problemInvalidValue, "%s is named twice", name)
		default:
			fields = append(fields, name)
		}
	}
	return fields
}

// page computes a page and says what it cut.
func (s *Server) page(ctx context.Context, req *request, ask *pageRequest, to sink) (*meta, error) {
	p, err := s.readPage(ctx, ask, to)
	if err != nil {
		return nil, err
	}
	m := &meta{count: &p.count, truncated: &p.truncated, query: p.stats.Duration, encode: p.encode, answeredBy: p.stats.AnsweredBy}
	if p.truncated {
		req.next(ask.scope.version.Dataset.Name, p.last, m)
	}
	if req.rep.format != format.JSON {
		return m, nil
	}
	return m, s.complete(ctx, req, ask, p, m)
}

// complete adds to meta what needs more than the page: total, hints.
func (s *Server) complete(ctx context.Context, req *request, ask *pageRequest, p *page, m *meta) error {
	v, q := ask.scope.version, ask.query
	switch {
	case !q.filtered():
		m.total = &v.Rows
	case ask.after == nil && !p.truncated:
		m.total = &p.count
	case q.exact:
		total, took, err := s.count(ctx, ask)
		if err != nil {
			return err
		}
		m.total, m.query = &total, m.query+took
	}
	if p.count == 0 && ask.after == nil {
		var took time.Duration
		m.hints, took = s.hints(ctx, req.catalog, v, q.where)
		m.query += took
		if len(q.origin) > 0 {
			more, took := s.hints(ctx, req.catalog, ask.scope.recipe.origin, q.origin)
			m.hints, m.query = append(m.hints, more...), m.query+took
		}
	}
	return nil
}

// holdsAll returns an error where everything that a query asks for is more than an answer of its format may have. JSON
// pages find that out while they read.
func (s *Server) holdsAll(ctx context.Context, req *request, ask *pageRequest) error {
	q := ask.query
	switch {
	case !q.filtered():
		return tooManyRows(req.rep.format, q.most)
	case req.rep.format == format.JSON:
		return nil
	}
	n, _, err := s.count(ctx, ask)
	if err == nil && n > q.most {
		return tooManyRows(req.rep.format, q.most)
	}
	return err
}

// holdsGroups is holdsAll of groups, of which only their computation tells how many there are.
func (req *request) holdsGroups(ctx context.Context, limit, most, rows int64, open func(ask int64) (gold.Rows, error)) error {
	if limit != 0 || rows <= most || req.rep.format == format.JSON {
		return nil
	}
	var n int64
	_, err := eachBatch(ctx, func() (gold.Rows, error) { return open(most + 1) }, func(b *gold.Batch) error {
		n += int64(b.Rows)
		return nil
	})
	if err == nil && n > most {
		return tooManyRows(req.rep.format, most)
	}
	return err
}

// tooManyRows is the answer to a question for everything where that is more rows than an answer of its format may have.
func tooManyRows(f format.Format, most int64) error {
	what, instead := "one answer", "leave limit out or give one"
	if f == format.XLSX {
		what, instead = "a sheet", "filter, give a limit"
	}
	return invalidParameters([]gold.Problem{{
		Parameter: "limit", Code: problemInvalidValue,
		Detail: fmt.Sprintf("everything is more than the %d rows of %s: %s and follow the next links to the end, or ask for format=ndjson, csv, arrow or parquet, which have no maximum", most, what, instead),
	}})
}
