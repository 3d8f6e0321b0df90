package api

import (
	"slices"
	"strings"

	"goldserve/gold"
)

var aggregateParameters = []string{"group_by", "measures", "sort", "limit", "totals", "compare", "cursor", "release", "as_of", "format", "dialect"}

// readAggregateQuery takes the parameters of an aggregate.
func readAggregateQuery(p *params, s *scope, b bound) *aggregateQuery {
	q := &aggregateQuery{scope: s, bound: b, totals: p.word("totals", "true", "false") == "true"}
	var lost, lostToo []string
	q.groups, lost = readGroups(p, s)
	q.figures, lostToo = readFigures(p, s)
	lost = append(lost, lostToo...)
	q.compare = p.word("compare", "previous", "year")
	if limit, given := p.int("limit", 0, q.most); given {
		q.limit, q.asked = limit, true
	}
	checkColumns(p, q)
	fields := q.columns()
	q.sort = readColumnSort(p, fields, lost)
	p.overlook(lost)
	filters := p.filters(withColumns(s, q, fields), aggregateParameters)
	q.having = predicatesOf(filters, ofColumns)
	filters = slices.DeleteFunc(filters, func(f filter) bool {
		if f.reach.level == ofRows && ambiguous(q, f.reach) {
			p.problem(f.parameter, problemAmbiguous, "%s is a field and a column of the answer: name the column otherwise, as in other:%s", f.reach.name, f.reach.name)
		}
		return f.reach.level == ofColumns
	})
	q.where = predicatesOf(filters, ofRows)
	p.comparison(q, filters)
	return q
}

// checkColumns reports columns of one name.
func checkColumns(p *params, q *aggregateQuery) {
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
func withColumns(s *scope, q *aggregateQuery, fields []gold.Field) *scope {
	wide := &scope{catalog: s.catalog, version: s.version, fields: slices.Clone(s.fields)}
	for i := range fields {
		f := fields[i]
		f.Filters, f.Search, f.Mask = columnOps, false, gold.MaskNone
		column := reach{name: f.Name, field: &f, owner: &gold.Dataset{}, level: ofColumns}
		switch {
		case i >= len(q.groups):
			column.texts = textsOf(s, q.figures[i-len(q.groups)].measure.Field)
		case len(q.groups[i].Bins) > 0:
			f.Filters = binOps
		case q.groups[i].Grain != gold.GrainNone:
			column.grain = q.groups[i].Grain
		default:
			column.texts = textsOf(s, q.groups[i].Field)
		}
		wide.add(column)
	}
	return wide
}

// textsOf returns a field whose texts are periods, nil for any other.
func textsOf(s *scope, name string) *reach {
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
func ambiguous(q *aggregateQuery, r *reach) bool {
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
