package param

import (
	"fmt"
	"slices"
	"strings"

	"goldserve/gold"
	"goldserve/gold/format"
	"goldserve/gold/query"
)

// AggregateParameters are the parameters of an aggregate besides filters.
var AggregateParameters = []string{"group_by", "measures", "sort", "limit", "totals", "compare", "previous", "or", "and", "not", "explain", "cursor", "release", "as_of", "format", "dialect"}

// aggregateSuffix is what cursors have behind the name of a dataset whose groups they are of.
const aggregateSuffix = "/aggregate"

// Aggregate reads a question for groups of a version's rows, in a format.
func (p *Set) Aggregate(c *query.Catalog, v *gold.Version, f format.Format) (*query.AggregateQuery, error) {
	p.readExplain(f)
	s, b := c.Narrow(v), boundOf(&v.Dataset, f, RowsLimit(&v.Dataset))
	return readPaged(p, v.Dataset.Name+aggregateSuffix, AggregateParameters, func(p *Set) *query.AggregateQuery {
		q := readAggregate(p, s, b)
		p.refuseTotals(q, f)
		return q
	})
}

// readAggregate takes the parameters of an aggregate.
func readAggregate(p *Set, s *query.Scope, b query.Bound) *query.AggregateQuery {
	q := &query.AggregateQuery{Scope: s, Bound: p.limit(b, 0), Totals: p.flag("totals")}
	var lost, lostToo []string
	q.Groups, lost = readGroups(p, s)
	q.Measures, lostToo = readMeasures(p, s)
	lost = append(lost, lostToo...)
	q.Compare = p.word("compare", "previous", "year")
	q.Previous = p.word("previous", query.PreviousPeriod, query.PreviousPresent)
	checkColumns(p, q)
	fields := q.Columns()
	q.Sort = sortColumns(p, fields, lost)
	p.overlook(lost)
	filters := p.filters(withColumns(s, q, fields), AggregateParameters)
	q.Having = predicatesOf(filters, query.OfColumns)
	filters = slices.DeleteFunc(filters, func(f filter) bool {
		for _, column := range f.columns {
			if f.level == query.OfRows && ambiguous(q, column) {
				p.Problem(f.parameter, gold.CodeAmbiguous, "%s is a field and a column of the answer: name the column otherwise, as in other:%s", column.Name, column.Name)
			}
		}
		return f.level == query.OfColumns
	})
	q.Where = predicatesOf(filters, query.OfRows)
	p.units(q)
	p.comparison(q, filters)
	return q
}

// units reports measures that would add or compare amounts in different units.
func (p *Set) units(q *query.AggregateQuery) {
	d := &q.Scope.Version.Dataset
	for i := range q.Measures {
		for _, m := range q.Measures[i].Measures(d) {
			if field := d.MixedUnits(m, q.Groups, q.Where); field != "" {
				p.suggest("group_by", gold.CodeInvalidValue, field, "%s", mixedUnits(m, field))
			} else if field := d.MixedUnits(m, nil, q.Where); q.Totals && field != "" {
				p.Problem("totals", gold.CodeInvalidValue, "%s", mixedUnits(m, field))
			}
		}
	}
}

// mixedUnits says why a measure can't be computed, and what can.
func mixedUnits(m gold.Measure, field string) string {
	return fmt.Sprintf("%s is in the units of %s, which can't be added or compared: group by %s, or filter one of them, as in %s=EUR", m, field, field, field)
}

// checkColumns reports columns with the same name.
func checkColumns(p *Set, q *query.AggregateQuery) {
	seen := map[string]bool{}
	check := func(parameter, name string) {
		if seen[name] {
			p.Problem(parameter, gold.CodeInvalidValue, "two columns are named %s: name one of them, as in other:count()", name)
		}
		seen[name] = true
	}
	for _, g := range q.Groups {
		check("group_by", g.Name())
	}
	for _, f := range q.Measures {
		check("measures", f.Name)
	}
	if q.Compare == "" {
		return
	}
	for _, c := range q.TimeGroups() {
		if q.Previous == query.PreviousPresent {
			check("group_by", q.Groups[c.Group].Name()+query.PreviousSuffix)
		}
	}
	for _, f := range q.Measures {
		check("measures", f.Name+query.PreviousSuffix)
		check("measures", f.Name+query.ChangeSuffix)
	}
}

// overlook takes the filters by lost columns: their problem is already reported.
func (p *Set) overlook(lost []string) {
	for i, pair := range p.Pairs {
		if name, _, _ := strings.Cut(pair.Name, "__"); slices.Contains(lost, name) {
			p.taken[i] = true
		}
	}
}

// columnOps are the operators for an answer's columns; the order of the texts of bins means nothing.
var (
	columnOps = []gold.Op{gold.Eq, gold.Ne, gold.In, gold.NotIn, gold.Gt, gold.Gte, gold.Lt, gold.Lte, gold.IsNull}
	binOps    = []gold.Op{gold.Eq, gold.Ne, gold.In, gold.NotIn, gold.IsNull}
)

// withColumns returns a scope that also has the columns of an answer. A name means a field of the rows first.
func withColumns(s *query.Scope, q *query.AggregateQuery, fields []gold.Field) *query.Scope {
	wide := &query.Scope{Catalog: s.Catalog, Version: s.Version, Columns: slices.Clone(s.Columns)}
	for i := range fields {
		f := fields[i]
		f.Filters, f.Search, f.Mask = columnOps, false, gold.MaskNone
		column := query.Column{Name: f.Name, Field: &f, Owner: &gold.Dataset{}, Level: query.OfColumns, Calendar: s.Catalog.Calendar}
		switch {
		case i >= len(q.Groups):
			column.Texts = textsOf(s.Find(q.Measures[i-len(q.Groups)].Measure.Field))
		case len(q.Groups[i].Bins) > 0:
			f.Filters = binOps
		case q.Groups[i].Grain != gold.GrainNone:
			column.Grain = q.Groups[i].Grain
		default:
			column.Texts = textsOf(s.Of(q.Groups[i].Field, q.Groups[i].Join))
		}
		wide.Add(column)
	}
	return wide
}

// textsOf returns a field if its texts are periods, else nil.
func textsOf(column *query.Column) *query.Column {
	if column == nil {
		return nil
	}
	if unit, _ := column.Owner.PeriodOf(column.Field); unit == gold.NoPeriod {
		return nil
	}
	return column
}

// ambiguous reports whether a column of the answer has the name of a field of the rows and is something else.
func ambiguous(q *query.AggregateQuery, column *query.Column) bool {
	for _, g := range q.Groups {
		if g.Name() == column.Name {
			return g.Field != column.Field.Name || !g.Join.Equal(column.Join) || !g.Whole()
		}
	}
	return slices.ContainsFunc(q.Measures, func(f query.Measure) bool { return f.Name == column.Name })
}

// sortColumns reads the sort of an answer's columns. The problem of lost columns is already reported.
func sortColumns(p *Set, fields []gold.Field, lost []string) []gold.Sort {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.Name
	}
	terms, _ := p.sort("column", "the answer", names, func(name string) bool { return len(names) == 0 || slices.Contains(lost, name) })
	return terms
}
