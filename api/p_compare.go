package api

import "goldserve/gold"

// comparison resolves compare= of an aggregate with filters by rows.
func (p *params) comparison(q *aggregateQuery, filters []filter) {
	if q.compare == "" {
		return
	}
	found := q.timeGroups()
	switch {
	case len(found) > 1:
		p.problem("compare", problemInvalidValue, "compare takes one group by time, not %d", len(found))
		return
	case len(found) == 1:
		q.comparison = found[0]
	default:
		q.comparison = &comparison{group: -1, line: q.scope.catalog.axis(q.scope.version)}
	}
	compared, before := q.comparison, len(p.problems)
	compared.compare = q.compare
	if compared.line != nil {
		compared.asked, compared.rest = p.split(compared.line, filters)
	}
	switch {
	case len(p.problems) > before:
	case compared.line == nil:
		p.problem("compare", problemInvalidValue, "compare needs a time: group by a date's grain, such as field.month")
	case compared.group < 0 && !compared.asked.given():
		p.problem("compare", problemInvalidValue, "compare needs a time: group by %s.month, or filter %s", compared.line.field.Name, compared.line.field.Name)
	}
}

// split reads the filters that are on the timeline: the span that they ask for together. The other filters are rest.
// A filter that asks for no one span is a problem.
func (p *params) split(l *timeline, filters []filter) (a asked, rest []gold.Predicate) {
	a = asked{span{gold.MinTime, gold.MaxTime}, true, true}
	for _, f := range filters {
		if !l.is(f.reach.name, f.reach.via) && l.unit(f.reach.field, f.reach.via) == gold.NoPeriod {
			rest = append(rest, f.where...)
			continue
		}
		if !a.narrow(f.op, f.time) {
			p.problem(f.parameter, problemInvalidValue, "compare needs one span of time: use eq, gte, gt, lte or lt")
		}
	}
	if a.first > a.last {
		p.problem("compare", problemInvalidValue, "the filters by time leave no time to compare")
	}
	return a, rest
}
