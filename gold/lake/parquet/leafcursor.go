package parquet

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/bits"

	"github.com/parquet-go/parquet-go/format"

	"goldserve/gold/lake/content"
)

// leafCursor reads the entries of one leaf of a nested column, one after the other: a value, or where there is none, its
// levels alone.
type leafCursor struct {
	place place
	pages pages
	left  int64 // entries of the chunk that are in no page yet

	values  values
	dict    values
	loaded  bool    // the dictionary is
	indexes []int32 // into the dictionary, where coded
	coded   bool
	repeats []byte // levels, one an entry; nil: all 0
	depths  []byte // the same
	buffers [2][]byte
	entries int // of the page
	entry   int // the next one
	value   int // the next one
}

func (c *leafCursor) open(in content.Input, at place, ch chunk) {
	c.place, c.left, c.loaded = at, ch.values, false
	c.entries, c.entry, c.value = 0, 0, 0
	c.pages.open(in, ch, &c.place)
}

// ready makes the next entry readable; false after the chunk's last.
func (c *leafCursor) ready(ctx context.Context) (bool, error) {
	for c.entry == c.entries {
		if c.left == 0 {
			return false, nil
		}
		p, err := c.pages.next(ctx)
		switch {
		case errors.Is(err, io.EOF):
			return false, &countError{fmt.Sprintf("its pages end %d values too early", c.left)}
		case err != nil:
			return false, err
		case p.dictionary && c.loaded:
			return false, c.pages.wrap("is a second dictionary")
		case p.dictionary:
			err = c.loadDictionary(p)
		case int64(p.rows) > c.left:
			return false, &countError{fmt.Sprintf("page %d says %d values, and its column has %d left", c.pages.number, p.rows, c.left)}
		default:
			c.left -= int64(p.rows)
			c.entries, c.entry, c.value = p.rows, 0, 0
			err = c.decode(p)
		}
		if err != nil {
			return false, c.pages.wrap("can't be read: %w", err)
		}
	}
	return true, nil
}

func (c *leafCursor) loadDictionary(p *page) error {
	if p.rows > 8*len(p.data) { // every value takes a bit at least
		return errFewer
	}
	c.loaded = true
	// The page's bytes are valid until the next one, and the dictionary is needed longer.
	return c.dict.decode(c.place.physical, c.place.size, format.Plain, append([]byte(nil), p.data...), p.rows)
}

// decode decodes a data page's levels and values.
func (c *leafCursor) decode(p *page) (err error) {
	if p.rows > maxPageRows {
		return &limitError{fmt.Sprintf("it says %d values; at most %d are allowed: write the file again with smaller pages", p.rows, maxPageRows)}
	}
	if c.repeats, err = levelsUpTo(&c.buffers[0], p.repeats, p.rows, c.place.repeats); err != nil {
		return fmt.Errorf("repetition levels: %w", err)
	}
	if c.depths, err = levelsUpTo(&c.buffers[1], p.levels, p.rows, c.place.depth); err != nil {
		return fmt.Errorf("definition levels: %w", err)
	}
	present := p.rows
	for _, depth := range c.depths {
		if int(depth) < c.place.depth {
			present--
		}
	}
	if c.place.repeats == 0 && p.nulls >= 0 && p.nulls != p.rows-present {
		return fmt.Errorf("its header says %d nulls, and it has %d", p.nulls, p.rows-present)
	}
	c.coded = p.encoding == format.RLEDictionary || p.encoding == format.PlainDictionary
	if !c.coded {
		return c.values.decode(c.place.physical, c.place.size, p.encoding, p.data, present)
	}
	if !c.loaded && present > 0 {
		return errNoDictionary
	}
	if c.indexes, err = decodeIndexes(c.indexes, p.data, present); err != nil {
		return err
	}
	return checkIndexes(c.indexes, c.dict.n)
}

// levelsUpTo decodes n levels of at most most; nil where none can be above 0.
func levelsUpTo(buffer *[]byte, src []byte, n, most int) ([]byte, error) {
	if most == 0 {
		return nil, nil
	}
	levels, err := decodeRunLengths(*buffer, src, n, bits.Len(uint(most)))
	*buffer = levels
	if err != nil {
		return nil, err
	}
	for _, level := range levels {
		if int(level) > most {
			return nil, fmt.Errorf("one is %d, and the largest is %d", level, most)
		}
	}
	return levels, nil
}

// levels returns the next entry's repetition and definition levels.
func (c *leafCursor) levels() (repeats, depth int) {
	if c.repeats != nil {
		repeats = int(c.repeats[c.entry])
	}
	if c.depths != nil {
		depth = int(c.depths[c.entry])
	}
	return repeats, depth
}

// skip passes an entry without a value.
func (c *leafCursor) skip() { c.entry++ }

// next passes an entry with a value, and returns where that lies.
func (c *leafCursor) next() (*values, int) {
	c.entry++
	c.value++
	if c.coded {
		return &c.dict, int(c.indexes[c.value-1])
	}
	return &c.values, c.value - 1
}

// finish checks that nothing follows the last entry.
func (c *leafCursor) finish(ctx context.Context) error {
	if c.entry < c.entries || c.left > 0 {
		return &countError{"it holds values after the last row of the row group"}
	}
	return c.pages.finish(ctx)
}
