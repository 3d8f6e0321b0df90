package query

import (
	"context"
	"slices"

	"goldserve/gold"
	"goldserve/gold/measure"
)

// MaxGroups is the largest number of fields that one aggregate groups by.
const MaxGroups = 8

// groups answers a query with at most limit groups, within another question.
func (e *Engine) groups(ctx context.Context, to *Metadata, q *AggregateQuery, limit int64) (gold.Rows, error) {
	p := &groupsPlan{engine: e, query: q, limit: limit}
	if _, err := p.resolve(ctx); err != nil {
		return nil, err
	}
	smaller, outcomes := q.Scope.Catalog.smallest(p.stored)
	e.note(to, outcomes...)
	p.stored = smaller
	return p.open(ctx)
}

// open opens the groups.
func (p *groupsPlan) open(ctx context.Context) (gold.Rows, error) {
	q, asked := p.query, p.query.Scope.Version
	measured := &measured{query: q, at: p.at, fields: p.fields}
	var err error
	if q.here() {
		if measured.Rows, err = p.engine.aggregate(ctx, asked, p.stored); err != nil {
			return nil, err
		}
		all, err := chooseGroups(ctx, q, p.fields, measured)
		return q.resume(all, p.fields, p.limit), err
	}
	a := p.stored
	a.Having, a.Sort = q.Having, q.Sort
	if q.After == nil {
		a.Limit = p.limit
	}
	if measured.Rows, err = p.engine.aggregate(ctx, asked, a); err != nil {
		return nil, err
	}
	return q.resume(measured, p.fields, p.limit), nil
}

// resolve finds the columns of the answer and what the store is asked for them.
func (p *groupsPlan) resolve(context.Context) (Reason, error) {
	p.stored, p.at = p.query.aggregation()
	p.fields = p.query.Columns()
	return Applied, nil
}

func (q *AggregateQuery) resume(rows gold.Rows, fields []gold.Field, limit int64) gold.Rows {
	r := &resumed{rows: rows, after: q.After, limit: limit, fields: fields, pick: columnsOf(fields, fields)}
	for i := range q.Groups {
		r.key = append(r.key, i)
	}
	return r
}

// here reports whether a computed metric filters or sorts the groups: the store doesn't compute formulas.
func (q *AggregateQuery) here() bool {
	computed := func(name string) bool {
		return slices.ContainsFunc(q.Measures, func(f Measure) bool { return f.Computed() && f.Name == name })
	}
	return slices.ContainsFunc(gold.Comparisons(q.Having), func(p gold.Predicate) bool { return computed(p.Field) }) ||
		slices.ContainsFunc(q.Sort, func(s gold.Sort) bool { return computed(s.Field) })
}

// chooseGroups filters and sorts all groups. Bins are sorted by their edges, not by their texts.
func chooseGroups(ctx context.Context, q *AggregateQuery, fields []gold.Field, groups gold.Rows) (gold.Rows, error) {
	wide := slices.Clone(fields)
	sort := slices.Clone(q.Sort)
	numbers := map[int]map[string]int64{} // of bins by their texts, by group
	for i, g := range q.Groups {
		at := slices.IndexFunc(sort, func(s gold.Sort) bool { return s.Field == g.Name() })
		if len(g.Bins) == 0 || at < 0 {
			continue
		}
		numbers[i] = map[string]int64{}
		for bin := range len(g.Bins) + 1 {
			numbers[i][measure.GroupLabel(g, bin)] = int64(bin)
		}
		sort[at].Field = "_" + g.Name()
		wide = append(wide, gold.Field{Name: sort[at].Field, Kind: gold.Int, Nullable: true})
	}
	all := gold.NewBatch(wide, 0)
	stats, err := EachBatch(ctx, func() (gold.Rows, error) { return groups, nil }, func(b *gold.Batch) error {
		for i := range b.Rows {
			row := b.Row(i, make([]gold.Value, 0, len(wide)))
			for g := range q.Groups {
				switch {
				case numbers[g] == nil:
				case row[g].IsNull():
					row = append(row, gold.Value{})
				default:
					row = append(row, gold.NewInt(numbers[g][row[g].Text()]))
				}
			}
			all.AppendRow(row...)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.Name
	}
	v := &gold.Version{Dataset: gold.Dataset{Fields: wide}}
	chosen, err := gold.Select(gold.Query{Version: v, Fields: names, Where: q.Having, Sort: sort}, all)
	if err != nil {
		return nil, err
	}
	return gold.RowsOf(chosen, stats, nil), nil
}

// measured is an answer of groups with its computed metrics.
type measured struct {
	gold.Rows
	query  *AggregateQuery
	at     map[string]int // column of a measure in the store's answer
	fields []gold.Field
}

// Next returns the next groups: the columns of the answer.
func (f *measured) Next(ctx context.Context) (*gold.Batch, error) {
	b, err := f.Rows.Next(ctx)
	if err != nil {
		return nil, err
	}
	groups := len(f.query.Groups)
	out := &gold.Batch{Fields: f.fields, Columns: slices.Clone(b.Columns[:groups]), Rows: b.Rows}
	next := groups
	for i := range f.query.Measures {
		if fig := &f.query.Measures[i]; fig.Computed() {
			out.Columns = append(out.Columns, f.figures(b, fig.Metric))
			continue
		}
		out.Columns = append(out.Columns, b.Columns[next])
		next++
	}
	return out, nil
}

func (f *measured) figures(b *gold.Batch, metric *gold.Metric) gold.Column {
	c := gold.Column{Kind: gold.Double}
	for i := range b.Rows {
		c.Append(f.query.Scope.Version.Dataset.Figure(metric, func(m gold.Measure) gold.Value { return b.Columns[f.at[m.String()]].Value(i) }))
	}
	return c
}
