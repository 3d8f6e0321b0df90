package contract

import (
	"slices"

	"goldserve/gold"
	"goldserve/gold/yaml"
)

// linkLookups compiles lookup: fields of a dimension, over the one relationship to it.
func (l *linker) linkLookups(d *draft) {
	if d.lookup == nil {
		return
	}
	found := map[string]string{}
	for _, e := range d.Pairs(d.lookup, "lookup") {
		other := l.findName(d.File, e.Key, "lookup", e.Key.Text)
		if other == nil {
			continue
		}
		lookup, ok := d.over(e.Key, other)
		for _, item := range d.Words(e.Value, "lookup: "+e.Key.Text) {
			if l.lookupField(d, other, item, found) {
				lookup.Fields = append(lookup.Fields, item.Text)
			}
		}
		if ok && len(lookup.Fields) > 0 {
			d.contract.Dataset.Lookups = append(d.contract.Dataset.Lookups, lookup)
		}
	}
}

// over finds the foreign key of d that refers to the key of other.
func (d *draft) over(n *yaml.Node, other *draft) (gold.Lookup, bool) {
	name := other.contract.Dataset.Name
	lookup := gold.Lookup{Dataset: name}
	var found []relation
	for _, r := range d.relations {
		if r.dataset == name {
			found = append(found, r)
		}
	}
	if len(found) != 1 {
		d.Add(n, "lookup: %s: expected one relationship from a field of %s to the key of %s, found %d", name, d.contract.Dataset.Name, name, len(found))
		return lookup, false
	}
	lookup.On, lookup.Key = found[0].field, found[0].key
	on, key := d.openField(found[0].at, "relationship: from", lookup.On), other.contract.Dataset.Field(lookup.Key)
	switch {
	case on == nil || key == nil || other.keyless: // the relationship's problem
		return lookup, false
	case !slices.Equal(other.contract.Dataset.Key, []string{lookup.Key}):
		d.Add(n, "lookup: %s: the relationship names %s, which is not the key of %s (%v)", name, lookup.Key, name, other.contract.Dataset.Key)
		return lookup, false
	case on.Kind != key.Kind && on.Kind != gold.Null && key.Kind != gold.Null:
		d.Add(n, "lookup: %s: %s is %s, %s.%s is %s", name, on.Name, on.Kind.WithArticle(), name, key.Name, key.Kind.WithArticle())
		return lookup, false
	}
	return lookup, true
}

// lookupField checks one field that d looks up in other.
func (l *linker) lookupField(d, other *draft, n *yaml.Node, found map[string]string) bool {
	name, what := n.Text, "lookup: "+other.contract.Dataset.Name
	f := other.findOpenField(d.File, n, what, name)
	switch {
	case f == nil:
		return false
	case d.contract.Dataset.Field(name) != nil || d.hides(name):
		d.Add(n, "%s: %s has its own field %s", what, d.contract.Dataset.Name, name)
		return false
	case found[name] != "":
		d.Add(n, "%s: %s is looked up in %s already", what, name, found[name])
		return false
	case len(f.Filters) == 0:
		d.Add(n, "%s: %s can't be filtered in its own dataset: declare its filters there", what, name)
		return false
	}
	found[name] = other.contract.Dataset.Name
	return true
}

// lookedUp returns the field of this name that d looks up, or nil.
func (l *linker) lookedUp(d *draft, name string) *gold.Field {
	for _, lookup := range d.contract.Dataset.Lookups {
		if slices.Contains(lookup.Fields, name) {
			return l.byName(lookup.Dataset).contract.Dataset.Field(name)
		}
	}
	return nil
}
