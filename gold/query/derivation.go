package query

import (
	"fmt"
	"slices"

	"goldserve/gold"
)

// Derivation says how the rows of a version are recomputed from the filtered rows of another, its origin: as groups of
// them, as the growth of rows or groups, or as the histogram of a field.
type Derivation struct {
	catalog   *Catalog
	Origin    *gold.Version
	groups    *rollup // nil: the rows aren't groups, nor the growth of groups
	growth    *gold.DeriveGrowth
	histogram *gold.DeriveHistogram
}

// rollup is an aggregate of an origin whose rows are those of another version.
type rollup struct {
	version  *gold.Version // whose rows the groups are
	by       []gold.Group  // with how the origin looks up their fields
	measures []gold.Measure
}

// derivation returns how a version's rows are recomputed, or nil if they can't be.
func (c *Catalog) derivation(v *gold.Version) *Derivation {
	derive := v.Dataset.Derive
	switch {
	case v.Dataset.Rollup != nil:
		return c.rollup(v)
	case derive == nil:
		return nil
	case derive.Histogram != nil:
		return c.from(derive.From, Derivation{histogram: derive.Histogram})
	case derive.Growth != nil:
		source := c.ByName[derive.From]
		if source == nil || source.Dataset.Rollup == nil {
			return c.from(derive.From, Derivation{growth: derive.Growth})
		}
		d := c.rollup(source)
		if d != nil {
			d.growth = derive.Growth
		}
		return d
	default:
		return nil
	}
}

// Growth returns the growth that a scope's rows are if they are compared as previous says, which is a PreviousPeriod or
// PreviousPresent; nil: that is how they are stored. It is an error if they can't be.
func (s *Scope) Growth(previous string) (*gold.DeriveGrowth, error) {
	from, stored := s.Version.Dataset.Derive.From, s.Version.Dataset.Derive.Growth
	source := s.Catalog.dataset(from)
	asked := stored.ByRow()
	switch {
	case (previous == PreviousPresent) == (stored.Grain == gold.GrainNone):
		return nil, nil
	case source == nil || source.Field(stored.Order) == nil:
		return nil, fmt.Errorf("%s has no %s.%s to compare the rows of: leave previous out", s.Catalog.Title(), from, stored.Order)
	case previous == PreviousPeriod:
		asked = stored.ByPeriod(source, s.Catalog.Calendar)
		if asked.Grain == gold.GrainNone {
			return nil, fmt.Errorf("%s.%s holds no periods, which have one before them: leave previous out", from, stored.Order)
		}
	}
	return &asked, nil
}

// from completes a derivation with its origin.
func (c *Catalog) from(origin string, d Derivation) *Derivation {
	d.catalog = c
	if d.Origin = c.ByName[origin]; d.Origin == nil {
		return nil
	}
	return &d
}

func (c *Catalog) rollup(v *gold.Version) *Derivation {
	declared := v.Dataset.Rollup
	r := &rollup{version: v, by: slices.Clone(declared.Group), measures: declared.Measures}
	made := c.from(declared.Of, Derivation{groups: r})
	if made == nil {
		return nil
	}
	fields := c.Narrow(made.Origin)
	for i := range r.by {
		f := fields.Find(r.by[i].Field)
		if f == nil {
			return nil
		}
		r.by[i].As, r.by[i].Field, r.by[i].Join = r.by[i].Name(), f.Field.Name, f.Join
	}
	return made
}

// needs returns the versions that a derivation reads.
func (d *Derivation) needs() []*gold.Version {
	versions := []*gold.Version{d.Origin}
	if d.groups != nil {
		for _, g := range d.groups.by {
			versions = append(versions, g.Join.Versions()...)
		}
	}
	return versions
}

// Filters reports whether recomputed rows can be filtered by a condition on them. Fields that they look up have to be the
// origin's too, as all others of the same alternatives.
func (d *Derivation) Filters(where []gold.Predicate) bool {
	for _, p := range where {
		if !slices.ContainsFunc(gold.Comparisons([]gold.Predicate{p}), func(p gold.Predicate) bool { return p.Join != nil }) {
			continue
		}
		if d.groups == nil || d.growth != nil {
			return false
		}
		if _, ok := d.groups.ofOrigin(p); !ok {
			return false
		}
	}
	return true
}

// OfOrigin turns a condition on recomputed rows into the same one on the rows of their origin; false where a field isn't theirs
// as it is.
func (d *Derivation) OfOrigin(where []gold.Predicate) (of []gold.Predicate, ok bool) {
	if d.groups == nil || d.growth != nil {
		return nil, false
	}
	for _, p := range where {
		own, ok := d.groups.ofOrigin(p)
		if !ok {
			return nil, false
		}
		of = append(of, own...)
	}
	return of, true
}

// ofOrigin turns a predicate on rows of the answer into one on rows of the origin; false where a field isn't theirs as it is.
func (r *rollup) ofOrigin(p gold.Predicate) ([]gold.Predicate, bool) {
	return gold.ReplaceComparisons([]gold.Predicate{p}, func(p gold.Predicate) (gold.Predicate, bool) {
		if p.Join != nil {
			g := r.same(p.Join.On)
			if g == nil || g.Join != nil {
				return p, false
			}
			p.Join = p.Join.By(g.Field)
			return p, true
		}
		g := r.same(p.Field)
		if g != nil {
			p.Field, p.Join = g.Field, g.Join
		}
		return p, g != nil
	})
}

// same returns the group of a column that is a field of the origin as it is, or nil.
func (r *rollup) same(column string) *gold.Group {
	for i := range r.by {
		if g := &r.by[i]; g.Name() == column && g.Whole() {
			return g
		}
	}
	return nil
}
