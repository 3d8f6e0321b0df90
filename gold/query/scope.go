package query

import (
	"slices"

	"goldserve/gold"
)

// Level says what a filter by a field chooses among.
type Level uint8

// The levels.
const (
	OfRows    Level = iota // rows of the dataset
	OfOrigin               // rows of the dataset that the answer is computed from
	OfColumns              // groups, by a column of an aggregate's answer
)

// Column is one field that questions about a dataset may name: its own, one that it looks up, or one of its origin.
type Column struct {
	Name  string
	Field *gold.Field
	Owner *gold.Dataset // whose contract declares the field
	Join  *gold.Join    // nil: it isn't looked up
	Level Level
	Grain gold.Grain // of a column: what made its texts
	Texts *Column    // of a column: the field whose texts it holds; nil: none
	// Calendar is the one by which it is compared with periods.
	Calendar gold.Calendar
}

// Scope lists the fields that questions about a version may name: its own, those that it looks up, and, if its rows can
// be recomputed from another dataset's, those of that origin. A name means the first of them that bears it.
// Questions share the scopes of a catalog's versions, which are never changed.
type Scope struct {
	Catalog    *Catalog
	Version    *gold.Version
	Derivation *Derivation // nil: the rows can't be recomputed, or must not be
	Columns    []Column
}

// Narrow returns the scope of questions that a version's own rows answer.
func (c *Catalog) Narrow(v *gold.Version) *Scope {
	if s := c.narrow[v]; s != nil {
		return s
	}
	s := &Scope{Catalog: c, Version: v}
	c.extend(s, v, OfRows)
	return s
}

// Wide returns the scope of questions whose rows may be recomputed from those of the origin.
func (c *Catalog) Wide(v *gold.Version) *Scope {
	if s := c.wide[v]; s != nil {
		return s
	}
	narrow := c.Narrow(v)
	s := &Scope{Catalog: c, Version: v, Derivation: c.derivation(v), Columns: slices.Clip(narrow.Columns)}
	if s.Derivation != nil {
		c.extend(s, s.Derivation.Origin, OfOrigin)
	}
	return s
}

// extend adds the fields of a version, then those that it looks up. Masked fields are never looked up.
func (c *Catalog) extend(s *Scope, v *gold.Version, at Level) {
	d := &v.Dataset
	for i := range d.Fields {
		s.Add(Column{Name: d.Fields[i].Name, Field: &d.Fields[i], Owner: d, Level: at, Calendar: c.Calendar})
	}
	for _, f := range d.LookedUp(c.dataset) {
		join := f.Join(func(name string) *gold.Version { return c.ByName[name] })
		owner := &join.Last().Dataset
		s.Add(Column{Name: f.Name, Field: owner.Field(f.Field), Owner: owner, Join: join, Level: at, Calendar: c.Calendar})
	}
}

// dataset returns the dataset of a name, or nil.
func (c *Catalog) dataset(name string) *gold.Dataset {
	if v := c.ByName[name]; v != nil {
		return &v.Dataset
	}
	return nil
}

// Add adds a column, unless another bears its name.
func (s *Scope) Add(column Column) {
	if s.Find(column.Name) == nil {
		s.Columns = append(s.Columns, column)
	}
}

// Find returns what a name means, or nil.
func (s *Scope) Find(name string) *Column {
	for i := range s.Columns {
		if s.Columns[i].Name == name {
			return &s.Columns[i]
		}
	}
	return nil
}

// Of returns the column of a field that rows have, or look up by a join that isn't nil; nil where there is none.
func (s *Scope) Of(field string, join *gold.Join) *Column {
	for i := range s.Columns {
		if c := &s.Columns[i]; c.Field.Name == field && c.Join.Equal(join) && c.Level == OfRows {
			return c
		}
	}
	return nil
}

// sorted returns an order by names as an order by fields, own and looked-up ones.
func (s *Scope) sorted(terms []gold.Sort) []gold.Sort {
	sorted := slices.Clone(terms)
	for i, term := range sorted {
		if c := s.Find(term.Field); c != nil && c.Join != nil {
			sorted[i].Field, sorted[i].Join = c.Field.Name, c.Join
		}
	}
	return sorted
}

// measured returns a measure of a name as one of a field, own or looked-up.
func (s *Scope) measured(m gold.Measure) gold.Measure {
	if c := s.Find(m.Field); m.Field != "" && c != nil && c.Join != nil {
		m.As, m.Field, m.Join = m.Name(), c.Field.Name, c.Join
	}
	return m
}

// Lacks returns a field that a metric needs and no rows have or look up, as its dataset is in no release; "" for none.
func (s *Scope) Lacks(metric *gold.Metric) string {
	for _, m := range s.Version.Dataset.MeasuresOf(metric) {
		names := []string{m.Field}
		for _, p := range m.Comparisons() {
			names = append(names, p.Field)
		}
		for _, name := range names {
			if c := s.Find(name); name != "" && (c == nil || Published(c.Join.Versions()...) != nil) {
				return name
			}
		}
	}
	return ""
}

// Aliases returns the looked-up fields that conditions of measures name, each once.
func (s *Scope) Aliases(measures ...gold.Measure) []gold.Alias {
	var aliases []gold.Alias
	for _, m := range measures {
		for _, p := range m.Comparisons() {
			c := s.Find(p.Field)
			if c == nil || c.Join == nil || slices.ContainsFunc(aliases, func(a gold.Alias) bool { return a.Name == p.Field }) {
				continue
			}
			aliases = append(aliases, gold.Alias{Name: c.Name, Field: c.Field.Name, Join: c.Join})
		}
	}
	return aliases
}

// Shown returns the names that an answer's rows may have: own fields and looked-up ones.
func (s *Scope) Shown() []string {
	var names []string
	for _, c := range s.Columns {
		if c.Level == OfRows {
			names = append(names, c.Name)
		}
	}
	return names
}

// ready returns an error if the scope's own dataset has no rows, or another that a question reads isn't published.
func (s *Scope) ready(needs ...*gold.Version) error {
	if s.Version.Rows == 0 {
		return empty(&s.Version.Dataset)
	}
	return Published(needs...)
}

// Published returns an error if a version isn't published: a dataset that only the contracts on disk have has no rows.
func Published(versions ...*gold.Version) error {
	for _, v := range versions {
		if v != nil && v.Location == "" {
			return empty(&v.Dataset)
		}
	}
	return nil
}

// LookedUp returns the versions that predicates look up fields in.
func LookedUp(where []gold.Predicate) []*gold.Version {
	var found []*gold.Version
	for _, p := range gold.Comparisons(where) {
		for _, v := range p.Join.Versions() {
			if !slices.Contains(found, v) {
				found = append(found, v)
			}
		}
	}
	return found
}
