package gold

import (
	"cmp"
	"slices"
)

// FieldName returns the name that a field of the dimension has here.
func (l *Lookup) FieldName(field string) string {
	if l.Name == "" {
		return field
	}
	return l.Name + "." + field
}

// Title returns what a lookup is called: its name, or else the dimension's.
func (l *Lookup) Title() string { return cmp.Or(l.Name, l.Dataset) }

// LookedUp is a field that the rows of a dataset look up.
type LookedUp struct {
	Name  string   `json:"name"`  // that it has here
	Field string   `json:"field"` // its name in the dataset that has it
	Path  []Lookup `json:"path"`  // that lead to it, the dataset's own first
}

// LookedUp returns the fields that the rows of a dataset look up. find returns the dataset of a name, nil for none. Fields
// that no dataset has, or that are further away than MaxJoins, are left out, and masked ones.
func (d *Dataset) LookedUp(find func(dataset string) *Dataset) []LookedUp {
	var found []LookedUp
	for i := range d.Lookups {
		l := &d.Lookups[i]
		if d.Field(l.On) == nil {
			continue
		}
		for _, name := range l.Fields {
			if field, path := l.resolve(name, find, MaxJoins); path != nil {
				found = append(found, LookedUp{l.FieldName(name), field, path})
			}
		}
	}
	return found
}

// LookUp says how the rows of a dataset look up fields of these names, in the order of LookedUp and without the lists of
// fields of the paths' lookups: what rows are looked up depends on nothing else. Names that they don't look up are left out.
func (d *Dataset) LookUp(names []string, find func(dataset string) *Dataset) []LookedUp {
	found := slices.DeleteFunc(d.LookedUp(find), func(f LookedUp) bool { return !slices.Contains(names, f.Name) })
	for i := range found {
		for k := range found[i].Path {
			found[i].Path[k].Fields = nil
		}
	}
	return found
}

// resolve returns a field of a lookup by its name in the dataset that has it, and the lookups that lead to it, at most
// joins; nil where there is none.
func (l *Lookup) resolve(name string, find func(string) *Dataset, joins int) (field string, path []Lookup) {
	dimension := find(l.Dataset)
	if dimension == nil || dimension.Field(l.Key) == nil || joins == 0 {
		return "", nil
	}
	if f := dimension.Field(name); f != nil {
		if f.Mask != MaskNone {
			return "", nil
		}
		return name, []Lookup{*l}
	}
	for i := range dimension.Lookups {
		next := &dimension.Lookups[i]
		for _, theirs := range next.Fields {
			if next.FieldName(theirs) != name || dimension.Field(next.On) == nil {
				continue
			}
			if field, path := next.resolve(theirs, find, joins-1); path != nil {
				return field, append([]Lookup{*l}, path...)
			}
		}
	}
	return "", nil
}

// Join returns how rows look a field up, with the versions that find returns by their datasets.
func (l *LookedUp) Join(find func(dataset string) *Version) *Join {
	var join *Join
	for i := len(l.Path) - 1; i >= 0; i-- {
		p := &l.Path[i]
		join = &Join{Version: find(p.Dataset), On: p.On, Key: p.Key, Next: join}
	}
	return join
}
