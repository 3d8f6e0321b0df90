package infer

import (
	"slices"
	"strings"

	"goldserve/gold"
)

// What a contract that is written now says of other datasets: some have contracts that a person may have changed.

// refersTo reports whether a contract that is written now may refer to a field.
func refersTo(d *Dataset, f *Field) bool {
	return d.missing == "" && (d.written == nil || d.written.has(d, f))
}

// writtenRelations returns the relations to datasets that have, or get, a contract with the key.
func (d *Dataset) writtenRelations() []Relation {
	return slices.DeleteFunc(slices.Clone(d.Relations), func(r Relation) bool { return !refersTo(r.To, r.To.Key[0]) })
}

// lookup is what a dataset looks up in one that it refers to.
type lookup struct {
	to     *Dataset
	fields []string
}

// mostLookedUp is how many values a text has at most that is looked up.
const mostLookedUp = 1000

// lookups returns what a dataset looks up: fields to group and filter by that it does not have.
func (d *Dataset) lookups() []lookup {
	var found []lookup
	taken := map[string]bool{}
	for _, f := range d.Fields {
		taken[strings.ToLower(f.Name)] = true
	}
	for _, r := range d.writtenRelations() {
		// Which of two relations to look up by, and which fields of a contract that is there can be filtered, is a person's choice.
		twice := slices.ContainsFunc(d.Relations, func(o Relation) bool { return o.To == r.To && o.Field != r.Field })
		if twice || r.To.written != nil {
			continue
		}
		l := lookup{to: r.To}
		known := d.before.guessed(nil) && d.before.relations[r.Field.Name] == r.To.Name
		for _, f := range r.To.Fields {
			looked := f.isDimension()
			if known && r.To.before.guessed(f) {
				looked = !f.PII && slices.Contains(d.before.lookup(r.To.Name), f.Name)
			}
			if lower := strings.ToLower(f.Name); looked && !taken[lower] {
				taken[lower], l.fields = true, append(l.fields, f.Name)
			}
		}
		if len(l.fields) > 0 {
			found = append(found, l)
		}
	}
	return found
}

// isDimension reports whether other datasets may group by a field.
func (f *Field) isDimension() bool {
	groups := f.Kind == gold.Bool || f.Kind == gold.Text && f.profile.distinctCount <= mostLookedUp || f.Kind.Temporal()
	return groups && !f.PII && !f.document && f.profile.distinctCount > 1.5
}

// writtenRollup reports whether the contract of the dataset's origin has all that the rollup names.
func (m *Model) writtenRollup(d *Dataset) bool {
	if d.Rollup == nil {
		return false
	}
	origin := m.Datasets[slices.IndexFunc(m.Datasets, func(o *Dataset) bool { return o.Name == d.Rollup.Of })]
	named := func(field string) bool {
		if f := origin.Field(field); f != nil {
			return refersTo(origin, f)
		}
		return field == "" || origin.written == nil && slices.ContainsFunc(origin.lookups(), func(l lookup) bool {
			return l.to == d.joined[field] && slices.Contains(l.fields, field)
		})
	}
	return origin.missing == "" && !slices.ContainsFunc(d.Rollup.Group, func(g gold.Group) bool { return !named(g.Field) }) &&
		!slices.ContainsFunc(d.Rollup.Measures, func(m gold.Measure) bool { return !named(m.Field) })
}
