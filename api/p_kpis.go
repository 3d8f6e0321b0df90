package api

import (
	"fmt"
	"slices"
	"strings"
)

var kpiParameters = []string{"compare", "describe", "release", "as_of", "format"}

// readKPIQuery takes the parameters of key figures.
func readKPIQuery(p *params, c *releaseCatalog) *kpiQuery {
	q := &kpiQuery{catalog: c, kpis: c.keyFigures(), compare: p.word("compare", "previous", "year")}
	filters := p.kpiFilters(q.kpis)
	q.comparison = p.kpiComparison(c, q.kpis, filters, q.compare)
	return q
}

// kpiFilters gives each filter to the metrics whose dataset can take it, and returns those of each. A filter that none can take is a problem.
func (p *params) kpiFilters(kpis []kpi) (byKPI [][]filter) {
	byKPI = make([][]filter, len(kpis))
	for left := range p.rest {
		name, _, has := strings.Cut(left.name, "__")
		known, taken := false, false
		var first *params // the problems of the first dataset that has the field and can't take the filter
		for i := range kpis {
			k := &kpis[i]
			if k.version == nil || k.metric.Unfiltered {
				continue
			}
			if k.scope.find(name) == nil || !has && slices.Contains(parameterNames, name) {
				k.refuse(fmt.Sprintf("%s has no field %s", k.version.Dataset.Name, name))
				continue
			}
			known = true
			own := &params{}
			own.add(left)
			filters := own.filters(k.scope, nil)
			k.where, byKPI[i] = append(k.where, predicatesOf(filters, ofRows)...), append(byKPI[i], filters...)
			if err := published(lenders(predicatesOf(filters, ofRows))...); err != nil {
				k.refuse(err.Error())
			}
			switch {
			case len(own.problems) == 0:
				taken = true
			case first == nil:
				first = own
				fallthrough
			default:
				k.refuse(own.problems[0].Detail)
			}
		}
		switch {
		case !known:
			p.unknown(left.name, "field or parameter", append(slices.Clone(kpiParameters), kpiFilterNames(kpis)...))
		case !taken && first != nil:
			p.problems = append(p.problems, first.problems...)
		}
	}
	return byKPI
}

// kpiFilterNames returns the parameters that filter key figures.
func kpiFilterNames(kpis []kpi) []string {
	var names []string
	for _, k := range kpis {
		if k.version == nil {
			continue
		}
		for _, name := range filterNames(k.scope) {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// kpiComparison resolves compare=, nil for none.
func (p *params) kpiComparison(c *releaseCatalog, kpis []kpi, byKPI [][]filter, compare string) *kpiComparison {
	if compare == "" {
		return nil
	}
	for i := range kpis {
		k := &kpis[i]
		if k.version == nil || k.metric.Unfiltered {
			continue
		}
		if line := c.axis(k.version); line != nil {
			compared := &kpiComparison{compare: compare, line: line}
			compared.asked, compared.rest = p.split(line, byKPI[i])
			return compared
		}
	}
	p.problem("compare", problemInvalidValue, "compare needs a time, and none of the figures has one (the model's asOf names no field of theirs): leave compare out")
	return nil
}
