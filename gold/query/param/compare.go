package param

import (
	"slices"

	"goldserve/gold"
	"goldserve/gold/query"
)

// comparison resolves compare= of an aggregate with filters by rows.
func (p *Set) comparison(q *query.AggregateQuery, filters []filter) {
	found := q.TimeGroups()
	p.previous(q, len(found) > 0)
	if q.Compare == "" {
		return
	}
	switch {
	case len(found) > 1:
		p.Problem("compare", gold.CodeInvalidValue, "compare takes one group by time, not %d", len(found))
		return
	case len(found) == 1:
		q.Comparison = found[0]
	default:
		q.Comparison = &query.Comparison{Group: -1, Line: q.Scope.Catalog.Axis(q.Scope.Version)}
	}
	compared, before := q.Comparison, len(p.Problems)
	compared.Compare, compared.Present = q.Compare, q.Previous == query.PreviousPresent && compared.Group >= 0
	if compared.Line != nil {
		compared.Asked, compared.Rest = p.split(compared.Line, filters)
	}
	switch {
	case len(p.Problems) > before:
	case compared.Line == nil:
		p.Problem("compare", gold.CodeInvalidValue, "compare needs a time: group by a date's grain, such as field.month")
	case compared.Group < 0 && !compared.Asked.Given():
		p.Problem("compare", gold.CodeInvalidValue, "compare needs a time: group by %s.month, or filter %s", compared.Line.Field.Name, compared.Line.Field.Name)
	}
}

// previous reports a previous= that has nothing to choose.
func (p *Set) previous(q *query.AggregateQuery, periods bool) {
	refused := q.Compare == "" && slices.ContainsFunc(p.Pairs, func(pair Pair) bool { return pair.Name == "compare" })
	switch {
	case q.Previous == "" || refused:
	case q.Compare != "previous":
		p.Problem("previous", gold.CodeInvalidValue, "previous says which period compare=previous compares with: ask for compare=previous, or leave previous out")
	case !periods:
		p.Problem("previous", gold.CodeInvalidValue, "previous chooses among periods: group by a time, such as field.month, or leave previous out")
	}
}

// split combines the filters on the timeline into the span that they ask for; rest are the other filters. A filter that
// doesn't ask for a single span is a problem.
func (p *Set) split(l *query.Timeline, filters []filter) (a query.Asked, rest []gold.Predicate) {
	a = query.AllTime()
	for _, f := range filters {
		if !slices.ContainsFunc(f.columns, func(c *query.Column) bool {
			return l.Is(c.Field.Name, c.Join) || l.Unit(c.Field, c.Join) != gold.NoPeriod
		}) {
			rest = append(rest, f.where...)
			continue
		}
		if !a.Narrow(f.op, f.time) {
			p.Problem(f.parameter, gold.CodeInvalidValue, "compare needs one span of time: use eq, gte, gt, lte or lt")
		}
	}
	if a.First > a.Last {
		p.Problem("compare", gold.CodeInvalidValue, "the filters by time leave no time to compare")
	}
	return a, rest
}
