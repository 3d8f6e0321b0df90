package mirror

import (
	"cmp"
	"slices"
	"strings"

	"goldserve/gold"
)

// plan is what a schema is to show of a release.
type plan struct {
	release   *gold.Release
	tables    []*Table
	all       bool // the tables are all of the release: others of the model are dropped
	relations []Relation
}

// newPlan chooses the datasets of a release: those that are named, else all that BI tools see.
func newPlan(r *gold.Release, named []string, relations []Relation) (*plan, error) {
	p := &plan{release: r, all: len(named) == 0}
	for _, name := range named {
		v := r.Version(name)
		if v == nil {
			return nil, unknownDataset(r, name)
		}
		if v.Dataset.Collection == "" {
			return nil, gold.Errorf(gold.Invalid, gold.CodeMirrorRefused, "dataset %s is not for BI tools, by its contract (collection: none), so that it has no table", name)
		}
	}
	p.relate(relations)
	for i := range r.Versions {
		v := &r.Versions[i]
		if v.Dataset.Collection != "" && (p.all || slices.Contains(named, v.Dataset.Name)) {
			p.tables = append(p.tables, newTable(v, p.relationsOf(v.Dataset.Name)))
		}
	}
	return p, nil
}

func unknownDataset(r *gold.Release, name string) error {
	var names []string
	for i := range r.Versions {
		names = append(names, r.Versions[i].Dataset.Name)
	}
	text := "expected one of " + strings.Join(names, ", ")
	if nearest := gold.Nearest(name, names); nearest != "" {
		text = "did you mean " + nearest + "?"
	}
	return gold.Errorf(gold.NotFound, gold.CodeUnknownDataset, "release %d of model %s has no dataset %s: %s", r.Number, r.Model, name, text)
}

// relate collects the relations of the release's contracts: the given ones, and those that its lookups follow.
func (p *plan) relate(relations []Relation) {
	p.relations = slices.Clone(relations)
	for i := range p.release.Versions {
		d := &p.release.Versions[i].Dataset
		for _, l := range d.Lookups {
			p.relations = append(p.relations, Relation{Dataset: d.Name, Field: l.On, To: l.Dataset, Key: l.Key})
		}
	}
	p.relations = slices.DeleteFunc(p.relations, func(r Relation) bool {
		d := p.release.Dataset(r.Dataset)
		return d == nil || d.Field(r.Field) == nil // the contract at hand is not the release's
	})
	slices.SortFunc(p.relations, func(a, b Relation) int {
		return cmp.Or(cmp.Compare(a.Dataset, b.Dataset), cmp.Compare(a.Field, b.Field), cmp.Compare(a.To, b.To), cmp.Compare(a.Key, b.Key))
	})
	p.relations = slices.Compact(p.relations)
}

func (p *plan) relationsOf(dataset string) []Relation {
	return slices.DeleteFunc(slices.Clone(p.relations), func(r Relation) bool { return r.Dataset != dataset })
}

// references returns the foreign keys that the planned tables are to have, and those that they can't have, where present are the
// names of the tables that there will be, by dataset.
func (p *plan) references(present map[string]string) (wanted []Reference, left []LeftOut) {
	for _, t := range p.tables {
		for _, r := range p.relationsOf(t.Dataset) {
			ref := Reference{Table: t.Name, Column: r.Field, To: cmp.Or(present[r.To], r.To), ToColumn: r.Key}
			if why := p.cannot(t, r, present); why != "" {
				left = append(left, LeftOut{ref, why})
			} else {
				wanted = append(wanted, ref)
			}
		}
	}
	return wanted, left
}

// cannot returns why a relation can be no foreign key; empty: it can.
func (p *plan) cannot(t *Table, r Relation, present map[string]string) string {
	to := p.release.Dataset(r.To)
	switch {
	case to == nil || present[r.To] == "":
		return "dataset " + r.To + " is not mirrored"
	case !slices.Equal(to.Key, []string{r.Key}):
		return r.Key + " is not the key of " + r.To
	}
	from, key := t.Column(r.Field), to.Field(r.Key)
	if from.Kind != key.Kind || from.Scale != key.Scale || from.Precision != key.Precision {
		return "the two differ in their types"
	}
	if from.Mask != key.Mask {
		return "the two are masked differently"
	}
	return ""
}

// decide returns what is to be made of a state; nil: it shows the release already.
func (p *plan) decide(s *State) (*Change, error) {
	if err := p.refuseTaken(s); err != nil {
		return nil, err
	}
	c := &Change{Model: p.release.Model}
	present, gone := p.present(s)
	for _, t := range p.tables {
		if found := s.Tables[t.Name]; found.Mark != t.Mark {
			c.Load = append(c.Load, t)
		}
	}
	c.Drop = gone
	p.decideReferences(s, c, present)
	if len(c.Load)+len(c.Drop)+len(c.Make) == 0 && sameLines(c.Lines, s.linesOf(c.Model)) {
		return nil, nil
	}
	return c, nil
}

// present returns the tables of the model that there will be, by dataset, and those that there will no longer be.
func (p *plan) present(s *State) (present map[string]string, gone []string) {
	present = map[string]string{}
	planned := map[string]bool{}
	for _, t := range p.tables {
		present[t.Dataset], planned[t.Name] = t.Name, true
	}
	for name, found := range s.Tables {
		if found.Mark.Model != p.release.Model || planned[name] {
			continue
		}
		if p.all || present[found.Mark.Dataset] != "" {
			gone = append(gone, name)
		} else {
			present[found.Mark.Dataset] = name
		}
	}
	slices.Sort(gone)
	return present, gone
}

// decideReferences completes a change whose tables are known by foreign keys, and by lines.
func (p *plan) decideReferences(s *State, c *Change, present map[string]string) {
	moves := func(table string) bool {
		return slices.Contains(c.Drop, table) || slices.ContainsFunc(c.Load, func(t *Table) bool { return t.Name == table })
	}
	wanted, left := p.references(present)
	for _, r := range s.References {
		if moves(r.To) && !moves(r.Table) {
			c.Unmake = append(c.Unmake, r)
			if !slices.Contains(c.Drop, r.To) && !slices.ContainsFunc(wanted, r.is) {
				wanted = append(wanted, r)
			}
		}
	}
	c.Lines = p.lines(s, present)
	for _, r := range wanted {
		made := slices.ContainsFunc(s.References, r.is)
		line := s.line(c.Model, r.Table)
		known := line != nil && strings.Contains("; "+line.LeftOut, "; "+r.String()+": ")
		switch {
		case moves(r.Table) || moves(r.To) || !made && !known:
			c.Make = append(c.Make, r)
		case known: // its rows are as they were
			left = append(left, LeftOut{r, whyIn(line.LeftOut, r)})
		}
	}
	c.Lines = c.Without(left)
}

// whyIn returns why a line says that a foreign key was left out.
func whyIn(text string, r Reference) string {
	_, why, _ := strings.Cut("; "+text, "; "+r.String()+": ")
	why, _, _ = strings.Cut(why, "; ")
	return why
}

// lines returns those of the model, without foreign keys that are left out.
func (p *plan) lines(s *State, present map[string]string) []Line {
	r := p.release
	var lines []Line
	for _, t := range p.tables {
		lines = append(lines, Line{
			Model: r.Model, Dataset: t.Dataset, Table: t.Name, Rows: t.version.Rows, Release: r.Number, AsOf: r.AsOf, PublishedAt: r.PublishedAt,
			Version: t.version.ID, Quality: r.QualityOf(t.Dataset),
		})
	}
	for _, l := range s.linesOf(r.Model) { // of tables that this run is not about
		if present[l.Dataset] == l.Table && !slices.ContainsFunc(p.tables, func(t *Table) bool { return t.Dataset == l.Dataset }) {
			lines = append(lines, l)
		}
	}
	slices.SortFunc(lines, func(a, b Line) int { return cmp.Compare(a.Dataset, b.Dataset) })
	return lines
}

func sameLines(a, b []Line) bool { return slices.EqualFunc(a, b, Line.is) }

// linesOf returns the lines of a model, by dataset.
func (s *State) linesOf(model string) []Line {
	lines := slices.DeleteFunc(slices.Clone(s.Lines), func(l Line) bool { return l.Model != model })
	slices.SortFunc(lines, func(a, b Line) int { return cmp.Compare(a.Dataset, b.Dataset) })
	return lines
}

func (s *State) line(model, table string) *Line {
	for i := range s.Lines {
		if s.Lines[i].Model == model && s.Lines[i].Table == table {
			return &s.Lines[i]
		}
	}
	return nil
}

// refuseTaken refuses names that something else has.
func (p *plan) refuseTaken(s *State) error {
	var problems []gold.Problem
	refuse := func(name, why string) {
		problems = append(problems, gold.Problem{Code: gold.CodeMirrorTaken, Detail: name + ": " + why})
	}
	if found, there := s.Tables[gold.ReleaseCollection]; there && found.Mark != releaseMark {
		refuse(gold.ReleaseCollection, "the schema has a "+found.Kind+" of this name that goldserve did not make: rename it, or mirror into another schema")
	}
	for _, t := range p.tables {
		found, there := s.Tables[t.Name]
		switch {
		case !there || found.Mark.Model == p.release.Model:
		case found.Mark.Model == "":
			refuse(t.Name, "the schema has a "+found.Kind+" of this name that goldserve did not make: rename it, give dataset "+t.Dataset+" another collection, or mirror into another schema")
		default:
			refuse(t.Name, "the table is of model "+found.Mark.Model+": give dataset "+t.Dataset+" another collection, or mirror into another schema")
		}
	}
	if len(problems) > 0 {
		return gold.InvalidAll(problems)
	}
	return nil
}
