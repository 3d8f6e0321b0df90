package parquet

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go/format"

	"goldserve/gold"
	"goldserve/gold/lake/content"
)

// cursor converts one column of one row group after the other, as many rows at a time as are asked for. It belongs to
// one worker.
type cursor struct {
	column *column
	nested nestedCursor // of a nested column, to which nothing of the rest belongs
	pages  pages
	left   int64 // rows of the chunk that are in no page yet
	skips  skips

	// The page being read.
	values  values
	levels  []byte  // one a row: 1 where there is a value; nil: in every row
	buffer  []byte  // memory of levels
	indexes []int32 // into the dictionary, where coded
	coded   bool
	rows    int // of the page
	row     int // the next one
	value   int // the next one, nulls left out

	dict     dictionary
	lost     int64 // values that lost digits
	coerced  coercions
	expanded int64 // bytes of text taken from the dictionary of this chunk
}

// dictionary is a column chunk's dictionary, converted once.
type dictionary struct {
	loaded bool
	column gold.Column
	faults map[int32]*valueProblem // values that don't fit: an error where a row has one
	lossy  []bool                  // nil: none
	one    gold.Column             // memory for one text
}

// open starts at a chunk. The column's own constant needs none.
func (c *cursor) open(in content.Input, col *column, ch chunk, rows int64) {
	c.column, c.left, c.expanded = col, rows, 0
	c.rows, c.row, c.value = 0, 0, 0
	c.dict.loaded = false
	switch {
	case col.constant != nil:
	case col.nested != nil:
		c.nested.open(in, col.nested, ch, c.pages.codec)
		c.nested.skips, c.nested.at = &c.skips, c.skips.whole-rows
	default:
		c.pages.open(in, ch, &col.place)
	}
}

// fill appends up to n rows to dst and returns their number: fewer at the end of the chunk, or where a text column is
// full.
func (c *cursor) fill(ctx context.Context, dst *gold.Column, n int) (int, error) {
	if c.column.constant != nil {
		n = int(min(int64(n), c.left))
		if c.column.coerced != nil {
			c.coerce(c.coerced.whole-c.left, c.column.coerced, int64(n))
		}
		c.left -= int64(n)
		for range n {
			dst.Append(*c.column.constant)
		}
		return n, nil
	}
	if c.column.nested != nil {
		n = int(min(int64(n), c.left))
		done, err := c.nested.fill(ctx, dst, n)
		c.left -= int64(done)
		return done, err
	}
	done := 0
	for done < n {
		if c.row == c.rows {
			switch err := c.nextPage(ctx); {
			case errors.Is(err, io.EOF):
				return done, nil
			case err != nil:
				return done, err
			}
		}
		want := min(n-done, c.rows-c.row)
		if c.skips.deleted != nil {
			deleted, run := c.skips.run(c.at(), c.rows-c.row)
			if deleted {
				c.pass(run)
				continue
			}
			want = min(want, run)
		}
		got, err := c.take(dst, want)
		done += got
		if err != nil {
			if v := (*valueError)(nil); errors.As(err, &v) {
				v.appended = done
			}
			return done, err
		}
		if got < want {
			return done, nil // the column is full
		}
	}
	return done, nil
}

// take appends up to n rows of the page and returns their number.
func (c *cursor) take(dst *gold.Column, n int) (int, error) {
	if c.levels == nil {
		return c.takeValues(dst, n)
	}
	done := 0
	for done < n {
		levels := c.levels[c.row : c.row+n-done]
		run := 1
		for run < len(levels) && levels[run] == levels[0] {
			run++
		}
		if levels[0] == 0 {
			for range run {
				dst.AppendNull()
			}
			c.row += run
			done += run
			continue
		}
		got, err := c.takeValues(dst, run)
		if done += got; err != nil || got < run {
			return done, err
		}
	}
	return done, nil
}

// takeValues appends up to n values that are no nulls and returns their number.
func (c *cursor) takeValues(dst *gold.Column, n int) (int, error) {
	done := 0
	for {
		got, f, err := c.takeFitting(dst, n-done)
		done += got
		switch {
		case err != nil || f == nil:
			return done, err
		case !c.column.lenient():
			return done, &valueError{fault: f}
		}
		dst.AppendNull()
		c.coerce(c.coerced.whole-c.left-int64(c.rows-c.row), f, 1)
		c.row++
		c.value++
		if done++; done == n {
			return done, nil
		}
	}
}

// takeFitting is takeValues up to the first value that does not fit, which the problem tells.
func (c *cursor) takeFitting(dst *gold.Column, n int) (got int, f *valueProblem, err error) {
	if c.coded {
		got, f = c.gather(dst, c.indexes[c.value:c.value+n])
		if c.expanded > maxExpansion && c.expanded/maxRatio > c.pages.chunk.size {
			return got, nil, &limitError{fmt.Sprintf("its %d bytes expand to more than %d bytes of text", c.pages.chunk.size, int64(maxExpansion))}
		}
	} else {
		got, f = c.column.convert(dst, &c.values, c.value, c.value+n, &c.lost)
	}
	c.row += got
	c.value += got
	return got, f, nil
}

// gather appends the dictionary's values at these indexes, which are within it.
func (c *cursor) gather(dst *gold.Column, indexes []int32) (int, *valueProblem) {
	d := &c.dict
	if len(d.faults) == 0 && d.lossy == nil && len(d.column.Nulls) == 0 {
		return c.gatherSound(dst, indexes), nil
	}
	for k, i := range indexes {
		if f := d.faults[i]; f != nil {
			return k, f
		}
		if d.column.IsNull(int(i)) { // NaN
			dst.AppendNull()
			continue
		}
		if c.gatherSound(dst, indexes[k:k+1]) == 0 {
			return k, nil
		}
		if d.lossy != nil && d.lossy[i] {
			c.lost++
		}
	}
	return len(indexes), nil
}

func (c *cursor) gatherSound(dst *gold.Column, indexes []int32) int {
	d := &c.dict.column
	switch dst.Kind {
	case gold.Double:
		for _, i := range indexes {
			dst.Floats = append(dst.Floats, d.Floats[i])
		}
	case gold.Text:
		before := len(dst.Bytes)
		for k, i := range indexes {
			if len(dst.Bytes) >= batchText {
				c.expanded += int64(len(dst.Bytes) - before)
				return k
			}
			dst.Bytes = append(dst.Bytes, d.Bytes[d.Offsets[i]:d.Offsets[i+1]]...)
			dst.Offsets = append(dst.Offsets, int32(len(dst.Bytes)))
		}
		c.expanded += int64(len(dst.Bytes) - before)
	case gold.WideDecimal:
		for _, i := range indexes {
			dst.AppendInt128(d.Int128(int(i)))
		}
	default:
		for _, i := range indexes {
			dst.Ints = append(dst.Ints, d.Ints[i])
		}
	}
	return len(indexes)
}

// nextPage decodes the next data page, and the dictionary where it comes first. io.EOF after the chunk's last row.
func (c *cursor) nextPage(ctx context.Context) error {
	if c.left == 0 {
		return io.EOF
	}
	for {
		p, err := c.pages.next(ctx)
		if errors.Is(err, io.EOF) {
			return &countError{fmt.Sprintf("its pages end %d rows too early", c.left)}
		}
		if err != nil {
			return err
		}
		if p.dictionary {
			if c.dict.loaded {
				return c.pages.wrap("is a second dictionary")
			}
			if err := c.loadDictionary(p); err != nil {
				return c.pages.wrap("can't be read: %w", err)
			}
			continue
		}
		if int64(p.rows) > c.left {
			return &countError{fmt.Sprintf("page %d says %d rows, and its row group has %d left", c.pages.number, p.rows, c.left)}
		}
		c.left -= int64(p.rows)
		c.rows, c.row, c.value = p.rows, 0, 0
		if err := c.decode(p); err != nil {
			return c.pages.wrap("can't be read: %w", err)
		}
		if c.rows > 0 {
			return nil
		}
		if c.left == 0 {
			return io.EOF
		}
	}
}

// decode decodes a data page's levels and values.
func (c *cursor) decode(p *page) error {
	if p.rows > maxPageRows {
		return &limitError{fmt.Sprintf("it says %d values; at most %d are allowed: write the file again with smaller pages", p.rows, maxPageRows)}
	}
	c.levels = nil
	present := p.rows
	if c.column.depth > 0 {
		levels, err := decodeLevels(c.buffer, p.levels, p.rows, c.column.depth)
		c.buffer = levels
		if err != nil {
			return fmt.Errorf("definition levels: %w", err)
		}
		if present = bytes.Count(levels, []byte{1}); present < p.rows {
			c.levels = levels
		}
	}
	if p.nulls >= 0 && p.nulls != p.rows-present {
		return fmt.Errorf("its header says %d nulls, and it has %d", p.nulls, p.rows-present)
	}
	c.coded = p.encoding == format.RLEDictionary || p.encoding == format.PlainDictionary
	if !c.coded {
		return c.values.decode(c.column.physical, c.column.size, p.encoding, p.data, present)
	}
	if !c.dict.loaded && present > 0 {
		return errNoDictionary
	}
	indexes, err := decodeIndexes(c.indexes, p.data, present)
	if err != nil {
		return err
	}
	c.indexes = indexes
	return checkIndexes(indexes, c.dict.column.Len())
}

// loadDictionary decodes and converts a dictionary's values.
func (c *cursor) loadDictionary(p *page) error {
	// Every value takes a byte at least, but for booleans, and texts take four.
	if p.rows > 8*len(p.data) {
		return errFewer
	}
	if err := c.values.decode(c.column.physical, c.column.size, format.Plain, p.data, p.rows); err != nil {
		return err
	}
	d := &c.dict
	d.loaded, d.faults, d.lossy = true, nil, nil
	empty := gold.Batch{Columns: []gold.Column{d.column}}
	empty.Columns[0].Kind = c.column.field.Kind
	empty.Reset()
	d.column = empty.Columns[0]
	for i := range p.rows {
		before := c.lost
		if f := c.convertOne(&d.column, i); f != nil {
			if d.faults == nil {
				d.faults = make(map[int32]*valueProblem)
			}
			d.faults[int32(i)] = f
			d.column.AppendNull()
		}
		if c.lost > before {
			if d.lossy == nil {
				d.lossy = make([]bool, p.rows)
			}
			d.lossy[i] = true
			c.lost = before
		}
	}
	return nil
}

// convertOne converts a dictionary's value i.
func (c *cursor) convertOne(dst *gold.Column, i int) *valueProblem {
	if dst.Kind != gold.Text {
		_, f := c.column.convert(dst, &c.values, i, i+1, &c.lost)
		return f
	}
	// By way of a column of its own: a text column counts as full at a size that a dictionary may exceed.
	one := &c.dict.one
	one.Kind, one.Bytes, one.Offsets = gold.Text, one.Bytes[:0], append(one.Offsets[:0], 0)
	one.Nulls = one.Nulls[:0]
	if _, f := c.column.convert(one, &c.values, i, i+1, &c.lost); f != nil {
		return f
	}
	if one.IsNull(0) { // a text that its cast takes for null
		dst.AppendNull()
		return nil
	}
	dst.Bytes = append(dst.Bytes, one.Bytes...)
	dst.Offsets = append(dst.Offsets, int32(len(dst.Bytes)))
	return nil
}

// finish checks that the chunk holds no rows after the last.
func (c *cursor) finish(ctx context.Context) error {
	switch {
	case c.column.constant != nil:
		return nil
	case c.column.nested != nil:
		return c.nested.finish(ctx)
	}
	if c.skips.deleted != nil {
		if err := c.passDeleted(ctx); err != nil {
			return err
		}
	}
	return c.pages.finish(ctx)
}
