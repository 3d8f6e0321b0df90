package diff

import (
	"context"
	"errors"
	"io"

	"goldserve/gold"
)

// merge compares versions that have the same key, both read in its order.
func (c *Comparison) merge(ctx context.Context, reader gold.Reader, pass func(Row) error) (err error) {
	before, err := c.open(ctx, reader, c.Before)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, before.rows.Close()) }()
	after, err := c.open(ctx, reader, c.After)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, after.rows.Close()) }()
	for before.batch != nil || after.batch != nil {
		order := before.compare(after, len(c.Key))
		switch {
		case order < 0:
			err = pass(Row{Kind: Removed, Before: before.row()})
		case order > 0:
			err = pass(Row{Kind: Added, After: after.row()})
		case !before.equals(after, len(c.Key)):
			err = pass(Row{Kind: Changed, Before: before.row(), After: after.row()})
		}
		if err == nil && order <= 0 {
			err = before.next(ctx)
		}
		if err == nil && order >= 0 {
			err = after.next(ctx)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// open reads a version in the order of the key.
func (c *Comparison) open(ctx context.Context, reader gold.Reader, v *gold.Version) (*cursor, error) {
	q := gold.Query{Version: v, Fields: gold.FieldNames(c.Fields)}
	for _, name := range c.Key {
		q.Sort = append(q.Sort, gold.Sort{Field: name})
	}
	rows, err := reader.Rows(ctx, q)
	if err != nil {
		return nil, err
	}
	at := &cursor{rows: rows, at: -1}
	if err := at.next(ctx); err != nil {
		return nil, errors.Join(err, rows.Close())
	}
	return at, nil
}

// cursor is a row of an answer that is being read.
type cursor struct {
	rows  gold.Rows
	batch *gold.Batch // nil: the end
	at    int
}

func (c *cursor) next(ctx context.Context) error {
	c.at++
	for c.batch == nil || c.at >= c.batch.Rows {
		batch, err := c.rows.Next(ctx)
		if errors.Is(err, io.EOF) {
			c.batch = nil
			return nil
		}
		if err != nil {
			return err
		}
		c.batch, c.at = batch, 0
	}
	return nil
}

func (c *cursor) row() []gold.Value { return c.batch.Row(c.at, nil) }

// compare compares the keys of two rows, the first columns; the end comes after all.
func (c *cursor) compare(o *cursor, key int) int {
	switch {
	case c.batch == nil:
		return 1
	case o.batch == nil:
		return -1
	}
	for i := range key {
		if order := c.batch.Columns[i].Compare(c.at, &o.batch.Columns[i], o.at); order != 0 {
			return order
		}
	}
	return 0
}

// equals reports whether two rows of the same key have the same values in the other columns.
func (c *cursor) equals(o *cursor, key int) bool {
	for i := key; i < len(c.batch.Columns); i++ {
		if c.batch.Columns[i].Compare(c.at, &o.batch.Columns[i], o.at) != 0 {
			return false
		}
	}
	return true
}
