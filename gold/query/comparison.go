package query

import "goldserve/gold"

// Comparison is how an answer is compared with an earlier time. Of an aggregate: each period of a time group with the one
// before, the latest before that has rows, or that of a year before; without a time group the span of the filters with the one before or that of a year
// before. Of key figures: those of the dataset that the model's asOf names, over the span of the filters or the last
// complete month, with the span before or that of a year before.
type Comparison struct {
	Compare string
	Present bool // with the latest period before that has rows, instead of the one before
	Line    *Timeline
	Group   int // the time group; -1: there is none
	unit    gold.PeriodUnit
	Asked   Asked
	Rest    []gold.Predicate // the filters that are not by time
}

// Compared are the two spans of a comparison.
type Compared struct{ Now, Before Span }

// line returns the timeline of a field of the rows, which may be looked up.
func (s *Scope) line(name string, join *gold.Join) *Timeline {
	if axis := s.Catalog.Axis(s.Version); axis != nil && axis.Is(name, join) {
		return axis
	}
	line := &Timeline{catalog: s.Catalog, Field: s.Of(name, join).Field, owner: s.Version, join: join}
	if join != nil {
		line.owner = join.Last()
	}
	return line
}

// TimeGroups returns the groups that are periods of time.
func (q *AggregateQuery) TimeGroups() []*Comparison {
	s := q.Scope
	axis := s.Catalog.Axis(s.Version)
	var found []*Comparison
	for i, g := range q.Groups {
		c := s.Of(g.Field, g.Join)
		if g.Grain != gold.GrainNone {
			found = append(found, &Comparison{Group: i, unit: g.Grain.Unit(), Line: s.line(g.Field, g.Join)})
			continue
		}
		if axis != nil && g.Whole() {
			if unit := axis.Unit(c.Field, g.Join); unit != gold.NoPeriod {
				found = append(found, &Comparison{Group: i, unit: unit, Line: axis})
			}
		}
	}
	return found
}
