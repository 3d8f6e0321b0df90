package query

import (
	"goldserve/gold"
	"goldserve/gold/measure"
)

// derived is a version whose rows are all groups of another's.
type derived struct{ from, version *gold.Version }

// rewrite returns an aggregation of the groups that has the columns of one of their source's rows, to the precision
// that the contract declares, or why the groups are too coarse for it, and for which of its parts.
func (d *derived) rewrite(a gold.Aggregation) (again gold.Aggregation, why Reason, about string) {
	again = a
	again.Version = d.version
	again.Group = make([]gold.Group, len(a.Group))
	again.Measures = make([]gold.Measure, len(a.Measures))
	var ok bool
	again.Where, ok = gold.ReplaceComparisons(a.Where, func(p gold.Predicate) (gold.Predicate, bool) {
		about = own(p.Field, p.Join)
		p, why = d.comparison(p)
		return p, why == Applied
	})
	if !ok {
		return again, why, about
	}
	for i, g := range a.Group {
		if again.Group[i], why = d.group(g); why != Applied {
			return again, why, own(groupText(g), g.Join)
		}
	}
	for i, m := range a.Measures {
		if again.Measures[i], why = d.measure(m); why != Applied {
			return again, why, m.String()
		}
	}
	fields := again.OutFields()
	for i, f := range a.OutFields() { // as many: one for each group and measure
		g := fields[i]
		if f.Name != g.Name || f.Kind != g.Kind || f.Scale != g.Scale || f.MultipleOf != g.MultipleOf || f.Single != g.Single {
			return again, ColumnsDiffer, f.Name
		}
	}
	return again, Applied, ""
}

// groupText writes a group as a question names it: "le.day".
func groupText(g gold.Group) string {
	if g.Grain == gold.GrainNone {
		return g.Field
	}
	return g.Field + "." + g.Grain.String()
}

// own returns the field of the dataset itself that a part of a question needs: of a lookup, the one whose value is looked up.
func own(field string, join *gold.Join) string {
	if join != nil {
		return join.On
	}
	return field
}

// orElse returns Applied if a rewrite worked, else the reason.
func orElse(ok bool, why Reason) Reason {
	if ok {
		return Applied
	}
	return why
}

// column returns the name of the column that holds a field of the source, own or looked-up, as it is.
func (d *derived) column(field string, join *gold.Join) (string, bool) {
	for _, g := range d.version.Dataset.Derive.Group.By {
		if g.Whole() && d.groups(g, field, join) {
			return g.Name(), true
		}
	}
	return "", false
}

// groups reports whether a term of the groups is of a field of the source that is its own or, if join isn't nil, looked up
// so. All versions are of one release, so the groups have looked up in the same.
func (d *derived) groups(by gold.Group, field string, join *gold.Join) bool {
	for _, f := range d.version.Dataset.Derive.Group.Lookups {
		if f.Name == by.Field {
			return f.Field == field && join.Follows(f.Path)
		}
	}
	return join == nil && by.Field == field
}

// join returns how the groups look up what their source's rows do.
func (d *derived) join(join *gold.Join) (*gold.Join, bool) {
	on, ok := d.column(join.On, nil)
	return join.By(on), ok
}

func (d *derived) comparison(p gold.Predicate) (gold.Predicate, Reason) {
	if name, ok := d.column(p.Field, p.Join); ok {
		p.Field, p.Join = name, nil
		return p, Applied
	}
	why := FilterMissing
	if p.Join != nil {
		if join, ok := d.join(p.Join); ok {
			p.Join = join
			return p, Applied
		}
		why = LookupMissing
	}
	for _, g := range d.version.Dataset.Derive.Group.By {
		if g.Grain != gold.GrainNone && d.groups(g, p.Field, p.Join) {
			if cut, ok := periods(p, d.from.FieldOf(p.Field, p.Join).Kind, g); ok {
				return cut, Applied
			}
			why = FilterCutsPeriod
		}
	}
	return p, why
}

// periods returns a predicate on the texts of a group's periods that holds for the same rows as one on their time,
// where no period is cut in two.
func periods(p gold.Predicate, k gold.Kind, g gold.Group) (gold.Predicate, bool) {
	if p.Op == gold.IsNull || p.Op == gold.NotNull {
		return gold.Predicate{Field: g.Name(), Op: p.Op}, true
	}
	var first int64 // value after the bound
	switch p.Op {
	case gold.Gte, gold.Lt:
		first = p.Values[0].Int()
	case gold.Gt, gold.Lte:
		first = p.Values[0].Int() + 1
	default:
		return p, false
	}
	last := int64(gold.MaxDate)
	if k == gold.Time {
		last = gold.MaxTime
	}
	if first > last {
		return p, false // the texts of periods end with the year 9999
	}
	cut := measure.PeriodsOf(k, g)
	key := cut.Key(first)
	start := key
	if k == gold.Time && cut.ByDay() {
		start = cut.Zone().Start(key)
	}
	if start != first {
		return p, false
	}
	op := gold.Gte
	if p.Op == gold.Lt || p.Op == gold.Lte {
		op = gold.Lt
	}
	return gold.Predicate{Field: g.Name(), Op: op, Values: []gold.Value{cut.Value(key)}}, true
}

func (d *derived) group(g gold.Group) (gold.Group, Reason) {
	name := g.Name()
	if g.Age != nil {
		return g, GroupMissing
	}
	for _, by := range d.version.Dataset.Derive.Group.By {
		if g.Grain != gold.GrainNone && by.Grain == g.Grain && by.Calendar == g.Calendar && d.groups(by, g.Field, g.Join) {
			return gold.Group{Field: by.Name(), As: name}, Applied
		}
	}
	g.As = name
	if column, ok := d.column(g.Field, g.Join); ok {
		g.Field, g.Join = column, nil
		return g, Applied
	}
	if g.Join != nil {
		join, ok := d.join(g.Join)
		g.Join = join
		return g, orElse(ok, LookupMissing)
	}
	return g, GroupMissing
}

func (d *derived) measure(m gold.Measure) (gold.Measure, Reason) {
	again := gold.Measure{Func: m.Func, As: m.Name()}
	if m.Join != nil {
		// What a group's rows look up is one value: enough where it doesn't count how often.
		if m.Func != gold.CountDistinct && m.Func != gold.Min && m.Func != gold.Max || m.Where != "" {
			return m, MeasureMissing
		}
		var ok bool
		if again.Field, ok = d.column(m.Field, m.Join); ok {
			return again, Applied
		}
		again.Field = m.Field
		again.Join, ok = d.join(m.Join)
		return again, orElse(ok, MeasureMissing)
	}
	column, measured := d.measured(m)
	if m.Where != "" && !measured {
		if !d.tells(m) {
			return m, MeasureMissing
		}
		again.Where = m.Where
		column, measured = d.measured(gold.Measure{Func: m.Func, Field: m.Field})
	}
	switch m.Func {
	case gold.CountDistinct:
		if again.Field, measured = d.column(m.Field, nil); again.Where != m.Where {
			return m, MeasureMissing // a count of the groups isn't one of their rows
		}
		return again, orElse(measured, MeasureMissing)
	case gold.Sum:
		// Sums of parts that were rounded are those of the values only to the precision that the contract shows them with.
		if f := d.from.Dataset.Field(m.Field); f.Kind == gold.Double && f.MultipleOf == 0 {
			return m, MeasureRounded
		}
	case gold.Count:
		again.Func = gold.Sum
	case gold.Min, gold.Max:
		if name, ok := d.column(m.Field, nil); ok && again.Where == m.Where {
			column, measured = name, true
		}
	default:
		return m, MeasureMissing
	}
	again.Field = column
	return again, orElse(measured, MeasureMissing)
}

// measured returns the name of the column that holds a measure of the source's rows.
func (d *derived) measured(m gold.Measure) (string, bool) {
	for _, have := range d.version.Dataset.Derive.Group.Measures {
		if have.Func == m.Func && have.Field == m.Field && have.Where == m.Where {
			return have.Name(), true
		}
	}
	return "", false
}

// tells reports whether a measure's condition holds for all rows of a group or for none: it compares fields that the groups
// have as they are, under the same names.
func (d *derived) tells(m gold.Measure) bool {
	for _, p := range m.Comparisons() {
		if name, ok := d.column(p.Field, nil); !ok || name != p.Field {
			return false
		}
	}
	_, err := m.Condition(d.version.Dataset.Fields)
	return err == nil
}
