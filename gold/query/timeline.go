package query

import (
	"goldserve/gold"
)

// Timeline is a Date or Time field by which rows lie in time. In the dataset that a model's asOf names, texts whose
// format is one of periods are the periods of that field.
type Timeline struct {
	catalog *Catalog
	Field   *gold.Field
	owner   *gold.Version
	join    *gold.Join // nil: the rows' own
	main    bool       // it is the field that says as of when a release is
}

// Axis returns the timeline of a version: the field that the model's asOf names; nil where that is of another dataset.
func (c *Catalog) Axis(v *gold.Version) *Timeline {
	ref := c.Contracts.AsOf
	if ref.Dataset != v.Dataset.Name {
		return nil
	}
	f := v.Dataset.Field(ref.Field)
	if f == nil || f.Kind != gold.Date && f.Kind != gold.Time {
		return nil
	}
	return &Timeline{catalog: c, Field: f, owner: v, main: true}
}

// Is reports whether a field that rows have, or look up, is the timeline's.
func (l *Timeline) Is(name string, join *gold.Join) bool {
	return l.Field.Name == name && l.join.Equal(join)
}

// Unit returns the periods of the timeline that a text field holds, NoPeriod for any other.
func (l *Timeline) Unit(f *gold.Field, join *gold.Join) gold.PeriodUnit {
	if !l.main || join != nil || f.Kind != gold.Text || gold.PeriodFormat(f.Doc.Format) == gold.NoPeriod {
		return gold.NoPeriod
	}
	unit, _ := l.owner.Dataset.PeriodOf(f)
	return unit
}

func (l *Timeline) clock() clock { return clockOf(l.catalog.Calendar) }

// where returns the predicates that a span makes of the timeline.
func (l *Timeline) where(s Span) []gold.Predicate {
	first, last := gold.NewTime(s.First), gold.NewTime(s.Last)
	if l.Field.Kind == gold.Date {
		zone := l.clock().zone
		first, last = gold.NewDate(zone.DayOf(s.First)), gold.NewDate(zone.DayOf(s.Last))
	}
	return []gold.Predicate{
		{Field: l.Field.Name, Op: gold.Gte, Values: []gold.Value{first}, Join: l.join},
		{Field: l.Field.Name, Op: gold.Lte, Values: []gold.Value{last}, Join: l.join},
	}
}
