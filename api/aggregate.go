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

var aggregateParameters = []string{"group_by", "measures", "sort", "limit", "totals", "compare", "cursor", "release", "as_of", "format", "dialect"}

// aggregateQuery is what the parameters of /datasets/{dataset}/aggregate ask for.
type aggregateQuery struct {
	filters []filter // on rows
	groups  []gold.Group
	figures []figure
	having  []gold.Predicate // on columns of the answer
	sort    []gold.Sort      // of the answer's columns; the groups complete it
	limit   int64            // 0: all groups
	asked   bool             // limit= is the request's
	most    int64            // the most groups that an answer of its format may have
	totals  bool
	compare string // "previous", "year" or ""

	comparison *comparison // what compare says; nil: nothing
}

// handleAggregate answers /datasets/{dataset}/aggregate.
//
//	@ID			aggregate
//	@Summary	Groups of {dataset} with measures of each
//	@Tags		figures
//	@Produce	json
//	@Param		dataset	path	string	true	"the dataset"
//	@Success	200	{object}	map[string]any	"groups"
//	@Router		/datasets/{dataset}/aggregate [get]
func (s *Server) handleAggregate(w http.ResponseWriter, r *http.Request) error {
	req, err := s.openPage(w, r)
	if err != nil {
		return err
	}
	v, err := req.version(r, "dataset")
	if err != nil {
		return err
	}
	ask := &aggregateRequest{catalog: req.catalog, scope: req.catalog.narrow(v)}
	parse := func(p *params) *aggregateQuery { return readAggregateQuery(p, req, ask.scope) }
	if ask.query, err = readQuery(req, v.Dataset.Name+"/aggregate", aggregateParameters, parse, ask.fits); err != nil {
		return err
	}
	if v.Rows == 0 {
		return empty(&v.Dataset)
	}
	if err := published(ask.needs()...); err != nil {
		return err
	}
	if req.cursor != nil {
		ask.after = req.cursor.after
	}
	all := func(most int64) (gold.Rows, error) {
		return s.groups(r.Context(), ask.scope, ask.query, ask.after, most)
	}
	if err := req.holdsGroups(r.Context(), ask.query.limit, ask.query.most, v.Rows, all); err != nil {
		return err
	}
	p := &plan{
		req: req,
		compute: func(ctx context.Context, dst []byte) ([]byte, *meta, error) {
			return s.aggregateBody(ctx, req, ask, dst)
		},
		table: &table{
			name: fileTitle(&v.Dataset) + "_aggregate", rows: ask.query.limit, cut: orAll(ask.query.limit) < v.Rows,
			size:  sizeOf(&v.Dataset, ask.query.limit, v.Rows, false, ask.query.asked),
			write: func(ctx context.Context, to sink) (*meta, error) { return s.readAggregate(ctx, req, ask, to) },
		},
	}
	p.of.text("aggregate", v.Dataset.Name)
	ask.query.canon(&p.of)
	p.of.values(ask.after)
	return s.answer(w, r, p)
}

// aggregateRequest is an aggregate with the place where it starts.
type aggregateRequest struct {
	catalog *catalog
	scope   *scope
	query   *aggregateQuery
	after   []gold.Value // the last group seen; nil: from the start
}

// fits reports whether a cursor's place is a group of a query.
func (a *aggregateRequest) fits(q *aggregateQuery, after []gold.Value) bool {
	if len(after) != len(q.groups) || len(after) == 0 {
		return false
	}
	fields := q.fields(a.scope.version)
	for i, v := range after {
		if k := v.Kind(); k != gold.Null && k != fields[i].Kind {
			return false
		}
	}
	return true
}

// needs returns the versions that an aggregate borrows from.
func (a *aggregateRequest) needs() []*gold.Version {
	versions := lenders(predicatesOf(a.query.filters, ofRows))
	for _, g := range a.query.groups {
		if g.Via != nil {
			versions = append(versions, g.Via.Version)
		}
	}
	return versions
}

// readAggregateQuery takes the parameters of an aggregate.
func readAggregateQuery(p *params, req *request, s *scope) *aggregateQuery {
	d := &s.version.Dataset
	q := &aggregateQuery{limit: req.defaultLimit(min(defaultRowsLimit, maxLimit(d))), most: req.most(d), totals: p.word("totals", "true", "false") == "true"}
	if q.totals && req.rep.format != format.JSON {
		p.problem("totals", problemInvalidValue, "%s holds the groups alone: leave totals out, or ask for json", req.rep.format)
	}
	var lost, lostToo []string
	q.groups, lost = readGroups(p, s)
	q.figures, lostToo = readFigures(p, s)
	lost = append(lost, lostToo...)
	q.compare = p.word("compare", "previous", "year")
	if limit, given := p.int("limit", 0, q.most); given {
		q.limit, q.asked = limit, true
	}
	q.columns(p)
	fields := q.fields(s.version)
	q.sort = readColumnSort(p, fields, lost)
	p.overlook(lost)
	q.filters = p.filters(s.withColumns(q, fields), aggregateParameters)
	q.having = predicatesOf(q.filters, ofColumns)
	q.filters = slices.DeleteFunc(q.filters, func(f filter) bool {
		if f.reach.level == ofRows && q.ambiguous(f.reach) {
			p.problem(f.parameter, problemAmbiguous, "%s is a field and a column of the answer: name the column otherwise, as in other:%s", f.reach.name, f.reach.name)
		}
		return f.reach.level == ofColumns
	})
	q.readComparison(p, req.catalog, s)
	return q
}

// columns reports columns of one name.
func (q *aggregateQuery) columns(p *params) {
	seen := map[string]bool{}
	check := func(parameter, name string) {
		if seen[name] {
			p.problem(parameter, problemInvalidValue, "two columns are named %s: name one of them, as in other:count()", name)
		}
		seen[name] = true
	}
	for _, g := range q.groups {
		check("group_by", g.Name())
	}
	for _, f := range q.figures {
		check("measures", f.name)
	}
	if q.compare == "" {
		return
	}
	for _, f := range q.figures {
		check("measures", f.name+previousSuffix)
		check("measures", f.name+changeSuffix)
	}
}

// overlook takes the conditions on columns that are lost, whose problem is reported already.
func (p *params) overlook(lost []string) {
	for i, pair := range p.pairs {
		if name, _, _ := strings.Cut(pair.name, "__"); slices.Contains(lost, name) {
			p.taken[i] = true
		}
	}
}

// columnOps are the comparisons of an answer's columns; the texts of bins have no order that anybody means.
var (
	columnOps = []gold.Op{gold.Eq, gold.Ne, gold.In, gold.NotIn, gold.Gt, gold.Gte, gold.Lt, gold.Lte, gold.IsNull}
	binOps    = []gold.Op{gold.Eq, gold.Ne, gold.In, gold.NotIn, gold.IsNull}
)

// withColumns returns a scope with the columns of an answer besides. A field of the rows goes first.
func (s *scope) withColumns(q *aggregateQuery, fields []gold.Field) *scope {
	wide := &scope{catalog: s.catalog, version: s.version, fields: slices.Clone(s.fields)}
	for i := range fields {
		f := fields[i]
		f.Filters, f.Search, f.Mask = columnOps, false, gold.MaskNone
		column := reach{name: f.Name, field: &f, owner: &gold.Dataset{}, level: ofColumns}
		switch {
		case i >= len(q.groups):
			column.texts = s.textsOf(q.figures[i-len(q.groups)].measure.Field)
		case len(q.groups[i].Bins) > 0:
			f.Filters = binOps
		case q.groups[i].Grain != gold.GrainNone:
			column.grain = q.groups[i].Grain
		default:
			column.texts = s.textsOf(q.groups[i].Field)
		}
		wide.add(column)
	}
	return wide
}

// textsOf returns a field whose texts are periods, nil for any other.
func (s *scope) textsOf(name string) *reach {
	r := s.find(name)
	if r == nil {
		return nil
	}
	if unit, _ := r.owner.PeriodOf(r.field); unit == gold.NoPeriod {
		return nil
	}
	return r
}

// ambiguous reports whether a field of the rows bears the name of a column that is something else.
func (q *aggregateQuery) ambiguous(r *reach) bool {
	for _, g := range q.groups {
		if g.Name() == r.name {
			return g.Field != r.name || g.Grain != gold.GrainNone || len(g.Bins) > 0
		}
	}
	return slices.ContainsFunc(q.figures, func(f figure) bool { return f.name == r.name })
}

// readColumnSort reads sort=-ca,pays of an answer's columns. Columns that are lost have their problem already.
func readColumnSort(p *params, fields []gold.Field, lost []string) []gold.Sort {
	text, given := p.take("sort")
	if !given {
		return nil
	}
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.Name
	}
	var terms []gold.Sort
	for term := range strings.SplitSeq(text, ",") {
		s, ok := parseSortTerm(term)
		switch {
		case !ok:
			p.problem("sort", problemInvalidValue, "expected column, -column, column:asc or column:desc, separated by commas")
		case slices.Contains(lost, s.Field), len(names) == 0:
		case !slices.Contains(names, s.Field):
			p.suggest("sort", problemInvalidValue, gold.Nearest(s.Field, names), "the answer can't be sorted by %s, only by %s", s.Field, list(names))
		case slices.ContainsFunc(terms, func(t gold.Sort) bool { return t.Field == s.Field }):
			p.problem("sort", problemInvalidValue, "%s is named twice", s.Field)
		default:
			terms = append(terms, s)
		}
	}
	return terms
}

// aggregateBody appends the JSON body up to its last member before meta.
func (s *Server) aggregateBody(ctx context.Context, req *request, a *aggregateRequest, dst []byte) ([]byte, *meta, error) {
	rows := newObjects(dst)
	m, err := s.readAggregate(ctx, req, a, rows.begin)
	if err != nil {
		return nil, nil, err
	}
	body := append(rows.body, "],\n"...)
	if a.query.totals {
		if body, err = s.appendTotals(ctx, append(body, `"totals":`...), a.scope, a.query, m); err != nil {
			return nil, nil, err
		}
		body = append(body, ",\n"...)
	}
	if *m.count == 0 && a.after == nil {
		var took time.Duration
		m.hints, took = s.hints(ctx, a.catalog, a.scope.version, predicatesOf(a.query.filters, ofRows))
		m.query += took
	}
	return body, m, nil
}

// readAggregate gives the groups to a sink and says what it cut.
func (s *Server) readAggregate(ctx context.Context, req *request, a *aggregateRequest, to sink) (*meta, error) {
	q, v := a.query, a.scope.version
	limit := q.limit
	if limit == 0 {
		limit = q.most
	}
	ask := limit + 1
	if limit == everything {
		ask = 0
	}
	var count int64
	var truncated bool
	m := &meta{count: &count, truncated: &truncated}
	partial, err := s.partialPeriods(ctx, a, m)
	if err != nil {
		return nil, err
	}
	fields := q.fields(v)
	earlier, err := s.compareGroups(ctx, a, m)
	if err != nil {
		return nil, err
	}
	write, err := to(earlier.fields(fields))
	if err != nil {
		return nil, err
	}
	var last []gold.Value // the last group of the page
	stats, err := eachBatch(ctx, func() (gold.Rows, error) { return s.groups(ctx, a.scope, q, a.after, ask) }, func(b *gold.Batch) error {
		start := time.Now()
		defer func() { m.encode += time.Since(start) }()
		cut := *earlier.join(b)
		cut.Rows = int(min(int64(b.Rows), limit-count))
		truncated = truncated || cut.Rows < b.Rows
		for i := range cut.Rows {
			partial.see(&cut, i)
		}
		if count += int64(cut.Rows); count == limit && cut.Rows > 0 {
			last = cut.Row(cut.Rows-1, nil)[:len(q.groups)]
		}
		return write(&cut)
	})
	if err != nil {
		return nil, fmt.Errorf("aggregate %s: %w", v.Dataset.Name, err)
	}
	m.query, m.answeredBy, m.partial = m.query+stats.Duration, stats.AnsweredBy, partial.seen
	switch {
	case truncated && q.limit == 0:
		return nil, tooManyRows(req.rep.format, limit)
	case truncated:
		req.next(v.Dataset.Name+"/aggregate", last, m)
	case a.after == nil:
		m.total = &count
	}
	return m, nil
}

// appendTotals appends the figures over all rows of the filter, whatever the groups, having and limit.
func (s *Server) appendTotals(ctx context.Context, body []byte, sc *scope, q *aggregateQuery, m *meta) ([]byte, error) {
	all := &aggregateQuery{filters: q.filters, figures: q.figures}
	encoder := format.NewJSONEncoder(all.fields(sc.version))
	stats, err := eachBatch(ctx, func() (gold.Rows, error) { return s.groups(ctx, sc, all, nil, 1) }, func(b *gold.Batch) error {
		body = encoder.AppendRow(body, b, 0)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("total %s: %w", sc.version.Dataset.Name, err)
	}
	m.query += stats.Duration
	return body, nil
}
