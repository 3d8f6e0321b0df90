package query

import "goldserve/gold"

// Comparison is how an answer is compared with an earlier time. Of an aggregate: each period of a time group with the one
// before or that of a year before; without a time group the span of the filters with the one before or that of a year
// before. Of key figures: those of the dataset that the model's asOf names, over the span of the filters or the last
// complete month, with the span before or that of a year before.
type Comparison struct {
	Compare string
	Line    *Timeline
	Group   int // the time group; -1: there is none
	unit    gold.PeriodUnit
	Asked   Asked
	Rest    []gold.Predicate // the filters that are not by time
}

// Compared are the two spans of a comparison.
type Compared struct{ Now, Before Span }

// TimeGroups returns the groups that are periods of time.
func (q *AggregateQuery) TimeGroups() []*Comparison {
	s := q.Scope
	axis := s.Catalog.Axis(s.Version)
	var found []*Comparison
	for i, g := range q.Groups {
		c := s.Of(g.Field, g.Join)
		if g.Grain != gold.GrainNone {
			line := &Timeline{catalog: s.Catalog, Field: c.Field, owner: s.Version, join: g.Join}
			if g.Join != nil {
				line.owner = g.Join.Last()
			}
			if axis != nil && axis.Is(g.Field, g.Join) {
				line = axis
			}
			found = append(found, &Comparison{Group: i, unit: g.Grain.Unit(), Line: line})
			continue
		}
		if axis != nil && len(g.Bins) == 0 {
			if unit := axis.Unit(c.Field, g.Join); unit != gold.NoPeriod {
				found = append(found, &Comparison{Group: i, unit: unit, Line: axis})
			}
		}
	}
	return found
}
