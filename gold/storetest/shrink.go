package storetest

import (
	"slices"

	"goldserve/gold"
)

// smallest takes parts of a question away for as long as it still fails.
func smallest[Q any](q Q, smaller func(Q) []Q, fails func(Q) bool) Q {
	for {
		i := slices.IndexFunc(smaller(q), fails)
		if i < 0 {
			return q
		}
		q = smaller(q)[i]
	}
}

func smallerQueries(q gold.Query) []gold.Query {
	var out []gold.Query
	add := func(change func(*gold.Query)) {
		c := q
		change(&c)
		out = append(out, c)
	}
	for _, where := range smallerConditions(q.Where) {
		add(func(c *gold.Query) { c.Where = where })
	}
	if q.After != nil {
		add(func(c *gold.Query) { c.After = nil })
	}
	if q.Limit != 0 {
		add(func(c *gold.Query) { c.Limit = 0 })
	}
	if q.After == nil && len(q.Sort) > len(q.Version.Dataset.TotalSort(nil)) {
		add(func(c *gold.Query) { c.Sort = q.Version.Dataset.TotalSort(nil) })
	}
	return out
}

func smallerAggregations(a gold.Aggregation) []gold.Aggregation {
	var out []gold.Aggregation
	add := func(change func(*gold.Aggregation)) {
		c := a
		change(&c)
		out = append(out, c)
	}
	for _, where := range smallerConditions(a.Where) {
		add(func(c *gold.Aggregation) { c.Where = where })
	}
	for _, having := range smallerConditions(a.Having) {
		add(func(c *gold.Aggregation) { c.Having = having })
	}
	for i := range a.Sort {
		add(func(c *gold.Aggregation) { c.Sort = without(a.Sort, i) })
	}
	if a.Limit != 0 {
		add(func(c *gold.Aggregation) { c.Limit = 0 })
	}
	for i, g := range a.Group {
		if !named(a, g.Name()) {
			add(func(c *gold.Aggregation) { c.Group = without(a.Group, i) })
		}
	}
	for i, m := range a.Measures {
		if m.Where != "" {
			add(func(c *gold.Aggregation) {
				c.Measures = slices.Clone(a.Measures)
				c.Measures[i].Where = ""
			})
		}
		if !named(a, m.Name()) && len(a.Measures) > 1 {
			add(func(c *gold.Aggregation) { c.Measures = without(a.Measures, i) })
		}
	}
	return out
}

// smallerConditions takes away one predicate or one alternative, or a part of one.
func smallerConditions(where []gold.Predicate) [][]gold.Predicate {
	var out [][]gold.Predicate
	for i, p := range where {
		out = append(out, without(where, i))
		for k, alternative := range p.Any {
			replace := func(with ...gold.Predicate) { out = append(out, slices.Replace(slices.Clone(where), i, i+1, with...)) }
			replace(alternative...)
			for _, smaller := range smallerConditions(alternative) {
				if len(smaller) > 0 {
					any := slices.Clone(p.Any)
					any[k] = smaller
					replace(gold.Predicate{Any: any})
				}
			}
		}
	}
	return out
}

// named reports whether having or sort name a column.
func named(a gold.Aggregation, column string) bool {
	return slices.ContainsFunc(gold.Comparisons(a.Having), func(p gold.Predicate) bool { return p.Field == column }) ||
		slices.ContainsFunc(a.Sort, func(s gold.Sort) bool { return s.Field == column })
}

func without[T any](list []T, i int) []T { return slices.Delete(slices.Clone(list), i, i+1) }
