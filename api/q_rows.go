package api

import (
	"context"
	"fmt"
	"slices"
	"time"

	"goldserve/gold"
)

// rowsQuery asks for rows of a dataset.
type rowsQuery struct {
	scope  *scope
	where  []gold.Predicate // on the answer's rows
	origin []gold.Predicate // on the rows that the answer is computed from; nil: it is read as it is stored
	sort   []gold.Sort
	fields []string     // nil: all of the contract; they may be borrowed
	after  []gold.Value // values of sort in the last row seen; nil: from the start
	exact  bool         // the total is wanted, also where it takes a question of its own
	bare   bool         // rows alone are wanted: no total, no hints
	bound
}

// filtered reports whether the answer may be less than the whole dataset.
func (q *rowsQuery) filtered() bool { return len(q.where)+len(q.origin) > 0 }

// whole reports whether a query is of all fields of a dataset in its own order, unfiltered.
func (q *rowsQuery) whole() bool {
	d := &q.scope.version.Dataset
	return !q.filtered() && q.fields == nil && slices.Equal(q.sort, d.TotalSort(d.DefaultSort))
}

// fits reports whether a place is one of the query's sort: as many values, each null or of its field's kind.
func (q *rowsQuery) fits(after []gold.Value) bool {
	if len(after) != len(q.sort) {
		return false
	}
	for i, s := range q.sort {
		if k := after[i].Kind(); k != gold.Null && k != q.scope.version.Dataset.Field(s.Field).Kind {
			return false
		}
	}
	return true
}

// ready returns an error where rows that the query needs are of no release.
func (q *rowsQuery) ready() error { return q.scope.ready(q.needs()...) }

// needs returns the versions that a query reads besides the scope's own.
func (q *rowsQuery) needs() []*gold.Version {
	versions := append(lenders(q.where), lenders(q.origin)...)
	if len(q.origin) > 0 {
		versions = append(versions, q.scope.recipe.needs()...)
	}
	for _, name := range q.fields {
		if r := q.scope.find(name); r.via != nil {
			versions = append(versions, r.via.Version)
		}
	}
	return versions
}

// ask returns how many rows to ask the store for (0: all of them): one more than the answer has, where nothing else tells
// whether there are more.
func (q *rowsQuery) ask() int64 {
	switch limit := q.rows(); {
	case limit == everything:
		return 0
	case !q.filtered() && q.after == nil:
		return limit
	default:
		return limit + 1
	}
}

// stored returns the query of the stored rows, the fields that the answer shows, and which of them are borrowed. Fields
// of the sort, and those that say what is borrowed, are asked for besides.
func (q *rowsQuery) stored() (stored gold.Query, shown []gold.Field, loans []loan) {
	v := q.scope.version
	stored = gold.Query{Version: v, Where: q.where, Sort: q.sort, After: q.after, Limit: q.ask()}
	if q.fields == nil {
		return stored, v.Dataset.Fields, nil
	}
	stored.Fields, shown, loans = q.scope.project(q.fields)
	for _, term := range stored.Sort {
		if !slices.Contains(stored.Fields, term.Field) {
			stored.Fields = append(stored.Fields, term.Field)
		}
	}
	return stored, shown, loans
}

// openRows opens the stored rows: their columns are those that are shown, then others.
func (e *engine) openRows(ctx context.Context, q *rowsQuery, stored gold.Query, loans []loan) (gold.Rows, error) {
	read := e.reader.Rows
	if len(q.origin) > 0 {
		read = func(ctx context.Context, stored gold.Query) (gold.Rows, error) {
			return e.compute(ctx, q.scope, stored, q.origin)
		}
	}
	if len(loans) == 0 {
		return read(ctx, stored)
	}
	return e.borrow(ctx, stored, loans, q.fields, read)
}

// rows answers with rows of a dataset.
func (e *engine) rows(ctx context.Context, q *rowsQuery) (*openAnswer, error) {
	stored, shown, loans := q.stored()
	a := &openAnswer{fields: shown, what: "read rows of " + q.scope.version.Dataset.Name, limit: q.bound.rows()}
	var err error
	if a.rows, err = e.openRows(ctx, q, stored, loans); err != nil {
		return nil, fmt.Errorf("%s: %w", a.what, err)
	}
	a.place = func(b *gold.Batch, i int) []gold.Value { return place(b, i, stored.Sort) }
	a.end = func(ctx context.Context) error {
		if err := q.check(a); err != nil || q.bare {
			return err
		}
		return e.completeRows(ctx, q, a)
	}
	return a, nil
}

// row answers with the one row of a query, none where there is none.
func (e *engine) row(ctx context.Context, q *rowsQuery) (*openAnswer, error) {
	stored, shown, loans := q.stored()
	stored.Limit = 1
	a := &openAnswer{fields: shown, what: "read a row of " + q.scope.version.Dataset.Name, limit: 1}
	var err error
	if a.rows, err = e.openRows(ctx, q, stored, loans); err != nil {
		return nil, fmt.Errorf("%s: %w", a.what, err)
	}
	return a, nil
}

// check holds an answer against what the release says, so that rows that a store lost never make a shorter answer.
func (q *rowsQuery) check(a *openAnswer) error {
	v := q.scope.version
	if !q.filtered() && q.after == nil {
		if a.count != min(a.limit, v.Rows) {
			return gold.Errorf(gold.Internal, gold.CodeReleaseInconsistent, "%s has %d rows in its release, the store gave %d", v.Dataset.Name, v.Rows, a.count)
		}
		a.truncated = a.count < v.Rows
	}
	if a.truncated && q.limit == 0 {
		return bound{most: q.most}.tooMany() // of a page: sheets look before they begin
	}
	return nil
}

// completeRows adds what needs more than the rows: total, hints.
func (e *engine) completeRows(ctx context.Context, q *rowsQuery, a *openAnswer) error {
	sc := q.scope
	switch {
	case !q.filtered():
		a.total = &sc.version.Rows
	case q.after == nil && !a.truncated:
		a.total = &a.count
	case q.exact:
		total, took, err := e.countRows(ctx, q)
		if err != nil {
			return err
		}
		a.total, a.took = &total, a.took+took
	}
	if a.count == 0 && q.after == nil {
		e.hint(ctx, &a.said, sc.catalog, sc.version, q.where)
		if len(q.origin) > 0 {
			e.hint(ctx, &a.said, sc.catalog, sc.recipe.origin, q.origin)
		}
	}
	return nil
}

// holdRows returns an error where everything that a query asks for is more than its answer may have. Answers that find
// that out while they are read need no such look.
func (e *engine) holdRows(ctx context.Context, q *rowsQuery) error {
	if !q.filtered() {
		return q.tooMany()
	}
	n, _, err := e.countRows(ctx, q)
	if err == nil && n > q.most {
		return q.tooMany()
	}
	return err
}

// place returns the values of a sort in row i.
func place(b *gold.Batch, i int, sort []gold.Sort) []gold.Value {
	values := make([]gold.Value, len(sort))
	for k, term := range sort {
		values[k] = b.Column(term.Field).Value(i)
	}
	return values
}

// countRows returns the exact number of rows of a query.
func (e *engine) countRows(ctx context.Context, q *rowsQuery) (n int64, took time.Duration, err error) {
	v := q.scope.version
	open := func() (gold.Rows, error) {
		return e.aggregate(ctx, q.scope.catalog, gold.Aggregation{Version: v, Where: q.where, Measures: []gold.Measure{{Func: gold.Count}}})
	}
	add := func(b *gold.Batch) { n += b.Columns[0].Ints[0] }
	if len(q.origin) > 0 {
		all := gold.Query{Version: v, Fields: v.Dataset.Key, Where: q.where, Sort: v.Dataset.TotalSort(nil)}
		open = func() (gold.Rows, error) { return e.compute(ctx, q.scope, all, q.origin) }
		add = func(b *gold.Batch) { n += int64(b.Rows) }
	}
	stats, err := eachBatch(ctx, open, func(b *gold.Batch) error { add(b); return nil })
	if err != nil {
		return 0, 0, fmt.Errorf("count rows of %s: %w", v.Dataset.Name, err)
	}
	return n, stats.Duration, nil
}
