package columnar

import (
	"sync"

	"goldserve/gold"
)

// grid says how the rows of snapshots are looked at: in blocks, whose extents tell whether any row of them can match, and
// within a block in chunks, which fit into a processor's first cache.
type grid struct {
	block, chunk int
	indexed      uint64 // the number of codes from which rows are looked up by them
}

// defaultGrid is the grid of all but small snapshots of tests.
var defaultGrid = grid{block: 1 << 16, chunk: 1 << 11, indexed: 1_000}

// chunk is some rows of a block, ascending: rows, or all from from up to to where rows is nil.
type chunk struct {
	from, to int32
	rows     []int32
}

func (c chunk) len() int {
	if c.rows != nil {
		return len(c.rows)
	}
	return int(c.to - c.from)
}

// row returns the chunk's row i.
func (c chunk) row(i int) int32 {
	if c.rows != nil {
		return c.rows[i]
	}
	return c.from + int32(i)
}

// snapshot is all rows of one version. It is never changed.
type snapshot struct {
	grid    grid
	rows    int
	columns []column
	size    int64 // bytes

	joins sync.Map // joinKey → *join: what was found out when fields were looked up
}

// column returns the column of a field as a contract has it, or of the position, or nil: a contract that was changed since
// may name others.
func (s *snapshot) column(d *gold.Dataset, name string) *column {
	f := d.Column(name)
	for i := range s.columns {
		if c := &s.columns[i]; f != nil && c.field.Name == name && c.field.Kind == f.Kind && c.field.Scale == f.Scale {
			return c
		}
	}
	return nil
}

// blocks returns the number of blocks.
func (s *snapshot) blocks() int { return (s.rows + s.grid.block - 1) / s.grid.block }

// block returns the rows of a block.
func (s *snapshot) block(i int) (from, to int32) {
	return int32(i * s.grid.block), int32(min((i+1)*s.grid.block, s.rows))
}
