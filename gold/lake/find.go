package lake

import (
	"context"
	"slices"
	"sort"

	"goldserve/gold"
)

// maxFound is how many rows Find returns at most.
const maxFound = 10

// Find returns the numbers of the first rows, ten at most, whose key fields equal the values. It reads the whole key, and
// is for messages: which rows share a key.
func (t *Table) Find(ctx context.Context, key []string, value []gold.Value) ([]int64, error) {
	if len(key) != len(value) || len(key) == 0 {
		return nil, gold.Errorf(gold.Internal, gold.CodeInternal, "find in %s: %d fields and %d values", t.source, len(key), len(value))
	}
	if err := t.ready(ctx); err != nil {
		return nil, err
	}
	read := Read{Fields: key}
	found := make([][]int64, max(1, t.groups()))
	_, err := t.Read(ctx, read, func(worker int, b *gold.Batch, first int64) error {
		for i := range b.Rows {
			// A worker reads forward, so its first ones are its smallest.
			if len(found[worker]) < maxFound && rowEquals(b, i, value) {
				found[worker] = append(found[worker], first+int64(i))
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	rows := slices.Concat(found...)
	slices.Sort(rows)
	return rows[:min(len(rows), maxFound)], nil
}

// Place returns the name of the file that holds a row, and the row's number in it.
func (t *Table) Place(row int64) (file string, in int64) {
	i := sort.Search(len(t.files), func(i int) bool { return row <= t.files[i].before+t.files[i].rows() })
	if i == len(t.files) {
		return t.source, row
	}
	return t.files[i].name(), row - t.files[i].before
}

// groups returns the number of row groups, which bounds that of workers.
func (t *Table) groups() int {
	n := 0
	for _, f := range t.files {
		n += f.content.Groups()
	}
	return n
}

func rowEquals(b *gold.Batch, row int, value []gold.Value) bool {
	for c := range value {
		if !b.Columns[c].Equals(row, value[c]) {
			return false
		}
	}
	return true
}
