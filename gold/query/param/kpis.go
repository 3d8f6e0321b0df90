package param

import (
	"fmt"
	"slices"
	"strings"

	"goldserve/gold"
	"goldserve/gold/format"
	"goldserve/gold/query"
)

// KPIParameters are the parameters of key figures besides filters.
var KPIParameters = []string{"compare", "or", "and", "not", "describe", "explain", "release", "as_of", "format"}

// KPIs reads a question for the key figures of a release.
func (p *Set) KPIs(c *query.Catalog) (*query.KPIQuery, error) {
	if len(c.KPIs) == 0 {
		return nil, gold.Errorf(gold.NotFound, gold.CodeUnknownDataset, "%s has no key figures", c.Title())
	}
	p.readExplain(format.JSON)
	q := &query.KPIQuery{
		Catalog: c, KPIs: c.KeyFigures(),
		Compare: p.word("compare", "previous", "year"), Describe: p.flag("describe"),
	}
	filters := p.kpiFilters(q.KPIs)
	for i := range q.KPIs {
		if k := &q.KPIs[i]; k.Version != nil {
			if m, field := k.MixedUnits(); field != "" {
				k.Refuse(mixedUnits(m, field))
			}
		}
	}
	q.Comparison = p.kpiComparison(c, q.KPIs, filters, q.Compare)
	return finish(p, q, append(slices.Clone(KPIParameters), KPIFilterNames(q.KPIs)...))
}

// kpiFilters gives each filter to the key figures whose dataset can take it, and returns the filters of each. A filter
// that none can take is a problem.
func (p *Set) kpiFilters(kpis []query.KPI) (byKPI [][]filter) {
	byKPI = make([][]filter, len(kpis))
	for left := range p.rest {
		names, ok := p.fieldsOf(left)
		if !ok {
			continue
		}
		known, taken := false, false
		var first *Set // the problems of the first dataset that has the field and can't take the filter
		for i := range kpis {
			k := &kpis[i]
			if k.Version == nil || k.Metric.Unfiltered {
				continue
			}
			if lost := slices.IndexFunc(names, func(name string) bool { return k.Scope.Find(name) == nil }); lost >= 0 {
				k.Refuse(fmt.Sprintf("%s has no field %s", k.Version.Dataset.Name, names[lost]))
				continue
			}
			known = true
			own := &Set{}
			own.add(left)
			filters := own.filters(k.Scope, nil)
			k.Where, byKPI[i] = append(k.Where, predicatesOf(filters, query.OfRows)...), append(byKPI[i], filters...)
			if err := query.Published(query.LookedUp(predicatesOf(filters, query.OfRows))...); err != nil {
				k.Refuse(err.Error())
			}
			switch {
			case len(own.Problems) == 0:
				taken = true
			case first == nil:
				first = own
				fallthrough
			default:
				k.Refuse(own.Problems[0].Detail)
			}
		}
		switch {
		case !known && slices.Contains(Connectives, left.Name):
			p.noFigure(left.Name, names, kpis)
		case !known:
			p.unknown(left.Name, "field or parameter", append(slices.Clone(KPIParameters), KPIFilterNames(kpis)...))
		case !taken && first != nil:
			p.Problems = append(p.Problems, first.Problems...)
		}
	}
	return byKPI
}

// fieldsOf returns the fields that a filter compares. A bare name that is a parameter's is no field's.
func (p *Set) fieldsOf(given Pair) (names []string, ok bool) {
	if !slices.Contains(Connectives, given.Name) {
		name, _, has := strings.Cut(given.Name, "__")
		if !has && slices.Contains(ParameterNames, name) {
			name = "" // which no field has
		}
		return []string{name}, true
	}
	n, ok := p.node(given)
	for _, pair := range n.pairs(nil) {
		name, _, _ := strings.Cut(pair.Name, "__")
		names = append(names, name)
	}
	return names, ok
}

// noFigure adds the problem of conditions by fields of which no figure's dataset has all.
func (p *Set) noFigure(parameter string, fields []string, kpis []query.KPI) {
	known := KPIFilterNames(kpis)
	for _, name := range fields {
		if !slices.ContainsFunc(kpis, func(k query.KPI) bool { return k.Version != nil && k.Scope.Find(name) != nil }) {
			p.suggest(parameter, gold.CodeUnknownParameter, gold.Nearest(name, known), "no field %s", name)
			return
		}
	}
	p.Problem(parameter, gold.CodeNotFilterable, "no figure is of rows that have all of %s", query.List(fields))
}

// KPIFilterNames returns the parameters that filter key figures.
func KPIFilterNames(kpis []query.KPI) []string {
	var names []string
	for _, k := range kpis {
		if k.Version == nil {
			continue
		}
		for _, name := range FilterNames(k.Scope) {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// kpiComparison resolves compare=; nil: there is none.
func (p *Set) kpiComparison(c *query.Catalog, kpis []query.KPI, byKPI [][]filter, compare string) *query.Comparison {
	if compare == "" {
		return nil
	}
	for i := range kpis {
		k := &kpis[i]
		if k.Version == nil || k.Metric.Unfiltered {
			continue
		}
		if line := c.Axis(k.Version); line != nil {
			compared := &query.Comparison{Compare: compare, Line: line, Group: -1}
			compared.Asked, compared.Rest = p.split(line, byKPI[i])
			return compared
		}
	}
	p.Problem("compare", gold.CodeInvalidValue, "compare needs a time, and none of the figures has one (the model's asOf names no field of theirs): leave compare out")
	return nil
}
