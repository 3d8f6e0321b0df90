package gold

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"
	"time"
)

// numbers gives batches of one row each, then an error, and counts how often it is closed.
type numbers struct {
	batches int
	end     error
	failing error // of Close
	closed  int
}

func (n *numbers) Next(context.Context) (*Batch, error) {
	if n.batches == 0 {
		return nil, n.end
	}
	n.batches--
	b := NewBatch([]Field{{Name: "n", Kind: Int}}, 1)
	b.Columns[0].Append(NewInt(int64(n.batches)))
	b.Rows = 1
	return b, nil
}

func (n *numbers) Stats() Stats { return Stats{Duration: time.Duration(10 - n.batches)} }

func (n *numbers) Close() error {
	n.closed++
	return n.failing
}

func TestEachBatchReadsToTheEndAndCloses(t *testing.T) {
	broken, stop, closing := errors.New("broken"), errors.New("stop"), errors.New("not closed")
	for _, tt := range []struct {
		name   string
		rows   numbers
		stopAt int
		seen   int
		errs   []error
	}{
		{"the whole answer", numbers{batches: 3, end: io.EOF}, -1, 3, nil},
		{"no rows", numbers{end: io.EOF}, -1, 0, nil},
		{"an end that is wrapped", numbers{batches: 1, end: fmt.Errorf("last: %w", io.EOF)}, -1, 1, nil},
		{"an error", numbers{batches: 2, end: broken}, -1, 2, []error{broken}},
		{"an error of the reader", numbers{batches: 3, end: io.EOF}, 1, 2, []error{stop}},
		{"an error of closing", numbers{batches: 1, end: io.EOF, failing: closing}, -1, 1, []error{closing}},
		{"both", numbers{batches: 1, end: broken, failing: closing}, -1, 1, []error{broken, closing}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			seen := 0
			stats, err := EachBatch(t.Context(), &tt.rows, func(*Batch) error {
				seen++
				if tt.stopAt == seen-1 {
					return stop
				}
				return nil
			})
			if seen != tt.seen || tt.rows.closed != 1 || stats != tt.rows.Stats() {
				t.Errorf("%d batches, closed %d times, %v; expected %d, once, %v", seen, tt.rows.closed, stats, tt.seen, tt.rows.Stats())
			}
			if (err == nil) != (tt.errs == nil) {
				t.Errorf("got %v, expected %v", err, tt.errs)
			}
			for _, want := range tt.errs {
				if !errors.Is(err, want) {
					t.Errorf("got %v, expected %v", err, want)
				}
			}
		})
	}
}

func TestRowsOfComeInPartsWhereABatchIsTooLarge(t *testing.T) {
	for _, n := range []int{0, 1, MaxBatch, MaxBatch + 1, 2*MaxBatch + 3} {
		all := NewBatch([]Field{{Name: "n", Kind: Int}, {Name: "t", Kind: Text, Nullable: true}}, n)
		for i := range n {
			text := NewText(fmt.Sprint(i))
			if i%3 == 0 {
				text = Value{}
			}
			all.Columns[0].Append(NewInt(int64(i)))
			all.Columns[1].Append(text)
			all.Rows++
		}
		closed, next := 0, int64(0)
		stats, err := EachBatch(t.Context(), RowsOf(all, Stats{Duration: 7}, func() { closed++ }), func(b *Batch) error {
			if b.Rows > MaxBatch {
				t.Errorf("a batch of %d rows", b.Rows)
			}
			for i := range b.Rows {
				v, text := b.Columns[0].Value(i), b.Columns[1].Value(i)
				if v.Int() != next || text.IsNull() != (next%3 == 0) || !text.IsNull() && text.Text() != fmt.Sprint(next) {
					t.Fatalf("row %d is %s, %s", next, v, text)
				}
				next++
			}
			return nil
		})
		if err != nil || next != int64(n) || closed != 1 || stats.Duration != 7 {
			t.Errorf("%d rows of %d, closed %d times, %v, %v", next, n, closed, stats, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := RowsOf(NewBatch(nil, 0), Stats{}, nil).Next(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled request: %v", err)
	}
}
