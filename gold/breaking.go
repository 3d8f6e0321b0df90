package gold

// Retyped is a field whose values people would see at another type than before: saved questions break by it.
type Retyped struct{ Field, From, To string }

// Shown returns the kinds of the fields that a version of the dataset shows in the BI database, by name.
func (d *Dataset) Shown() map[string]string {
	kinds := map[string]string{}
	for _, f := range d.Stored() {
		kinds[f.Name] = f.Kind.String()
	}
	return kinds
}

// Breaking returns the fields that would change their type where the dataset takes the place of what was shown before, in
// their order. A field that is new, or isn't there any more, breaks nothing.
func (d *Dataset) Breaking(before map[string]string) []Retyped {
	var changes []Retyped
	for _, f := range d.Stored() {
		if kind, was := before[f.Name]; was && kind != f.Kind.String() {
			changes = append(changes, Retyped{f.Name, kind, f.Kind.String()})
		}
	}
	return changes
}
