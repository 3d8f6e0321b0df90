package gold

import (
	"fmt"
	"slices"
)

// Retyped is a field whose type changes in the BI database, which breaks saved questions.
type Retyped struct{ Field, From, To string }

// Shown returns the kinds of the fields that the dataset has in the BI database, by name.
func (d *Dataset) Shown() map[string]string {
	kinds := map[string]string{}
	for _, f := range slices.Concat(d.Fields, d.BIFields()) {
		kinds[f.Name] = f.shown()
	}
	return kinds
}

// shown returns the type that a field has in the BI database: decimals are numbers there as far as its numbers reach.
func (f *Field) shown() string {
	switch {
	case f.Kind != WideDecimal:
		return f.Kind.String()
	case f.Precision > Decimal128Digits:
		return fmt.Sprintf("decimal of more than %d digits", Decimal128Digits)
	default:
		return fmt.Sprintf("decimal of more than %d digits", NarrowDigits)
	}
}

// Breaking returns the fields, in their order, whose type differs from what the BI database showed before. New and
// removed fields break nothing.
func (d *Dataset) Breaking(before map[string]string) []Retyped {
	var changes []Retyped
	for _, f := range slices.Concat(d.Fields, d.BIFields()) {
		if kind, was := before[f.Name]; was && kind != f.shown() {
			changes = append(changes, Retyped{f.Name, kind, f.shown()})
		}
	}
	return changes
}
