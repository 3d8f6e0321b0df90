package query

import (
	"context"
	"fmt"
	"slices"
	"time"

	"goldserve/gold"
)

// Filtered reports whether the answer may be less than the whole dataset.
func (q *RowsQuery) Filtered() bool { return len(q.Where)+len(q.Origin) > 0 }

// Whole reports whether a query is of all fields of a dataset in its own order, unfiltered.
func (q *RowsQuery) Whole() bool {
	d := &q.Scope.Version.Dataset
	return !q.Filtered() && q.Growth == nil && q.Fields == nil && slices.Equal(q.Sort, d.TotalSort(d.DefaultSort))
}

// Resume starts the answer after a row. It reports whether the values fit the query's sort: as many, each null or of its
// field's kind.
func (q *RowsQuery) Resume(after []gold.Value) bool {
	if len(after) != len(q.Sort) {
		return false
	}
	for i, s := range q.Sort {
		if k := after[i].Kind(); k != gold.Null && k != q.sortField(s.Field).Kind {
			return false
		}
	}
	q.After = after
	return true
}

// sortField returns the field of a term of the sort: one of the rows' own, their position, or one that they look up.
func (q *RowsQuery) sortField(name string) *gold.Field {
	if f := q.Scope.Version.Dataset.Column(name); f != nil {
		return f
	}
	return q.Scope.Find(name).Field
}

// Ready returns an error if a dataset that the query reads has no rows.
func (q *RowsQuery) Ready() error { return q.Scope.ready(q.needs()...) }

// needs returns the versions that a query reads besides the scope's own.
func (q *RowsQuery) needs() []*gold.Version {
	versions := append(LookedUp(q.Where), LookedUp(q.Origin)...)
	if d := q.Derivation(); d != nil {
		versions = append(versions, d.needs()...)
	}
	for _, name := range q.Fields {
		versions = append(versions, q.Scope.Find(name).Join.Versions()...)
	}
	for _, term := range q.Scope.sorted(q.Sort) {
		versions = append(versions, term.Join.Versions()...)
	}
	return versions
}

// plan rewrites a question for rows.
func (e *Engine) plan(q *RowsQuery, what string) *rowsPlan {
	p := &rowsPlan{engine: e, query: q, read: e.reader.Rows, answer: &Answer{what: what + " of " + q.Scope.Version.Dataset.Name}}
	for _, r := range rowsRewrites {
		e.note(&p.answer.Metadata, Outcome{Rewrite: r.rewrite, Of: q.Scope.Version.Dataset.Name, Reason: r.apply(p)})
	}
	return p
}

// resolve finds the columns of the answer, and asks the store for their fields, those of the sort and the keys of lookups.
func (p *rowsPlan) resolve() Reason {
	q, v := p.query, p.query.Scope.Version
	p.stored = gold.Query{Version: v, Where: q.Where, Sort: q.Scope.sorted(q.Sort)}
	p.answer.Fields = v.Dataset.Fields
	var looked []string // that the answer is sorted by; a whole one needs no cursor
	for i, term := range p.stored.Sort {
		if term.Join != nil && q.rows() != Everything {
			looked = append(looked, q.Sort[i].Field)
		}
	}
	if p.names = q.Fields; p.names == nil {
		p.names = v.Dataset.FieldNames()
	}
	switch {
	case q.Fields != nil || looked != nil:
		p.stored.Fields, p.answer.Fields, p.lookups = q.Scope.project(p.names, looked)
	case v.Dataset.Keyless():
		p.stored.Fields = p.names
	default:
		return Applied
	}
	for _, term := range p.stored.Sort {
		if term.Join == nil && !slices.Contains(p.stored.Fields, term.Field) {
			p.stored.Fields = append(p.stored.Fields, term.Field)
		}
	}
	return Applied
}

// open opens the answer: its columns are those that are shown, then others.
func (p *rowsPlan) open(ctx context.Context) (a *Answer, err error) {
	a = p.answer
	if len(p.lookups) == 0 {
		a.rows, err = p.read(ctx, p.stored)
	} else {
		a.rows, err = p.engine.join(ctx, p.stored, p.lookups, p.names, p.read)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", a.what, err)
	}
	return a, nil
}

// Rows answers with rows of a dataset.
func (e *Engine) Rows(ctx context.Context, q *RowsQuery) (*Answer, error) {
	p := e.plan(q, "read rows")
	p.answer.end = func(ctx context.Context) error {
		if err := q.verify(p.answer); err != nil || q.Bare {
			return err
		}
		return e.completeRows(ctx, q, p.answer)
	}
	return p.open(ctx)
}

// Row answers with the one row of a key. If there is none, Next returns a NotFound error.
func (e *Engine) Row(ctx context.Context, q *RowQuery) (*Answer, error) {
	p := e.plan(&q.RowsQuery, "read a row")
	p.stored.Limit = 1
	p.answer.end = func(context.Context) error {
		if p.answer.Count == 0 {
			return gold.Errorf(gold.NotFound, gold.CodeRowNotFound, "%s has no row with the key %s", q.Scope.Version.Dataset.Name, q.Key)
		}
		return nil
	}
	return p.open(ctx)
}

// verify compares an answer with the release's record, so that rows that a store lost are an error, not a shorter answer.
func (q *RowsQuery) verify(a *Answer) error {
	v := q.Scope.Version
	if !q.Filtered() && q.After == nil {
		if a.Count != min(a.limit, v.Rows) {
			return gold.Errorf(gold.Internal, gold.CodeReleaseInconsistent, "%s has %s in its release, the store gave %d", v.Dataset.Name, gold.Counted(v.Rows, "row"), a.Count)
		}
		a.Truncated = a.Count < v.Rows
	}
	if a.Truncated && q.Limit == 0 {
		return Bound{Most: q.Most}.tooMany() // of a page: sheets look before they begin
	}
	return nil
}

// completeRows adds total and hints to an answer whose rows are read.
func (e *Engine) completeRows(ctx context.Context, q *RowsQuery, a *Answer) error {
	sc := q.Scope
	switch {
	case !q.Filtered():
		a.Total = &sc.Version.Rows
	case q.After == nil && !a.Truncated:
		a.Total = &a.Count
	case q.Exact:
		total, took, err := e.countRows(ctx, q)
		if err != nil {
			return err
		}
		a.Total, a.Took = &total, a.Took+took
	}
	if a.Count == 0 && q.After == nil {
		e.hint(ctx, &a.Metadata, sc.Catalog, sc.Version, q.Where)
		if len(q.Origin) > 0 {
			e.hint(ctx, &a.Metadata, sc.Catalog, sc.Derivation.Origin, q.Origin)
		}
	}
	return nil
}

// CheckRows returns an error if a query asks for everything and that is more than its answer may have. Filtered pages find
// that out while they are read.
func (e *Engine) CheckRows(ctx context.Context, q *RowsQuery) error {
	if q.Limit != 0 || q.Scope.Version.Rows <= q.Most || !q.Sheet && q.Filtered() {
		return nil
	}
	if !q.Filtered() {
		return q.tooMany()
	}
	n, _, err := e.countRows(ctx, q)
	if err == nil && n > q.Most {
		return q.tooMany()
	}
	return err
}

// countRows returns the exact number of rows of a query.
func (e *Engine) countRows(ctx context.Context, q *RowsQuery) (n int64, took time.Duration, err error) {
	v := q.Scope.Version
	open := func() (gold.Rows, error) {
		return e.fromSmallest(ctx, nil, q.Scope.Catalog, gold.Aggregation{Version: v, Where: q.Where, Measures: []gold.Measure{{Func: gold.Count}}})
	}
	add := func(b *gold.Batch) { n += b.Columns[0].Ints[0] }
	if d := q.Derivation(); d != nil {
		all := gold.Query{Version: v, Fields: v.Dataset.Key, Where: q.Where, Sort: v.Dataset.TotalSort(nil)} // computed rows have a key
		open = func() (gold.Rows, error) { return e.compute(ctx, nil, d, all, q.Origin) }
		add = func(b *gold.Batch) { n += int64(b.Rows) }
	}
	stats, err := EachBatch(ctx, open, func(b *gold.Batch) error { add(b); return nil })
	if err != nil {
		return 0, 0, fmt.Errorf("count rows of %s: %w", v.Dataset.Name, err)
	}
	return n, stats.Duration, nil
}
