package query

import (
	"cmp"
	"context"
	"math"
	"slices"

	"goldserve/gold"
	"goldserve/gold/measure"
)

// recompute computes the rows from those of their origin, if a filter is by one of its fields, or if they are another
// growth than the contract's.
func (p *rowsPlan) recompute() Reason {
	d, where := p.query.Derivation(), p.query.Origin
	switch {
	case p.query.Scope.Derivation == nil && d == nil:
		return NoOrigin
	case d == nil:
		return NoOriginFilter
	}
	p.read = func(ctx context.Context, q gold.Query) (gold.Rows, error) {
		return p.engine.compute(ctx, &p.answer.Metadata, d, q, where)
	}
	return Applied
}

// Derivation returns how the rows are computed for a filter by fields of their origin, or as another growth than the stored
// one; nil: they are read as they are stored.
func (q *RowsQuery) Derivation() *Derivation {
	switch s := q.Scope; {
	case q.Growth == nil && len(q.Origin) == 0:
		return nil
	case q.Growth == nil:
		return s.Derivation
	case len(q.Origin) == 0:
		return s.Catalog.from(s.Version.Dataset.Derive.From, Derivation{growth: q.Growth})
	default:
		d := *s.Derivation
		d.growth = q.Growth
		return &d
	}
}

// compute answers a query of a version whose rows are computed from those of its origin for which where holds. The
// outcomes of the questions to the origin are added to to, if it isn't nil.
func (e *Engine) compute(ctx context.Context, to *Metadata, d *Derivation, q gold.Query, where []gold.Predicate) (gold.Rows, error) {
	compute := e.regroup
	switch {
	case d.histogram != nil:
		compute = e.recount
	case d.growth != nil:
		compute = e.regrow
	}
	rows, err := compute(ctx, to, d, q, where)
	if err != nil {
		return nil, err
	}
	return &computed{rows, d.Origin.Dataset.Name}, nil
}

// computed is an answer from another dataset's rows.
type computed struct {
	gold.Rows
	from string
}

// Stats names the dataset that answered.
func (c *computed) Stats() gold.Stats {
	stats := c.Rows.Stats()
	stats.AnsweredBy = cmp.Or(stats.AnsweredBy, c.from)
	return stats
}

// regroup answers a query of groups, which the store computes, filters and sorts.
func (e *Engine) regroup(ctx context.Context, to *Metadata, d *Derivation, q gold.Query, where []gold.Predicate) (gold.Rows, error) {
	a := gold.Aggregation{Version: d.Origin, Where: slices.Clone(where), Group: d.groups.by, Measures: d.groups.measures, Sort: q.Sort}
	for _, p := range q.Where {
		d.groups.restrict(&a, p)
	}
	for _, g := range d.groups.by {
		// A row of the origin whose group is null is in no row of the answer.
		if f := q.Version.Dataset.Field(g.Name()); f != nil && !f.Nullable {
			a.Having = append(a.Having, gold.Predicate{Field: g.Name(), Op: gold.NotNull})
		}
	}
	fields := q.OutFields()
	rows := &resumed{limit: q.Limit, fields: fields, pick: columnsOf(a.OutFields(), fields)}
	if q.After == nil {
		a.Limit = q.Limit
	} else {
		for i, term := range q.Sort {
			if slices.Contains(q.Version.Dataset.Key, term.Field) {
				rows.key, rows.after = append(rows.key, columnOf(a.OutFields(), term.Field)), append(rows.after, q.After[i])
			}
		}
	}
	var err error
	rows.rows, err = e.fromSmallest(ctx, to, d.catalog, a)
	return rows, err
}

// restrict adds a condition on a row of the answer: on rows of the origin where the fields are theirs as they are, which
// leaves less to group, else on the groups.
func (r *rollup) restrict(a *gold.Aggregation, p gold.Predicate) {
	if where, ok := r.ofOrigin(p); ok {
		a.Where = append(a.Where, where...)
		return
	}
	made, _ := gold.ReplaceComparisons([]gold.Predicate{p}, func(p gold.Predicate) (gold.Predicate, bool) {
		return widened(p, a.OutFields()), true
	})
	a.Having = append(a.Having, made...)
}

// widened compares a sum of decimals, which a group has with more digits than a row, with values of its kind.
func widened(p gold.Predicate, fields []gold.Field) gold.Predicate {
	i := columnOf(fields, p.Field)
	if i < 0 || fields[i].Kind != gold.WideDecimal {
		return p
	}
	values := slices.Clone(p.Values)
	for i, v := range values {
		if v.Kind() == gold.Decimal {
			values[i] = gold.NewWideDecimal(v.Int128())
		}
	}
	p.Values = values
	return p
}

// regrow answers a query of growth: that of the rows or groups which the filter leaves.
func (e *Engine) regrow(ctx context.Context, to *Metadata, d *Derivation, q gold.Query, where []gold.Predicate) (gold.Rows, error) {
	source := gold.Query{Fields: []string{d.growth.Order, d.growth.Value}}
	open := func() (gold.Rows, error) { return e.reader.Rows(ctx, source) }
	if d.groups == nil {
		source.Version, source.Where = d.Origin, where
	} else {
		source.Version = d.groups.version
		open = func() (gold.Rows, error) { return e.regroup(ctx, to, d, source, where) }
	}
	source.Sort = source.Version.Dataset.TotalSort([]gold.Sort{{Field: d.growth.Order}})
	rows, stats, err := collect(ctx, source.OutFields(), open)
	if err != nil {
		return nil, err
	}
	growth, err := measure.Growth(rows, *d.growth)
	if err != nil {
		return nil, err
	}
	return choose(q, growth, stats)
}

// recount answers a query of a histogram: its bins keep the edges of the whole dataset, and their counts are of the
// rows which the filter leaves.
func (e *Engine) recount(ctx context.Context, to *Metadata, d *Derivation, q gold.Query, where []gold.Predicate) (gold.Rows, error) {
	whole := gold.Query{Version: q.Version, Sort: q.Version.Dataset.TotalSort([]gold.Sort{{Field: "lower"}})}
	bins, stats, err := collect(ctx, whole.OutFields(), func() (gold.Rows, error) { return e.reader.Rows(ctx, whole) })
	if err != nil {
		return nil, err
	}
	edges := make([]float64, 0, bins.Rows+1)
	for i, edge := range append(slices.Clone(bins.Column("lower").Floats[:1]), bins.Column("upper").Floats...) {
		// A group of bins holds its lower edge and a bin of a histogram its upper one: the next double is the edge between.
		if edge = math.Nextafter(edge, math.Inf(1)); i > 0 && edge <= edges[i-1] {
			return nil, gold.Errorf(gold.Internal, gold.CodeReleaseInconsistent, "the bins of %s are out of order", q.Version.Dataset.Name)
		}
		edges = append(edges, edge)
	}
	counts := bins.Column("count").Ints
	byLabel := map[string]int{}
	for i := range counts {
		counts[i] = 0
		byLabel[measure.BinLabel(edges, false, i+1)] = i
	}
	a := gold.Aggregation{
		Version: d.Origin, Where: where, Group: []gold.Group{{Field: d.histogram.Field, Bins: edges, As: "bin"}},
		Measures: []gold.Measure{{Func: gold.Count, As: "rows"}},
	}
	counted, err := EachBatch(ctx, func() (gold.Rows, error) { return e.fromSmallest(ctx, to, d.catalog, a) }, func(b *gold.Batch) error {
		for i := range b.Rows {
			if bin, ok := byLabel[b.Columns[0].Value(i).Text()]; ok {
				counts[bin] += b.Columns[1].Ints[i]
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	stats.Duration += counted.Duration
	return choose(q, bins, stats)
}

// choose answers a query from all rows of its version, for versions that are small.
func choose(q gold.Query, all *gold.Batch, stats gold.Stats) (gold.Rows, error) {
	chosen, err := gold.Select(q, all)
	if err != nil {
		return nil, err
	}
	return gold.RowsOf(chosen, stats, nil), nil
}
