package parquet

import (
	"context"

	"goldserve/gold"
	"goldserve/gold/lake/content"
)

// Overruled returns how many rows hold another value than the partition gives, or one that can't be read, by file and
// field.
func (r *Reader) Overruled() map[content.FileColumn]int64 { return r.differ }

// overruled returns how many rows of a row group hold another value than the column's constant in the column of the
// same name that lies in the file. A column that can't be read is no error: nothing is taken from it.
func (r *Reader) overruled(ctx context.Context, in content.Input, c *column, ch chunk, rows int64) (differ int64) {
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
func (r *Reader) noteOverruled(ctx context.Context, in content.Input) {
	for _, k := range r.chosen {
		c := &r.file.columns[k]
		if c.inFile == nil {
			continue
		}
		if n := r.overruled(ctx, in, c, r.group.chunks[k], r.group.rows); n > 0 {
			r.differ[content.FileColumn{File: r.file.name, Field: c.field.Name}] += n
		}
	}
}
