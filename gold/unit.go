package gold

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
		if from.Unit != to.Unit {
			changes = append(changes, UnitChange{name, from.Unit, to.Unit})
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
