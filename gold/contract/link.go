package contract

import (
	"cmp"
	"slices"
	"strings"

	"goldserve/gold"
	"goldserve/gold/dashboard"
	"goldserve/gold/yaml"
)

// linker checks the contracts of one model against each other.
type linker struct {
	drafts   []*draft // by dataset name
	calendar gold.Calendar
}

// link checks names, then the references to other datasets: relationships and lookups first, because a rollup may group
// by a looked-up field.
func (l *linker) link() {
	l.names()
	for _, d := range l.drafts {
		l.linkRelations(d)
		l.readLookups(d)
	}
	for _, d := range l.drafts {
		l.checkLookups(d)
	}
	for _, d := range l.drafts {
		d.contract.Dataset.Lookups = d.checked
	}
	l.metrics()
	for _, d := range l.drafts {
		l.linkDerive(d)
		l.linkRollup(d)
	}
	for _, d := range l.drafts {
		l.linkGrowth(d)
	}
	l.cycles()
	for _, d := range l.drafts {
		l.pinMetrics(d)
	}
}

// metrics reads the metrics of all datasets, now that it is known what their rows look up, and reports names that two have.
func (l *linker) metrics() {
	names := taken{}
	for _, d := range l.drafts {
		d.lookedUp = func(name string) *gold.Field { return l.lookedUp(d, name) }
		if d.metricsNode != nil {
			d.readMetrics(d.metricsNode)
		}
		for _, m := range d.contract.Dataset.Metrics {
			names.claim(d.File, d.metrics[m.Name], "goldserve: metrics", m.Name)
		}
	}
}

// pinMetrics writes the times in the conditions of metrics as instants, now that the model's time zone is known.
func (l *linker) pinMetrics(d *draft) {
	pin := func(m *gold.Measure) {
		fields := d.contract.Dataset.Fields
		for _, p := range m.Comparisons() {
			if f := d.lookedUp(p.Field); f != nil {
				named := *f
				named.Name = p.Field
				fields = append(slices.Clip(fields), named)
			}
		}
		*m = m.Pinned(fields, l.calendar.Zone())
	}
	for i := range d.contract.Dataset.Metrics {
		m := &d.contract.Dataset.Metrics[i]
		if m.Measure != nil {
			pin(m.Measure)
		}
		if m.Formula != nil {
			m.Formula.Operands(func(f *gold.Formula) {
				if f.Measure != nil {
					pin(f.Measure)
				}
			})
		}
	}
}

// pinned does the same for the measures of a dataset that another is an aggregate of.
func (l *linker) pinned(measures []gold.Measure, of *gold.Dataset) []gold.Measure {
	for i, m := range measures {
		measures[i] = m.Pinned(of.Fields, l.calendar.Zone())
	}
	return measures
}

// byName returns the draft of a dataset, or nil.
func (l *linker) byName(name string) *draft {
	for _, d := range l.drafts {
		if d.contract.Dataset.Name == name && name != "" {
			return d
		}
	}
	return nil
}

// find returns the draft of the dataset that a node of d names, or nil after reporting a problem.
func (l *linker) find(d *draft, n *yaml.Node, what string) *draft {
	name, ok := d.Text(n, what)
	if !ok {
		return nil
	}
	return l.findName(d.File, n, what, name)
}

func (l *linker) findName(f *yaml.File, n *yaml.Node, what, name string) *draft {
	found := l.byName(name)
	if found == nil {
		f.AddNear(n, name, l.datasetNames(), "%s: the model has no dataset %s", what, yaml.Quote(name))
	}
	return found
}

func (l *linker) datasetNames() []string {
	var names []string
	for _, d := range l.drafts {
		if name := d.contract.Dataset.Name; name != "" {
			names = append(names, name)
		}
	}
	return names
}

// names reports duplicate names. Datasets, endpoints and collections must differ by more than case, which SQLite's
// tables and some file systems ignore.
func (l *linker) names() {
	datasets, routes, collections := taken{}, taken{}, taken{}
	for _, d := range l.drafts {
		if name := d.contract.Dataset.Name; name != "" {
			datasets.claim(d.File, d.name, "schema: name", name)
			routes[strings.ToLower(name)] = d.File
		}
	}
	for _, d := range l.drafts {
		set := &d.contract.Dataset
		if name := strings.TrimPrefix(set.Endpoint, "/"); name != "" && !strings.EqualFold(name, set.Name) {
			routes.claim(d.File, d.endpoint, "goldserve: endpoint", name)
		}
		if set.Collection != "" && d.collection != nil {
			collections.claim(d.File, d.collection, "goldserve: collection", set.Collection)
		}
	}
	l.rowsOfEndpoints()
	for _, d := range l.drafts {
		if set := &d.contract.Dataset; set.Collection != "" && d.collection == nil {
			collections.claim(d.File, d.name, "schema: name: the collection of this name", set.Collection)
		}
	}
}

// rowsOfEndpoints reports endpoints that lie where another one has a row: below /sales, /sales/monthly is the row with the
// key monthly.
func (l *linker) rowsOfEndpoints() {
	for _, d := range l.drafts {
		own := d.contract.Dataset.Endpoint
		above := strings.ToLower(own[:max(strings.LastIndexByte(own, '/'), 0)])
		for _, other := range l.drafts {
			if e := other.contract.Dataset.Endpoint; above != "" && strings.ToLower(e) == above {
				d.Add(d.endpoint, "goldserve: endpoint: %s is the URL of a row of %s, which is an endpoint too (%s): choose another name, or one segment more", own, e, other.Name)
			}
		}
	}
}

// taken maps names in lower case to the file that uses each.
type taken map[string]*yaml.File

// claim claims a name for a file, or reports the file that has it.
func (t taken) claim(f *yaml.File, n *yaml.Node, what, name string) {
	lower := strings.ToLower(name)
	if first := t[lower]; first != nil {
		f.Add(n, "%s: %s is already used by %s", what, name, first.Name)
		return
	}
	t[lower] = f
}

// hasFrom reports whether a name is claimed by the file of one of these drafts.
func (t taken) hasFrom(name string, drafts []*draft) bool {
	first := t[strings.ToLower(name)]
	return slices.ContainsFunc(drafts, func(d *draft) bool { return d.File == first })
}

// linkRelations checks the targets of relationships, and records the fields at both ends.
func (l *linker) linkRelations(d *draft) {
	for _, r := range d.relations {
		d.joined(d.field(r.at, "relationship: from", r.field))
		other := l.findName(d.File, r.at, "relationship: to", r.dataset)
		switch {
		case other == nil:
		case other.keyless:
			d.Add(r.at, "relationship: to: %s has no key, so that no row of it can be named: give it one by primaryKey: true", r.dataset)
		default:
			other.joined(other.findField(d.File, r.at, "relationship: to", r.key))
			d.contract.Relationships = append(d.contract.Relationships, Relationship{r.name, r.field, r.dataset, r.key})
		}
	}
}

// joined adds a field of the draft, nil for none, to the fields of relationships.
func (d *draft) joined(f *gold.Field) {
	if set := &d.contract.Dataset; f != nil && !slices.Contains(set.Joins, f.Name) {
		set.Joins = append(set.Joins, f.Name)
		slices.Sort(set.Joins)
	}
}

// linkRollup compiles rollup, and checks that the contract's fields and key are those that it produces.
func (l *linker) linkRollup(d *draft) {
	if d.rollup == nil {
		return
	}
	if d.derive != nil {
		d.Add(d.rollup, "rollup: a derived dataset is a rollup already, by its derive")
		return
	}
	o := d.Object(d.rollup, "rollup")
	of, group, measures := o.Need("of"), o.Need("group"), o.Need("measures")
	strict := false
	if n := o.Take("severity"); n != nil {
		word, _ := d.Word(n, "rollup: severity", severityNames)
		strict = word == "error"
	}
	o.Done()
	if slices.ContainsFunc(slices.Concat(d.contract.Dataset.Rules, d.contract.SourceRules), func(r gold.Rule) bool { return r.ID == rollupRule }) {
		d.Add(d.rollup, "rollup: the id %s of a quality rule is that of the rollup's own rule: take another", rollupRule)
	}
	if of == nil || group == nil || measures == nil {
		return
	}
	parent := l.find(d, of, "rollup: of")
	if parent == nil {
		return
	}
	if parent == d {
		d.Add(of, "rollup: a dataset is not an aggregate of itself")
		return
	}
	find := func(n *yaml.Node, what, name string) *gold.Field { return parent.findOpenField(d.File, n, what, name) }
	groups, made, allGroups := d.groups(group, "rollup: group", l.calendar, func(n *yaml.Node, what, name string) *gold.Field {
		if field := l.lookedUp(parent, name); field != nil {
			return field
		}
		return parent.findWideField(d.File, n, what, name)
	})
	list, fields, allMeasures := d.measures(measures, "rollup: measures", &parent.contract.Dataset, find)
	made = append(made, fields...)
	if !d.oneUnit(measures, "rollup", &parent.contract.Dataset, groups, list) || !allGroups || !allMeasures {
		return
	}
	d.contract.Dataset.Rollup = &gold.Rollup{Of: parent.contract.Dataset.Name, Group: groups, Measures: l.pinned(list, &parent.contract.Dataset), Strict: strict}
	d.sameFields(d.rollup, "rollup", made, false)
	key := make([]string, len(groups))
	for i, g := range groups {
		key[i] = g.Name()
	}
	d.sameKey(d.rollup, "rollup", key)
}

// rollupRule is the id of the rule that a rollup adds: see gold/quality.
const rollupRule = "rollup"

// The linker finds what a layout names.
var _ dashboard.Contracts = (*linker)(nil)

// Dataset returns the dataset of a name, or nil and a problem.
func (l *linker) Dataset(f *yaml.File, n *yaml.Node, what, name string) *gold.Dataset {
	if d := l.findName(f, n, what, name); d != nil {
		return &d.contract.Dataset
	}
	return nil
}

// Field returns a dataset's own field, or nil and a problem.
func (l *linker) Field(f *yaml.File, n *yaml.Node, what string, d *gold.Dataset, name string) *gold.Field {
	return l.draftOf(d).findField(f, n, what, name)
}

// OpenField is Field for uses that a mask forbids.
func (l *linker) OpenField(f *yaml.File, n *yaml.Node, what string, d *gold.Dataset, name string) *gold.Field {
	return l.draftOf(d).findOpenField(f, n, what, name)
}

// LookedUp returns the field of this name that a dataset looks up, or nil.
func (l *linker) LookedUp(d *gold.Dataset, name string) *gold.Field {
	return l.lookedUp(l.draftOf(d), name)
}

// draftOf returns the draft of a dataset that came from here.
func (l *linker) draftOf(set *gold.Dataset) *draft {
	return l.drafts[slices.IndexFunc(l.drafts, func(d *draft) bool { return &d.contract.Dataset == set })]
}

// cycles reports datasets that are computed from themselves or aggregates of themselves, over any number of steps.
func (l *linker) cycles() {
	for _, d := range l.drafts {
		if way := l.wayTo(d, d, map[*draft]bool{}); way != nil {
			name := d.contract.Dataset.Name
			d.Add(cmp.Or(d.derive, d.rollup), "goldserve: %s depends on itself: %s", name, strings.Join(append([]string{name}, way...), " ← "))
		}
	}
}

// wayTo returns the datasets that lead from what a dataset is computed from to one that it depends on, which is last; nil: it
// doesn't. seen are those that were followed.
func (l *linker) wayTo(to, from *draft, seen map[*draft]bool) []string {
	for _, name := range from.parents() {
		at := l.byName(name)
		if at == to {
			return []string{name}
		}
		if at == nil || seen[at] {
			continue
		}
		seen[at] = true
		if way := l.wayTo(to, at, seen); way != nil {
			return append([]string{name}, way...)
		}
	}
	return nil
}

// parents returns the datasets that this one is computed from, or the one that it is an aggregate of.
func (d *draft) parents() []string {
	switch set := &d.contract.Dataset; {
	case set.Derive != nil:
		return set.Derive.Reads()
	case set.Rollup != nil:
		return []string{set.Rollup.Of}
	default:
		return nil
	}
}
