package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"goldserve/gold"
	"goldserve/gold/format"
)

// pageRequest is a query with the place where it starts.
type pageRequest struct {
	scope *scope
	query *rowsQuery
	after []gold.Value
}

// page is what was read of an answer.
type page struct {
	count     int64
	truncated bool
	last      []gold.Value // the sort's values in the last row, where truncated
	stats     gold.Stats
	encode    time.Duration
}

// rows returns how many rows to ask the store for (0: all of them): one more than the page has, where nothing else tells
// whether there are more; and how many the page has at most.
func (a *pageRequest) rows() (ask, limit int64) {
	limit = a.query.limit
	if limit == 0 {
		limit = a.query.most
	}
	switch {
	case limit == everything:
		return 0, limit
	case !a.query.filtered() && a.after == nil:
		return limit, limit
	default:
		return limit + 1, limit
	}
}

// gold returns the query of the stored rows, the fields that the answer shows, and which of them are borrowed. Fields
// of the sort, and those that say what is borrowed, are asked for besides.
func (a *pageRequest) gold() (q gold.Query, shown []gold.Field, loans []loan) {
	v := a.scope.version
	q = gold.Query{Version: v, Where: a.query.where, Sort: a.query.sort, After: a.after}
	q.Limit, _ = a.rows()
	if a.query.fields == nil {
		return q, v.Dataset.Fields, nil
	}
	q.Fields, shown, loans = a.scope.project(a.query.fields)
	for _, term := range q.Sort {
		if !slices.Contains(q.Fields, term.Field) {
			q.Fields = append(q.Fields, term.Field)
		}
	}
	return q, shown, loans
}

// open opens the answer: its columns are those that are shown, then others.
func (a *pageRequest) open(ctx context.Context, s *Server, q gold.Query, loans []loan) (gold.Rows, error) {
	read := s.reader.Rows
	if len(a.query.origin) > 0 {
		read = func(ctx context.Context, q gold.Query) (gold.Rows, error) {
			return s.compute(ctx, a.scope, q, a.query.origin)
		}
	}
	if len(loans) == 0 {
		return read(ctx, q)
	}
	return s.borrow(ctx, q, loans, a.query.fields, read)
}

// readPage runs the query and gives the page's rows to a sink.
func (s *Server) readPage(ctx context.Context, a *pageRequest, to sink) (*page, error) {
	q, shown, loans := a.gold()
	write, err := to(shown)
	if err != nil {
		return nil, err
	}
	_, limit := a.rows()
	p := &page{}
	took, err := eachBatch(ctx, func() (gold.Rows, error) { return a.open(ctx, s, q, loans) }, func(b *gold.Batch) error {
		start := time.Now()
		defer func() { p.encode += time.Since(start) }()
		cut := *b
		cut.Rows = int(min(int64(b.Rows), limit-p.count))
		p.truncated = p.truncated || cut.Rows < b.Rows
		p.count += int64(cut.Rows)
		if p.count == limit && cut.Rows > 0 {
			p.last = place(b, cut.Rows-1, q.Sort)
		}
		return write(&cut)
	})
	p.stats = took
	if err != nil {
		return nil, fmt.Errorf("read rows of %s: %w", a.scope.version.Dataset.Name, err)
	}
	return p, a.check(p)
}

// check holds a page against what the release says, so that rows that a store lost never make a shorter answer.
func (a *pageRequest) check(p *page) error {
	v := a.scope.version
	if !a.query.filtered() && a.after == nil {
		if _, limit := a.rows(); p.count != min(limit, v.Rows) {
			return gold.Errorf(gold.Internal, gold.CodeReleaseInconsistent, "%s has %d rows in its release, the store gave %d", v.Dataset.Name, v.Rows, p.count)
		}
		p.truncated = p.count < v.Rows
	}
	if p.truncated && a.query.limit == 0 {
		return tooManyRows(format.JSON, a.query.most) // other formats look before they begin
	}
	return nil
}

// place returns the values of a sort in row i.
func place(b *gold.Batch, i int, sort []gold.Sort) []gold.Value {
	values := make([]gold.Value, len(sort))
	for k, term := range sort {
		values[k] = b.Column(term.Field).Value(i)
	}
	return values
}

// eachBatch opens an answer, calls do with each of its batches and closes it. It returns the store's statistics.
func eachBatch(ctx context.Context, open func() (gold.Rows, error), do func(*gold.Batch) error) (stats gold.Stats, err error) {
	rows, err := open()
	if err != nil {
		return stats, err
	}
	defer func() {
		stats = rows.Stats()
		if closeErr := rows.Close(); err == nil {
			err = closeErr
		}
	}()
	for {
		b, err := rows.Next(ctx)
		if errors.Is(err, io.EOF) {
			return stats, nil
		}
		if err == nil {
			err = do(b)
		}
		if err != nil {
			return stats, err
		}
	}
}

// count returns the exact number of rows of a page's filter.
func (s *Server) count(ctx context.Context, a *pageRequest) (n int64, took time.Duration, err error) {
	v := a.scope.version
	open := func() (gold.Rows, error) {
		return s.aggregate(ctx, a.scope.catalog, gold.Aggregation{Version: v, Where: a.query.where, Measures: []gold.Measure{{Func: gold.Count}}})
	}
	add := func(b *gold.Batch) { n += b.Columns[0].Ints[0] }
	if len(a.query.origin) > 0 {
		all := gold.Query{Version: v, Fields: v.Dataset.Key, Where: a.query.where, Sort: v.Dataset.TotalSort(nil)}
		open = func() (gold.Rows, error) { return s.compute(ctx, a.scope, all, a.query.origin) }
		add = func(b *gold.Batch) { n += int64(b.Rows) }
	}
	stats, err := eachBatch(ctx, open, func(b *gold.Batch) error { add(b); return nil })
	if err != nil {
		return 0, 0, fmt.Errorf("count rows of %s: %w", v.Dataset.Name, err)
	}
	return n, stats.Duration, nil
}
