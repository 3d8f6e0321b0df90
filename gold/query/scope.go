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
	for _, lookup := range d.Lookups {
		dimension := c.ByName[lookup.Dataset]
		if dimension == nil || d.Field(lookup.On) == nil || dimension.Dataset.Field(lookup.Key) == nil {
			continue
		}
		join := &gold.Join{Version: dimension, On: lookup.On, Key: lookup.Key}
		for _, name := range lookup.Fields {
			if f := dimension.Dataset.Field(name); f != nil && f.Mask == gold.MaskNone {
				s.Add(Column{Name: name, Field: f, Owner: &dimension.Dataset, Join: join, Level: at, Calendar: c.Calendar})
			}
		}
	}
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
		if p.Join != nil && !slices.Contains(found, p.Join.Version) {
			found = append(found, p.Join.Version)
		}
	}
	return found
}
