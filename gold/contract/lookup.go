package contract

import (
	"slices"
	"strings"

	"goldserve/gold"
	"goldserve/gold/yaml"
)

// relation is one foreign key of the standard: a field of this dataset equals the key of another. A named one is what
// lookups by that name go over.
type relation struct {
	at, named           *yaml.Node
	name                string
	field, dataset, key string
}

// relationName reads the name that a relationship's settings give it.
func (d *draft) relationName(n *yaml.Node) (string, *yaml.Node) {
	if n == nil {
		return "", nil
	}
	o := d.Object(n, "relationship: goldserve")
	named := o.Take("name")
	o.Done()
	if named == nil {
		return "", nil
	}
	name, _ := d.Identifier(named, "relationship: name")
	return name, named
}

// relationNames reports names of relationships that mean something else already: a lookup is of a dataset or over a
// relationship.
func (l *linker) relationNames(d *draft) {
	seen := map[string]bool{}
	for _, r := range d.relations {
		switch name := r.name; {
		case name == "":
		case seen[strings.ToLower(name)]:
			d.Add(r.named, "relationship: name: %s has another relationship named %s", d.contract.Dataset.Name, name)
		case slices.ContainsFunc(l.datasetNames(), func(other string) bool { return strings.EqualFold(other, name) }):
			d.Add(r.named, "relationship: name: %s is the name of a dataset, so that a lookup could mean either: take another", name)
		}
		seen[strings.ToLower(r.name)] = true
	}
}

// lookupEntry is an entry of lookup: the fields of a dimension.
type lookupEntry struct {
	of    *draft
	items []*yaml.Node
	place int // in the dataset's lookups; -1: it is not among them
}

// readLookups reads lookup: fields of dimensions, over named relationships or those that there is one of. checkLookups
// checks the fields, once all contracts' lookups are read: fields may be looked up in turn.
func (l *linker) readLookups(d *draft) {
	l.relationNames(d)
	if d.lookup == nil {
		return
	}
	for _, e := range d.Pairs(d.lookup, "lookup") {
		r, other := l.lookupOver(d, e.Key)
		if other == nil {
			continue
		}
		entry := lookupEntry{of: other, items: d.Words(e.Value, "lookup: "+e.Key.Text), place: -1}
		lookup := gold.Lookup{Dataset: other.contract.Dataset.Name}
		if r != nil {
			lookup.Name, lookup.On, lookup.Key = r.name, r.field, r.key
		}
		if lookup.Title() != e.Key.Text {
			lookup.Name = "" // the one relationship to a dataset that the lookup names: its fields keep their names
		}
		for _, item := range entry.items {
			lookup.Fields = append(lookup.Fields, item.Text)
		}
		if r != nil && d.canLookUp(e.Key, r, other) {
			entry.place = len(d.contract.Dataset.Lookups)
			d.contract.Dataset.Lookups = append(d.contract.Dataset.Lookups, lookup)
		}
		d.lookups = append(d.lookups, entry)
	}
}

// lookupOver returns the relationship that a lookup goes over and the dataset at its end, nil after reporting a problem.
func (l *linker) lookupOver(d *draft, n *yaml.Node) (*relation, *draft) {
	name := n.Text
	var names []string
	var to, unnamed []*relation
	for i := range d.relations {
		switch r := &d.relations[i]; {
		case r.name != "" && r.name == name:
			return r, l.byName(r.dataset) // a missing one is the relationship's problem
		default:
			if r.name != "" {
				names = append(names, r.name)
			}
			if r.dataset == name {
				if to = append(to, r); r.name == "" {
					unnamed = append(unnamed, r)
				}
			}
		}
	}
	other := l.byName(name)
	if other == nil {
		also := ""
		if len(names) > 0 {
			also = ", and " + d.contract.Dataset.Name + " no relationship of this name"
		}
		d.AddNear(n, name, append(names, l.datasetNames()...), "lookup: the model has no dataset %s%s", yaml.Quote(name), also)
		return nil, nil
	}
	if len(unnamed) > 0 {
		to = unnamed
	}
	if len(to) != 1 {
		advice := ""
		if len(to) > 1 {
			advice = ": give each a name (customProperties: goldserve: {name: …}), and look up by the names"
		}
		d.Add(n, "lookup: %s: expected one relationship from a field of %s to the key of %s, found %d%s", name, d.contract.Dataset.Name, name, len(to), advice)
		return nil, other
	}
	return to[0], other
}

// canLookUp checks that a relationship leads from a field to the key of another dataset.
func (d *draft) canLookUp(n *yaml.Node, r *relation, other *draft) bool {
	name := other.contract.Dataset.Name
	on, key := d.openField(r.at, "relationship: from", r.field), other.contract.Dataset.Field(r.key)
	switch {
	case on == nil || key == nil || other.keyless: // the relationship's problem
		return false
	case !slices.Equal(other.contract.Dataset.Key, []string{r.key}):
		d.Add(n, "lookup: %s: the relationship names %s, which is not the key of %s (%s)", n.Text, r.key, name, strings.Join(other.contract.Dataset.Key, ", "))
		return false
	case key.Nullable:
		d.Add(n, "lookup: %s: %s.%s may be null, so that not every row of it can be named: look up in another dataset", n.Text, name, key.Name)
		return false
	case on.Kind != key.Kind && on.Kind != gold.Null && key.Kind != gold.Null:
		d.Add(n, "lookup: %s: %s is %s, %s.%s is %s", n.Text, on.Name, on.Kind.WithArticle(), name, key.Name, key.Kind.WithArticle())
		return false
	case on.Kind.Exact() && (on.Scale != key.Scale || on.Precision != key.Precision):
		d.Add(n, "lookup: %s: %s is %s, %s.%s is %s", n.Text, on.Name, kindText(*on), name, key.Name, kindText(*key))
		return false
	}
	return true
}

// checkLookups leaves those fields in the lookups that can be looked up.
func (l *linker) checkLookups(d *draft) {
	found, kept := map[string]string{}, []gold.Lookup(nil)
	for _, e := range d.lookups {
		lookup := gold.Lookup{Dataset: e.of.contract.Dataset.Name}
		if e.place >= 0 {
			lookup = d.contract.Dataset.Lookups[e.place]
		}
		var fields []string
		for _, item := range e.items {
			if l.lookupField(d, e.of, &lookup, item, found) {
				fields = append(fields, item.Text)
			}
		}
		if lookup.Fields = fields; e.place >= 0 && len(fields) > 0 {
			kept = append(kept, lookup)
		}
	}
	d.checked = kept
}

// lookupField checks one field that d looks up in other.
func (l *linker) lookupField(d, other *draft, lookup *gold.Lookup, n *yaml.Node, found map[string]string) bool {
	what := "lookup: " + lookup.Title()
	f := l.fieldBehind(d, other, n, what)
	name := lookup.FieldName(n.Text)
	own := d.contract.Dataset.Field(lookup.Name)
	switch {
	case f == nil:
		return false
	case d.contract.Dataset.Field(name) != nil || d.hides(name):
		d.Add(n, "%s: %s has its own field %s", what, d.contract.Dataset.Name, name)
		return false
	case found[name] != "":
		d.Add(n, "%s: %s is looked up in %s already", what, name, found[name])
		return false
	case own != nil && own.Kind.Temporal() && slices.Contains(l.grainWords(), n.Text):
		d.Add(n, "%s: %s would mean the %s of the field %s, too: give the relationship another name", what, name, n.Text, own.Name)
		return false
	case len(f.Filters) == 0:
		d.Add(n, "%s: %s can't be filtered in its own dataset: declare its filters there", what, n.Text)
		return false
	}
	found[name] = lookup.Title()
	return true
}

// grainWords returns the words behind the point of a date's periods.
func (l *linker) grainWords() []string {
	return append(l.calendar.GrainNames(gold.Time), "age")
}

// fieldBehind returns the field that d looks up in other by a name of other's: its own, or one that it looks up in turn;
// nil after reporting a problem.
func (l *linker) fieldBehind(d, other *draft, n *yaml.Node, what string) *gold.Field {
	name, at, way := n.Text, other, []string{d.contract.Dataset.Name}
	for {
		set := &at.contract.Dataset
		if way = append(way, set.Name); len(way) > gold.MaxJoins+1 {
			d.Add(n, "%s: %s is looked up over more than %d datasets (%s): a lookup may lead over %d, and not back to where it began",
				what, n.Text, gold.MaxJoins, strings.Join(way, " → "), gold.MaxJoins)
			return nil
		}
		if set.Field(name) != nil || at.hides(name) {
			return at.findOpenField(d.File, n, what, name)
		}
		lookup, field := lookupOf(set, name)
		if lookup == nil {
			if at == other { // else it is the problem of the contract that names it
				d.AddNear(n, name, append(set.FieldNames(), lookedUpNames(set)...), "%s: %s has no field %s", what, set.Name, yaml.Quote(name))
			}
			return nil
		}
		name = field
		if at = l.byName(lookup.Dataset); at == nil {
			return nil
		}
	}
}

// lookupOf returns the lookup by which the rows of a dataset have a field of this name, nil for none, and the field's name
// in its dimension.
func lookupOf(set *gold.Dataset, name string) (*gold.Lookup, string) {
	for i := range set.Lookups {
		lookup := &set.Lookups[i]
		for _, field := range lookup.Fields {
			if lookup.FieldName(field) == name {
				return lookup, field
			}
		}
	}
	return nil, ""
}

// lookedUpNames returns the names of the fields that the rows of a dataset look up.
func lookedUpNames(set *gold.Dataset) []string {
	var names []string
	for i := range set.Lookups {
		for _, field := range set.Lookups[i].Fields {
			names = append(names, set.Lookups[i].FieldName(field))
		}
	}
	return names
}

// lookedUp returns the field of this name that d looks up, or nil.
func (l *linker) lookedUp(d *draft, name string) *gold.Field {
	if f := l.lookup(d, name); f != nil {
		return l.lookedUpField(f)
	}
	return nil
}

// lookup says how d looks the field of this name up; nil if it doesn't.
func (l *linker) lookup(d *draft, name string) *gold.LookedUp {
	for _, f := range d.contract.Dataset.LookUp([]string{name}, l.dataset) {
		return &f
	}
	return nil
}

// lookedUpField returns the field of the dimension that has it.
func (l *linker) lookedUpField(f *gold.LookedUp) *gold.Field {
	return l.dataset(f.Path[len(f.Path)-1].Dataset).Field(f.Field)
}

// dataset returns the dataset of a name, or nil.
func (l *linker) dataset(name string) *gold.Dataset {
	if d := l.byName(name); d != nil {
		return &d.contract.Dataset
	}
	return nil
}
