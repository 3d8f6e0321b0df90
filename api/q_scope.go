package api

import (
	"slices"

	"goldserve/gold"
)

// level says what a filter by a field chooses among.
type level uint8

const (
	ofRows    level = iota // rows of the dataset
	ofOrigin               // rows of the dataset that the answer is computed from
	ofColumns              // groups, by a column of an aggregate's answer
)

// reach is one field that questions about a dataset may name: its own, one that it borrows, or one of its origin.
type reach struct {
	name  string
	field *gold.Field
	owner *gold.Dataset // whose contract declares the field
	via   *gold.Via     // nil: it isn't borrowed
	level level
	grain gold.Grain // of a column: what made its texts
	texts *reach     // of a column: the field whose texts it has; nil: none
}

// scope is what questions about a version may name: its own fields, those that it borrows, and, where its rows can be
// computed again from another dataset's, those of that origin. A name means the first of them that bears it.
type scope struct {
	catalog *releaseCatalog
	version *gold.Version
	recipe  *recipe // nil: the rows can't be computed again, or aren't to be
	fields  []reach
}

// narrow is the scope of questions that a version's own rows must answer.
func (c *releaseCatalog) narrow(v *gold.Version) *scope {
	s := &scope{catalog: c, version: v}
	c.extend(s, v, ofRows)
	return s
}

// wide is the scope of a version whose rows may be computed again from its origin.
func (c *releaseCatalog) wide(v *gold.Version) *scope {
	s := c.narrow(v)
	if s.recipe = c.recipe(v); s.recipe != nil {
		c.extend(s, s.recipe.origin, ofOrigin)
	}
	return s
}

// extend adds the fields of a version, then those that it borrows. Masked fields are never lent.
func (c *releaseCatalog) extend(s *scope, v *gold.Version, at level) {
	d := &v.Dataset
	for i := range d.Fields {
		s.add(reach{name: d.Fields[i].Name, field: &d.Fields[i], owner: d, level: at})
	}
	for _, lend := range d.Lend {
		lender := c.byName[lend.Dataset]
		if lender == nil || d.Field(lend.On) == nil || lender.Dataset.Field(lend.Key) == nil {
			continue
		}
		via := &gold.Via{Version: lender, On: lend.On, Key: lend.Key}
		for _, name := range lend.Fields {
			if f := lender.Dataset.Field(name); f != nil && f.Mask == gold.MaskNone {
				s.add(reach{name: name, field: f, owner: &lender.Dataset, via: via, level: at})
			}
		}
	}
}

func (s *scope) add(r reach) {
	if s.find(r.name) == nil {
		s.fields = append(s.fields, r)
	}
}

// find returns what a name means, or nil.
func (s *scope) find(name string) *reach {
	for i := range s.fields {
		if s.fields[i].name == name {
			return &s.fields[i]
		}
	}
	return nil
}

// shown returns the names that an answer's rows may have: own fields and borrowed ones.
func (s *scope) shown() []string {
	var names []string
	for _, r := range s.fields {
		if r.level == ofRows {
			names = append(names, r.name)
		}
	}
	return names
}

// ready returns an error where the scope's own dataset has no rows, or another that a question needs is of no release.
func (s *scope) ready(needs ...*gold.Version) error {
	if s.version.Rows == 0 {
		return empty(&s.version.Dataset)
	}
	return published(needs...)
}

// published returns an error where the rows of a filter or of a group that a question needs are of no release: a
// dataset on disk alone has contracts and no rows.
func published(versions ...*gold.Version) error {
	for _, v := range versions {
		if v != nil && v.Location == "" {
			return empty(&v.Dataset)
		}
	}
	return nil
}

// lenders returns the versions that predicates borrow from.
func lenders(where []gold.Predicate) []*gold.Version {
	var found []*gold.Version
	for _, p := range where {
		if p.Via != nil && !slices.Contains(found, p.Via.Version) {
			found = append(found, p.Via.Version)
		}
	}
	return found
}
