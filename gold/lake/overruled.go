package lake

import (
	"cmp"
	"context"
	"io"
	"slices"
	"strings"

	"goldserve/gold"
)

// Overruled tells of a file whose own column differs from the value that the name of its folder gives: a=5. The
// folder's counts, as for Spark, DuckDB, pyarrow and Polars.
type Overruled struct {
	Field string
	File  string
	Rows  int64 // that hold another value, or one that can't be read
}

// overruledColumn names a column of a file.
type overruledColumn struct{ file, field string }

// overruled returns how many rows of a row group hold another value than the column's constant in the column of the
// same name that lies in the file. A column that can't be read is no error: nothing is taken from it.
func (w *worker) overruled(ctx context.Context, open io.ReaderAt, c *column, ch chunk, rows int64) (differ int64) {
	if c.inFile.convert == nil || ch.size == 0 {
		return rows
	}
	defer func() {
		if recover() != nil {
			differ = rows
		}
	}()
	read := cursor{pages: pages{codec: &w.codec}}
	read.open(open, c.inFile, ch, rows)
	batch := gold.NewBatch([]gold.Field{c.field}, w.limit)
	values := &batch.Columns[0]
	for done := int64(0); done < rows; done += int64(values.Len()) {
		batch.Reset()
		if _, err := read.fill(values, int(min(rows-done, int64(w.limit)))); err != nil || values.Len() == 0 || ctx.Err() != nil {
			return rows
		}
		for i := range values.Len() {
			if !valueEquals(values, i, *c.constant) {
				differ++
			}
		}
	}
	return differ
}

// noteOverruled counts the rows of a row group whose columns are overruled by their folder's name.
func (w *worker) noteOverruled(ctx context.Context, open io.ReaderAt, t task) {
	g := &t.file.groups[t.group]
	for _, k := range w.chosen {
		c := &t.file.columns[k]
		if c.inFile == nil {
			continue
		}
		if n := w.overruled(ctx, open, c, g.chunks[k], g.rows); n > 0 {
			w.differ[overruledColumn{t.file.name, c.field.Name}] += n
		}
	}
}

// overruledColumns puts together what the workers noted, by file and field.
func overruledColumns(workers []*worker) []Overruled {
	rows := map[overruledColumn]int64{}
	for _, w := range workers {
		for c, n := range w.differ {
			rows[c] += n
		}
	}
	var all []Overruled
	for c, n := range rows {
		all = append(all, Overruled{Field: c.field, File: c.file, Rows: n})
	}
	slices.SortFunc(all, func(a, b Overruled) int {
		return cmp.Or(strings.Compare(a.File, b.File), strings.Compare(a.Field, b.Field))
	})
	return all
}
