package gold

import (
	"context"
	"errors"
	"io"
)

// EachBatch calls do with each batch of an answer, until its end or the first error, and closes the answer. It returns
// the answer's stats.
func EachBatch(ctx context.Context, rows Rows, do func(*Batch) error) (stats Stats, err error) {
	defer func() {
		stats = rows.Stats()
		if closed := rows.Close(); closed != nil {
			err = errors.Join(err, closed)
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

// batchRows is an answer in memory.
type batchRows struct {
	batch *Batch
	from  int
	stats Stats
	close func()
}

// RowsOf answers with the rows of a batch, in parts if there are more than MaxBatch. close, if not nil, is called each
// time the answer is closed.
func RowsOf(b *Batch, stats Stats, close func()) Rows {
	return &batchRows{batch: b, stats: stats, close: close}
}

// usualBatch is the number of rows of a part.
const usualBatch = 4_096

// Next returns the batch, or its next part.
func (r *batchRows) Next(ctx context.Context) (*Batch, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if r.from >= r.batch.Rows {
		return nil, io.EOF
	}
	if r.from == 0 && r.batch.Rows <= MaxBatch {
		r.from = r.batch.Rows
		return r.batch, nil
	}
	part := NewBatch(r.batch.Fields, usualBatch)
	var row []Value
	for ; r.from < r.batch.Rows && part.Rows < usualBatch; r.from++ {
		row = r.batch.Row(r.from, row[:0])
		part.AppendRow(row...)
	}
	return part, nil
}

// Stats returns what the answer cost.
func (r *batchRows) Stats() Stats { return r.stats }

// Close calls close.
func (r *batchRows) Close() error {
	if r.close != nil {
		r.close()
	}
	return nil
}
