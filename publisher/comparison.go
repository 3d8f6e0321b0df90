package publisher

import (
	"slices"

	"goldserve/gold"
	"goldserve/gold/quality"
)

// parts are all decisions whose rows are compared.
func (c *comparison) parts() []*decision {
	parts := []*decision{c.item, c.origin}
	for _, j := range c.joins {
		parts = append(parts, j.from)
	}
	return parts
}

// compareable returns the comparisons of the plan, with what became of those that the current release made already.
func (pl *plan) compareable() []*comparison {
	var comparisons []*comparison
	for _, d := range pl.decisions {
		spec := d.dataset.Rollup
		if spec == nil || d.dataset.Derive != nil || !d.hasRows() {
			continue
		}
		c := &comparison{item: d, origin: pl.decision(spec.Of)}
		if c.origin == nil || !c.origin.hasRows() {
			continue // a kept contract may name what the model no longer has
		}
		var all bool
		if c.joins, all = pl.joins(c); all {
			c.result = pl.compared(c)
			comparisons = append(comparisons, c)
		}
	}
	return comparisons
}

// joins returns the joins of groups that are no fields of the origin's own, and whether all are there.
func (pl *plan) joins(c *comparison) ([]join, bool) {
	var joins []join
	for _, g := range c.item.dataset.Rollup.Group {
		if c.origin.dataset.Field(g.Field) != nil {
			continue
		}
		has := func(l gold.Lookup) bool { return slices.Contains(l.Fields, g.Field) }
		i := slices.IndexFunc(c.origin.dataset.Lookups, has)
		if i < 0 {
			return nil, false
		}
		lookup := c.origin.dataset.Lookups[i]
		from := pl.decision(lookup.Dataset)
		if from == nil || !from.hasRows() || from.dataset.Field(g.Field) == nil || from.dataset.Field(lookup.Key) == nil {
			return nil, false
		}
		at := slices.IndexFunc(joins, func(j join) bool { return j.from == from })
		if at < 0 {
			at = len(joins)
			joins = append(joins, join{from: from, on: lookup.On, key: lookup.Key})
		}
		joins[at].fields = append(joins[at].fields, *from.dataset.Field(g.Field))
	}
	return joins, true
}

// compared returns what became of a comparison where the current release compared the same rows of all that take part.
func (pl *plan) compared(c *comparison) *gold.RuleResult {
	for _, d := range c.parts() {
		if before := pl.before(d); before == nil || before.ID != d.id {
			return nil
		}
	}
	item, origin := pl.before(c.item), pl.before(c.origin)
	if !sameContract(&gold.Dataset{Rollup: item.Dataset.Rollup}, &gold.Dataset{Rollup: c.item.dataset.Rollup}) ||
		!sameContract(&gold.Dataset{Lookups: origin.Dataset.Lookups}, &gold.Dataset{Lookups: c.origin.dataset.Lookups}) {
		return nil
	}
	for i := range pl.state.Current.Quality {
		if q := &pl.state.Current.Quality[i]; q.Dataset == c.item.name() && q.Rule == quality.RollupRule {
			return q
		}
	}
	return nil
}
