package query

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"goldserve/gold"
)

// Answer is an open answer: its rows, cut at the question's limit, and its metadata.
// It is not safe for concurrent use.
type Answer struct {
	Metadata
	Fields []gold.Field // the columns; batches may have others behind them

	what     string // the task, for errors: read rows of orders
	rows     gold.Rows
	limit    int64
	early    bool // a cut answer reads no further rows
	done     bool // Next returns io.EOF
	each     func(*gold.Batch) *gold.Batch
	seen     func(*gold.Batch)                   // after the cut
	position func(*gold.Batch, int) []gold.Value // of a row, for a cursor
	end      func(context.Context) error
}

// Metadata describes an answer beside its rows. It is complete once Next has returned io.EOF.
type Metadata struct {
	Count       int64
	Truncated   bool   // a limit left rows out
	Total       *int64 // nil: it isn't known
	Took        time.Duration
	AnsweredBy  string
	Last        []gold.Value // the position of the last row, of a truncated answer
	Unavailable []Unavailable
	Compared    *Compared
	Partial     []string    // texts of periods that the data don't cover to their end
	Totals      *gold.Batch // one row: the measures over all rows of the question; nil: they weren't asked for
	Hints       []Hint
	Rewrites    []Outcome // of the question, in order
}

// Unavailable is a key figure without a value, and why.
type Unavailable struct{ Name, Reason string }

// Hint names the nearest value that exists for a filter value that doesn't.
type Hint struct {
	Field             string
	Op                gold.Op
	Value, DidYouMean string
}

// Next returns the next batch of the answer, or io.EOF after the last: then Metadata is complete.
func (a *Answer) Next(ctx context.Context) (*gold.Batch, error) {
	if a.done {
		return nil, io.EOF
	}
	if a.early && a.Truncated {
		return nil, a.finish(ctx)
	}
	b, err := a.rows.Next(ctx)
	if errors.Is(err, io.EOF) {
		return nil, a.finish(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", a.what, err)
	}
	if a.each != nil {
		b = a.each(b)
	}
	cut := *b
	cut.Rows = int(min(int64(b.Rows), a.limit-a.Count))
	a.Truncated = a.Truncated || cut.Rows < b.Rows
	a.Count += int64(cut.Rows)
	if a.seen != nil {
		a.seen(&cut)
	}
	if a.position != nil && a.Count == a.limit && cut.Rows > 0 {
		a.Last = a.position(b, cut.Rows-1)
	}
	return &cut, nil
}

// finish closes the rows and completes Metadata. It returns io.EOF, or the error of that.
func (a *Answer) finish(ctx context.Context) error {
	a.done = true
	stats := a.rows.Stats()
	a.Took += stats.Duration
	a.AnsweredBy = stats.AnsweredBy
	if err := a.rows.Close(); err != nil {
		return fmt.Errorf("%s: %w", a.what, err)
	}
	if a.end != nil {
		if err := a.end(ctx); err != nil {
			return err
		}
	}
	if !a.Truncated {
		a.Last = nil
	}
	return io.EOF
}

// Stats returns the store's time so far, and what answered.
func (a *Answer) Stats() gold.Stats {
	stats := a.rows.Stats()
	stats.Duration = max(stats.Duration, a.Took)
	return stats
}

// Close ends the answer early or late.
func (a *Answer) Close() error {
	if a.done {
		return nil
	}
	a.done = true
	return a.rows.Close()
}

// EachBatch opens an answer and reads it as gold.EachBatch does.
func EachBatch(ctx context.Context, open func() (gold.Rows, error), do func(*gold.Batch) error) (gold.Stats, error) {
	rows, err := open()
	if err != nil {
		return gold.Stats{}, err
	}
	return gold.EachBatch(ctx, rows, do)
}

// reorder returns a batch with the columns of names first, in their order.
func reorder(b *gold.Batch, names []string) *gold.Batch {
	out := &gold.Batch{Rows: b.Rows}
	add := func(i int) {
		out.Fields, out.Columns = append(out.Fields, b.Fields[i]), append(out.Columns, b.Columns[i])
	}
	for _, name := range names {
		add(slices.IndexFunc(b.Fields, func(f gold.Field) bool { return f.Name == name }))
	}
	for i, f := range b.Fields {
		if !slices.Contains(names, f.Name) {
			add(i)
		}
	}
	return out
}

// collect reads all rows of an answer into memory.
func collect(ctx context.Context, fields []gold.Field, open func() (gold.Rows, error)) (*gold.Batch, gold.Stats, error) {
	all := gold.NewBatch(fields, 0)
	row := make([]gold.Value, 0, len(fields))
	stats, err := EachBatch(ctx, open, func(b *gold.Batch) error {
		for i := range b.Rows {
			all.AppendRow(b.Row(i, row[:0])...)
		}
		return nil
	})
	return all, stats, err
}
