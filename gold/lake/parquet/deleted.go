package parquet

import (
	"context"
	"errors"
	"io"
	"math"
	"sort"

	"github.com/RoaringBitmap/roaring/v2"

	"goldserve/gold"
)

// Delete leaves rows of the file, by their numbers from 0, out of everything: none of their values is looked at, and the rows
// that are left are numbered without them. It returns Invalid row_count where the file has fewer rows.
func (f *File) Delete(rows *roaring.Bitmap) error {
	if rows == nil || rows.IsEmpty() {
		return nil
	}
	if f.rows > math.MaxUint32 {
		return f.invalid(gold.CodeFileUnsupported, "it has %d rows, and some of them are deleted: compact the table (OPTIMIZE, or REORG TABLE … APPLY (PURGE))", f.rows)
	}
	if last := int64(rows.Maximum()); last >= f.rows {
		return f.invalid(gold.CodeRowCount, "its deletion vector lists the row %d, and the file has %d rows: the vector is another file's", last+1, f.rows)
	}
	f.deleted = rows
	left := int64(0)
	for i := range f.groups {
		g := &f.groups[i]
		g.leftBefore = left
		g.left = g.rows - int64(rows.CardinalityInRange(uint64(g.before), uint64(g.before+g.rows)))
		left += g.left
	}
	f.left = left
	return nil
}

// Stored returns the number of rows that the footer declares, deleted ones included.
func (f *File) Stored() int64 { return f.rows }

// RowOf returns the number in the file, from 1, of the nth row that is left, from 1.
func (f *File) RowOf(n int64) int64 {
	if f.deleted == nil {
		return n
	}
	return 1 + int64(sort.Search(int(f.rows), func(row int) bool { return int64(row)+1-int64(f.deleted.Rank(uint32(row))) >= n }))
}

// skips tells a cursor which rows of a file it leaves out.
type skips struct {
	deleted *roaring.Bitmap // nil: none
	next    roaring.IntPeekable
	whole   int64 // rows of the file up to the end of the row group
}

func (s *skips) open(f *File, g *group) {
	s.deleted, s.next, s.whole = f.deleted, nil, g.before+g.rows
	if s.deleted != nil {
		s.next = s.deleted.Iterator()
	}
}

// run returns whether a row of the file, from 0, is deleted, and how many rows from it on, at most so many, are as it.
func (s *skips) run(row int64, most int) (deleted bool, n int) {
	s.next.AdvanceIfNeeded(uint32(row))
	if !s.next.HasNext() {
		return false, most
	}
	if first := int64(s.next.PeekNext()); first > row {
		return false, int(min(int64(most), first-row))
	}
	for n < most && s.next.HasNext() && int64(s.next.PeekNext()) == row+int64(n) {
		s.next.Next()
		n++
	}
	return true, n
}

// at returns the number in the file, from 0, of the cursor's next row.
func (c *cursor) at() int64 { return c.skips.whole - c.left - int64(c.rows-c.row) }

// pass passes n rows of the page.
func (c *cursor) pass(n int) {
	present := n
	if c.levels != nil {
		present = 0
		for _, level := range c.levels[c.row : c.row+n] {
			present += int(level)
		}
	}
	c.row += n
	c.value += present
}

// passDeleted passes the rows after the last one that is left, all of which are deleted.
func (c *cursor) passDeleted(ctx context.Context) error {
	for {
		c.pass(c.rows - c.row)
		switch err := c.nextPage(ctx); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
	}
}

// passDeleted passes the rows after the last one that is left.
func (c *nestedCursor) passDeleted(ctx context.Context) error {
	for ; c.at < c.skips.whole; c.at++ {
		if err := c.passRow(ctx); err != nil {
			return err
		}
	}
	return nil
}

// passRow passes a row without looking at its values.
func (c *nestedCursor) passRow(ctx context.Context) error {
	for i := range c.leaves {
		l := &c.leaves[i]
		for first := true; ; first = false {
			more, err := l.ready(ctx)
			switch {
			case err != nil:
				return err
			case !more && first:
				return &countError{"its values end before the last row"}
			case !more:
			default:
				repeats, depth := l.levels()
				switch {
				case first && repeats != 0:
					return errContradiction
				case !first && repeats == 0:
					more = false
				case depth == l.place.depth:
					l.next()
				default:
					l.skip()
				}
			}
			if !more {
				break
			}
		}
	}
	return nil
}
