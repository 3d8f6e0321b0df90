package publisher

import (
	"reflect"
	"slices"

	"goldserve/gold"
	"goldserve/gold/quality"
)

// parts are all decisions whose rows are compared.
func (c *comparison) parts() []*decision {
	return append([]*decision{c.item, c.origin}, joinedBy(c.joins)...)
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
		names := lookedUpGroups(spec, c.origin.dataset)
		c.looked = c.origin.dataset.LookUp(names, pl.dataset)
		var all bool
		if c.joins, all = pl.joins(c.origin.dataset, c.looked); all && len(c.looked) == len(names) {
			c.result = pl.compared(c)
			comparisons = append(comparisons, c)
		}
	}
	return comparisons
}

// lookedUpGroups names the fields by which a rollup groups that its origin doesn't have itself, each once.
func lookedUpGroups(spec *gold.Rollup, origin *gold.Dataset) []string {
	var names []string
	for _, g := range spec.Group {
		if origin.Field(g.Field) == nil && !slices.Contains(names, g.Field) {
			names = append(names, g.Field)
		}
	}
	return names
}

// dataset returns the contract with which the plan publishes a dataset, or nil.
func (pl *plan) dataset(name string) *gold.Dataset {
	if d := pl.decision(name); d != nil {
		return d.dataset
	}
	return nil
}

// compared returns what became of a comparison where the current release compared the same rows of all that take part.
func (pl *plan) compared(c *comparison) *gold.RuleResult {
	for _, d := range c.parts() {
		if before := pl.before(d); before == nil || before.ID != d.id {
			return nil
		}
	}
	item, origin := pl.before(c.item), pl.before(c.origin)
	was := origin.Dataset.LookUp(lookedUpGroups(c.item.dataset.Rollup, c.origin.dataset), func(name string) *gold.Dataset {
		if v := pl.state.Current.Version(name); v != nil {
			return &v.Dataset
		}
		return nil
	})
	if !sameContract(&gold.Dataset{Rollup: item.Dataset.Rollup}, &gold.Dataset{Rollup: c.item.dataset.Rollup}) || !reflect.DeepEqual(was, c.looked) {
		return nil
	}
	for i := range pl.state.Current.Quality {
		if q := &pl.state.Current.Quality[i]; q.Dataset == c.item.name() && q.Rule == quality.RollupRule {
			return q
		}
	}
	return nil
}
