package param

import (
	"goldserve/gold"
	"goldserve/gold/format"
	"goldserve/gold/query"
)

// ConcentrationParameters are the parameters of a concentration besides filters.
var ConcentrationParameters = []string{"measures", "or", "and", "not", "explain", "release", "as_of", "format", "dialect"}

// Concentration reads a question for how much of a measure the largest groups by a field hold, in a format.
func (p *Set) Concentration(c *query.Catalog, v *gold.Version, f format.Format, field string) (*query.AggregateQuery, error) {
	s, column, err := p.aboutField(c, v, f, field)
	if err != nil {
		return nil, err
	}
	return finish(p, readConcentration(p, s, column), ConcentrationParameters)
}

// readConcentration takes the measure and the filters of a concentration: an aggregate by one field, the largest groups
// first.
func readConcentration(p *Set, s *query.Scope, f *query.Column) *query.AggregateQuery {
	q := &query.AggregateQuery{Scope: s, Groups: []gold.Group{{Field: f.Field.Name, As: "_group", Join: f.Join}}}
	q.Measures, _ = readMeasures(p, s)
	q.Where = predicatesOf(p.filters(s, ConcentrationParameters), query.OfRows)
	p.units(q)
	switch {
	case len(p.Problems) > 0:
		return q
	case len(q.Measures) != 1:
		p.Problem("measures", gold.CodeInvalidValue, "expected one measure, not %d", len(q.Measures))
	case q.Measures[0].Computed() || q.Measures[0].Measure.Func != gold.Sum && q.Measures[0].Measure.Func != gold.Count:
		p.Problem("measures", gold.CodeInvalidValue, "expected a sum or a count, whose parts add up, not %s", q.Measures[0].Name)
	default:
		if name := q.Measures[0].Name; name == "share" || name == "groups" || name == "part" {
			p.Problem("measures", gold.CodeInvalidValue, "two columns would be named %s: name it otherwise, as in other:%s", name, q.Measures[0].Measure)
		}
		q.Sort = []gold.Sort{{Field: q.Measures[0].Name, Desc: true}}
	}
	return q
}
