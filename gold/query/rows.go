package query

import (
	"context"
	"fmt"
	"slices"
	"time"

	"goldserve/gold"
)

// RowsQuery asks for rows of a dataset.
type RowsQuery struct {
	Scope  *Scope
	Where  []gold.Predicate // on the answer's rows
	Origin []gold.Predicate // on the rows that the answer is computed from; nil: it is read as it is stored
	Sort   []gold.Sort
	Fields []string     // nil: all of the contract; they may be borrowed
	After  []gold.Value // values of sort in the last row seen; nil: from the start
	Exact  bool         // the total is wanted, also where it takes a question of its own
	Bare   bool         // rows alone are wanted: no total, no hints
	Bound
}

// Filtered reports whether the answer may be less than the whole dataset.
func (q *RowsQuery) Filtered() bool { return len(q.Where)+len(q.Origin) > 0 }

// Whole reports whether a query is of all fields of a dataset in its own order, unfiltered.
func (q *RowsQuery) Whole() bool {
	d := &q.Scope.Version.Dataset
	return !q.Filtered() && q.Fields == nil && slices.Equal(q.Sort, d.TotalSort(d.DefaultSort))
}

// Fits reports whether a place is one of the query's sort: as many values, each null or of its field's kind.
func (q *RowsQuery) Fits(after []gold.Value) bool {
	if len(after) != len(q.Sort) {
		return false
	}
	for i, s := range q.Sort {
		if k := after[i].Kind(); k != gold.Null && k != q.Scope.Version.Dataset.Field(s.Field).Kind {
			return false
		}
	}
	return true
}

// Ready returns an error where rows that the query needs are of no release.
func (q *RowsQuery) Ready() error { return q.Scope.ready(q.needs()...) }

// needs returns the versions that a query reads besides the scope's own.
func (q *RowsQuery) needs() []*gold.Version {
	versions := append(LookedUp(q.Where), LookedUp(q.Origin)...)
	if len(q.Origin) > 0 {
		versions = append(versions, q.Scope.Derivation.needs()...)
	}
	for _, name := range q.Fields {
		if r := q.Scope.Find(name); r.Via != nil {
			versions = append(versions, r.Via.Version)
		}
	}
	return versions
}

// ask returns how many rows to ask the store for (0: all of them): one more than the answer has, where nothing else tells
// whether there are more.
func (q *RowsQuery) ask() int64 {
	switch limit := q.rows(); {
	case limit == Everything:
		return 0
	case !q.Filtered() && q.After == nil:
		return limit
	default:
		return limit + 1
	}
}

// stored returns the query of the stored rows, the fields that the answer shows, and which of them are borrowed. Fields
// of the sort, and those that say what is borrowed, are asked for besides.
func (q *RowsQuery) stored() (stored gold.Query, shown []gold.Field, loans []lookup) {
	v := q.Scope.Version
	stored = gold.Query{Version: v, Where: q.Where, Sort: q.Sort, After: q.After, Limit: q.ask()}
	if q.Fields == nil {
		return stored, v.Dataset.Fields, nil
	}
	stored.Fields, shown, loans = q.Scope.project(q.Fields)
	for _, term := range stored.Sort {
		if !slices.Contains(stored.Fields, term.Field) {
			stored.Fields = append(stored.Fields, term.Field)
		}
	}
	return stored, shown, loans
}

// openRows opens the stored rows: their columns are those that are shown, then others.
func (e *Engine) openRows(ctx context.Context, q *RowsQuery, stored gold.Query, loans []lookup) (gold.Rows, error) {
	read := e.reader.Rows
	if len(q.Origin) > 0 {
		read = func(ctx context.Context, stored gold.Query) (gold.Rows, error) {
			return e.compute(ctx, q.Scope, stored, q.Origin)
		}
	}
	if len(loans) == 0 {
		return read(ctx, stored)
	}
	return e.join(ctx, stored, loans, q.Fields, read)
}

// Rows answers with rows of a dataset.
func (e *Engine) Rows(ctx context.Context, q *RowsQuery) (*Answer, error) {
	stored, shown, loans := q.stored()
	a := &Answer{Fields: shown, what: "read rows of " + q.Scope.Version.Dataset.Name, limit: q.rows()}
	var err error
	if a.rows, err = e.openRows(ctx, q, stored, loans); err != nil {
		return nil, fmt.Errorf("%s: %w", a.what, err)
	}
	a.place = func(b *gold.Batch, i int) []gold.Value { return place(b, i, stored.Sort) }
	a.end = func(ctx context.Context) error {
		if err := q.check(a); err != nil || q.Bare {
			return err
		}
		return e.completeRows(ctx, q, a)
	}
	return a, nil
}

// Row answers with the one row of a query, none where there is none.
func (e *Engine) Row(ctx context.Context, q *RowsQuery) (*Answer, error) {
	stored, shown, loans := q.stored()
	stored.Limit = 1
	a := &Answer{Fields: shown, what: "read a row of " + q.Scope.Version.Dataset.Name, limit: 1}
	var err error
	if a.rows, err = e.openRows(ctx, q, stored, loans); err != nil {
		return nil, fmt.Errorf("%s: %w", a.what, err)
	}
	return a, nil
}

// check holds an answer against what the release says, so that rows that a store lost never make a shorter answer.
func (q *RowsQuery) check(a *Answer) error {
	v := q.Scope.Version
	if !q.Filtered() && q.After == nil {
		if a.Count != min(a.limit, v.Rows) {
			return gold.Errorf(gold.Internal, gold.CodeReleaseInconsistent, "%s has %d rows in its release, the store gave %d", v.Dataset.Name, v.Rows, a.Count)
		}
		a.Truncated = a.Count < v.Rows
	}
	if a.Truncated && q.Limit == 0 {
		return Bound{Most: q.Most}.tooMany() // of a page: sheets look before they begin
	}
	return nil
}

// completeRows adds what needs more than the rows: total, hints.
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
		e.hint(ctx, &a.Said, sc.Catalog, sc.Version, q.Where)
		if len(q.Origin) > 0 {
			e.hint(ctx, &a.Said, sc.Catalog, sc.Derivation.Origin, q.Origin)
		}
	}
	return nil
}

// HoldRows returns an error where everything that a query asks for is more than its answer may have. Answers that find
// that out while they are read need no such look.
func (e *Engine) HoldRows(ctx context.Context, q *RowsQuery) error {
	if !q.Filtered() {
		return q.tooMany()
	}
	n, _, err := e.countRows(ctx, q)
	if err == nil && n > q.Most {
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
func (e *Engine) countRows(ctx context.Context, q *RowsQuery) (n int64, took time.Duration, err error) {
	v := q.Scope.Version
	open := func() (gold.Rows, error) {
		return e.fromSmallest(ctx, q.Scope.Catalog, gold.Aggregation{Version: v, Where: q.Where, Measures: []gold.Measure{{Func: gold.Count}}})
	}
	add := func(b *gold.Batch) { n += b.Columns[0].Ints[0] }
	if len(q.Origin) > 0 {
		all := gold.Query{Version: v, Fields: v.Dataset.Key, Where: q.Where, Sort: v.Dataset.TotalSort(nil)}
		open = func() (gold.Rows, error) { return e.compute(ctx, q.Scope, all, q.Origin) }
		add = func(b *gold.Batch) { n += int64(b.Rows) }
	}
	stats, err := EachBatch(ctx, open, func(b *gold.Batch) error { add(b); return nil })
	if err != nil {
		return 0, 0, fmt.Errorf("count rows of %s: %w", v.Dataset.Name, err)
	}
	return n, stats.Duration, nil
}
