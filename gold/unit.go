package gold

import "slices"

// UnitText says what values are amounts of: the unit, or the field that holds it; "" for none.
func (d *Doc) UnitText() string {
	if d.UnitField != "" {
		return "as in " + d.UnitField
	}
	return d.Unit
}

// MixedUnits returns the field that holds the units of a measure's values, where they are of several: where no group, no
// condition of the question, and none of the measure leaves a single unit. Such values can't be added or compared. Counts
// have no unit.
func (d *Dataset) MixedUnits(m Measure, groups []Group, where []Predicate) string {
	f := d.Measured(m.Field)
	if f == nil || f.Doc.UnitField == "" || m.Func == Count || m.Func == CountDistinct {
		return ""
	}
	name := f.Doc.UnitField
	own := m.ownCondition(d.Fields)
	grouped := slices.ContainsFunc(groups, func(g Group) bool { return g.Field == name && g.Join == nil && len(g.Bins) == 0 })
	if grouped || singleValue(own, name) != "" || singleValue(where, name) != "" {
		return ""
	}
	return name
}

// singleValue returns the one text that a condition leaves a field; "" for none.
func singleValue(where []Predicate, field string) string {
	for _, p := range where {
		if p.Any == nil && p.Field == field && p.Join == nil && (p.Op == Eq || p.Op == In) && len(p.Values) == 1 {
			return p.Values[0].Text()
		}
	}
	return ""
}

// MeasuredUnit returns the unit of a measure's values, or the field that holds it.
func (d *Dataset) MeasuredUnit(m Measure) (unit, field string) {
	f := d.Measured(m.Field)
	if f == nil || f.Doc.UnitField == "" {
		if f != nil {
			unit = f.Doc.Unit
		}
		return unit, ""
	}
	own := m.ownCondition(d.Fields)
	if unit = singleValue(own, f.Doc.UnitField); unit != "" {
		return unit, ""
	}
	return "", f.Doc.UnitField
}

// UnitChange is a field or metric whose unit changed, from euros to pounds for instance. The rows may be the same.
type UnitChange struct {
	Name string `json:"name"`
	From string `json:"from"` // "": none
	To   string `json:"to"`   // "": none
}

// UnitChanges returns the fields and metrics of both contracts that have different units.
func (d *Dataset) UnitChanges(before *Dataset) []UnitChange {
	var changes []UnitChange
	add := func(name string, from, to *Doc) {
		if before, now := from.UnitText(), to.UnitText(); before != now {
			changes = append(changes, UnitChange{name, before, now})
		}
	}
	for i := range d.Fields {
		if f := before.Field(d.Fields[i].Name); f != nil {
			add(f.Name, &f.Doc, &d.Fields[i].Doc)
		}
	}
	for i := range d.Metrics {
		if m := before.Metric(d.Metrics[i].Name); m != nil {
			add(m.Name, &m.Doc, &d.Metrics[i].Doc)
		}
	}
	return changes
}

// Differs reports whether a version may show other figures than an earlier one, nil for none: other rows, or the same
// rows in other units.
func (v *Version) Differs(before *Version) bool {
	return before == nil || before.ID != v.ID || len(v.Dataset.UnitChanges(&before.Dataset)) > 0
}
