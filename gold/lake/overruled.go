package lake

import (
	"cmp"
	"context"
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
func (r *reader) overruled(ctx context.Context, in input, c *column, ch chunk, rows int64) (differ int64) {
	if c.inFile.convert == nil || ch.size == 0 {
		return rows
	}
	defer func() {
		if recover() != nil {
			differ = rows
		}
	}()
	read := cursor{pages: pages{codec: &r.codec}}
	read.open(in, c.inFile, ch, rows)
	batch := gold.NewBatch([]gold.Field{c.field}, r.limit)
	values := &batch.Columns[0]
	for done := int64(0); done < rows; done += int64(values.Len()) {
		batch.Reset()
		if _, err := read.fill(ctx, values, int(min(rows-done, int64(r.limit)))); err != nil || values.Len() == 0 || ctx.Err() != nil {
			return rows
		}
		for i := range values.Len() {
			if !values.Equals(i, *c.constant) {
				differ++
			}
		}
	}
	return differ
}

// noteOverruled counts the rows of a row group whose columns are overruled by their folder's name.
func (r *reader) noteOverruled(ctx context.Context, in input) {
	for _, k := range r.chosen {
		c := &r.file.columns[k]
		if c.inFile == nil {
			continue
		}
		if n := r.overruled(ctx, in, c, r.group.chunks[k], r.group.rows); n > 0 {
			r.differ[overruledColumn{r.file.name, c.field.Name}] += n
		}
	}
}

// overruledColumns puts together what the readers noted, by file and field.
func overruledColumns(readers []*reader) []Overruled {
	rows := map[overruledColumn]int64{}
	for _, r := range readers {
		for c, n := range r.differ {
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
