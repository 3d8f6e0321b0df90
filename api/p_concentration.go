package api

import "goldserve/gold"

var concentrationParameters = []string{"measures", "release", "as_of", "format", "dialect"}

// readConcentration takes the one measure and the filters of a concentration: an aggregate by one field, those groups
// first that have most.
func readConcentration(p *params, sc *scope, f *reach) *aggregateQuery {
	q := &aggregateQuery{scope: sc, groups: []gold.Group{{Field: f.name, As: "_group", Via: f.via}}}
	q.figures, _ = readFigures(p, sc)
	q.where = predicatesOf(p.filters(sc, concentrationParameters), ofRows)
	switch {
	case len(p.problems) > 0:
		return q
	case len(q.figures) != 1:
		p.problem("measures", problemInvalidValue, "expected one measure, not %d", len(q.figures))
	case q.figures[0].ratio() || q.figures[0].measure.Func != gold.Sum && q.figures[0].measure.Func != gold.Count:
		p.problem("measures", problemInvalidValue, "expected a sum or a count, whose parts add up, not %s", q.figures[0].name)
	default:
		if name := q.figures[0].name; name == "share" || name == "groups" || name == "part" {
			p.problem("measures", problemInvalidValue, "two columns would be named %s: name it otherwise, as in other:%s", name, q.figures[0].measure)
		}
		q.sort = []gold.Sort{{Field: q.figures[0].name, Desc: true}}
	}
	return q
}
