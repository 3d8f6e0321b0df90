package lake

import (
	"cmp"
	"context"
	"slices"
	"sort"
)

// Positions numbers the rows of a table from 0 by what its files hold: the files in the order of the values of their Hive
// partitions, then of the SHA-256 of their bytes, and each file's rows in their order. Names have no part in it, so that
// tables with the same Fingerprint number their rows alike.
type Positions struct {
	before []int64 // of each file, in the table's order: the rows before it
	shift  []int64 // from a row's number in the table to its position
}

// Positions returns the positions of the table's rows. It reads the files that Table opened, unless Fingerprint has, where
// some share a partition.
func (t *Table) Positions(ctx context.Context) (*Positions, error) {
	if err := t.ready(ctx); err != nil {
		return nil, err
	}
	order := make([]int, len(t.files))
	partitions, sums := make([]string, len(t.files)), make([]string, len(t.files))
	for i, f := range t.files {
		order[i], partitions[i] = i, f.partitionText()
	}
	if alone := slices.Compact(slices.Sorted(slices.Values(partitions))); len(alone) < len(partitions) {
		var err error
		if sums, err = hashAll(ctx, t.files); err != nil {
			return nil, err
		}
	}
	// Files that are equal in both have the same rows, so either may come first.
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(partitions[a], partitions[b]), cmp.Compare(sums[a], sums[b]))
	})
	p := &Positions{before: make([]int64, len(t.files)), shift: make([]int64, len(t.files))}
	start := int64(0)
	for _, i := range order {
		f := t.files[i]
		p.before[i], p.shift[i] = f.before, start-f.before-1
		start += f.rows()
	}
	return p, nil
}

// Of returns the position of a row, whose number in the table, from 1, Read gives.
func (p *Positions) Of(row int64) int64 {
	// The last file that begins before the row; an empty one begins where the next does.
	i := sort.Search(len(p.before), func(i int) bool { return p.before[i] >= row }) - 1
	return row + p.shift[i]
}
