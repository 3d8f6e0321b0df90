package lake

import (
	"cmp"
	"slices"
	"strings"

	"goldserve/gold/lake/content"
)

// Coerced tells of a field whose values did not all fit its cast: those that became null.
type Coerced struct {
	Field string
	content.Coerced
}

// coerced puts together what the readers counted, by field. The examples are the first ones of the table, whichever worker
// met them: each knows the first ones of its own row groups, which it reads in the table's order.
func (t *Table) coerced(readers []reader) []Coerced {
	of := map[string]content.Coerced{}
	for _, r := range readers {
		for field, c := range r.Coerced() {
			all := of[field]
			all.Rows += c.Rows
			all.Examples = append(all.Examples, c.Examples...)
			of[field] = all
		}
	}
	before := map[string]int64{}
	for _, f := range t.files {
		before[f.name()] = f.before
	}
	var list []Coerced
	for field, c := range of {
		slices.SortFunc(c.Examples, func(a, b content.CoercedExample) int {
			return cmp.Compare(before[a.File]+a.Row, before[b.File]+b.Row)
		})
		c.Examples = c.Examples[:min(len(c.Examples), content.MostCoerced)]
		list = append(list, Coerced{Field: field, Coerced: c})
	}
	slices.SortFunc(list, func(a, b Coerced) int { return strings.Compare(a.Field, b.Field) })
	return list
}

// Lenient returns the names of the fields whose casts make null what doesn't fit: see Report.
func (t *Table) Lenient() []string {
	var names []string
	for _, f := range t.present.Fields {
		if f.Cast != nil && f.Cast.Lenient {
			names = append(names, f.Name)
		}
	}
	return names
}
