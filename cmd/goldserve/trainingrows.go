package main

import (
	"context"
	"errors"
	"io"

	"goldserve/gold"
)

// snapshot is the rows of a dataset that are of one date, in the order of the key, of which it holds a batch.
type snapshot struct {
	name   string // of the dataset
	key    gold.Field
	fields []gold.Field // besides the key, which comes first in the rows
	query  gold.Query

	rows  gold.Rows
	batch *gold.Batch // nil: there are no more rows
	row   int         // of the batch
}

// next goes to the next row, at first to the first one.
func (s *snapshot) next(ctx context.Context) error {
	if s.batch != nil && s.row+1 < s.batch.Rows {
		s.row++
		return nil
	}
	for {
		b, err := s.rows.Next(ctx)
		if errors.Is(err, io.EOF) {
			s.batch = nil
			return nil
		}
		if err != nil {
			return err
		}
		if b.Rows > 0 {
			s.batch, s.row = b, 0
			return nil
		}
	}
}

// done reports whether there are no more rows.
func (s *snapshot) done() bool { return s.batch == nil }

// value returns a value of the row: the key, then the fields.
func (s *snapshot) value(i int) gold.Value { return s.batch.Columns[i].Value(s.row) }

// reach goes to the first row whose key is not before one, and reports whether it has that key.
func (s *snapshot) reach(ctx context.Context, key gold.Value) (bool, error) {
	for !s.done() {
		if order := gold.Compare(s.value(0), key); order >= 0 {
			return order == 0, nil
		}
		if err := s.next(ctx); err != nil {
			return false, err
		}
	}
	return false, nil
}
