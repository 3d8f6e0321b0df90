package columnar

import (
	"bytes"
	"cmp"
	"math"
	"slices"

	"goldserve/gold"
	"goldserve/gold/measure"
)

// builder gathers a column while its rows stream by, in nearly the memory that the column will take.
type builder struct {
	field gold.Field
	index bool // rows may be looked up by the field's values
	rows  int
	nulls bool

	doubles []float64

	// Integers, or the numbers of texts in the order in which they came: whole blocks, then the one being filled.
	packed []packed
	ints   []int64
	absent []bool
	any    bool   // there is a value that is not null
	first  int64  // the first value
	least  int64  // the smallest
	most   int64  // the largest
	step   uint64 // what divides all distances from the first; 0: all are the same

	numbers map[string]int64
	texts   texts // in the order in which they came
	recent  int64 // the number of the last text; -1: none
}

// packRows is the number of values that are packed together.
const packRows = 1 << 16

// packed is a block of integers: 0 for null, else the distance from the block's smallest and one.
type packed struct {
	base  int64
	codes codes
	wide  []int64 // instead, where distances don't fit
	nulls []bool  // of wide
}

func newBuilder(f gold.Field, index bool, rows int) *builder {
	s := &builder{field: f, index: index, recent: -1}
	switch f.Kind {
	case gold.Double:
		s.doubles = make([]float64, 0, rows)
	case gold.Text, gold.WideDecimal:
		s.numbers = map[string]int64{}
		fallthrough
	default:
		size := min(rows, packRows)
		s.ints, s.absent = make([]int64, 0, size), make([]bool, 0, size)
	}
	return s
}

// add appends a batch's column. It reports whether the column can be held: texts beyond 4 GiB can't.
func (s *builder) add(c *gold.Column) bool {
	n := c.Len()
	s.rows += n
	switch s.field.Kind {
	case gold.Double:
		s.doubles = append(s.doubles, c.Floats...)
		if len(c.Nulls) > 0 {
			for i := range n {
				if c.IsNull(i) {
					s.nulls = true
					s.doubles[len(s.doubles)-n+i] = math.NaN()
				}
			}
		}
	case gold.Text, gold.WideDecimal:
		for i := range n {
			if c.IsNull(i) {
				s.put(0, true)
			} else {
				s.put(s.number(c.Text(i)), false)
			}
		}
		return len(s.texts.bytes) <= math.MaxUint32
	default:
		for i, v := range c.Ints {
			s.put(v, c.IsNull(i))
		}
	}
	return true
}

// put appends an integer or a null.
func (s *builder) put(v int64, null bool) {
	s.ints, s.absent = append(s.ints, v), append(s.absent, null)
	switch {
	case null:
		s.nulls = true
	case !s.any:
		s.any, s.first, s.least, s.most = true, v, v, v
	default:
		s.least, s.most = min(s.least, v), max(s.most, v)
		if s.step != 1 {
			s.narrowStep(v)
		}
	}
	if len(s.ints) == packRows {
		s.pack()
	}
}

// narrowStep makes the step the greatest common divisor of itself and v's distance from the first value.
func (s *builder) narrowStep(v int64) {
	distance := uint64(v) - uint64(s.first)
	if v < s.first {
		distance = -distance
	}
	if s.step != 0 && distance%s.step == 0 {
		return
	}
	for distance != 0 {
		s.step, distance = distance, s.step%distance
	}
}

// number returns the number of a text. Rows next to each other often have the same.
func (s *builder) number(text []byte) int64 {
	if s.recent >= 0 && bytes.Equal(s.texts.at(int(s.recent)), text) {
		return s.recent
	}
	n, known := s.numbers[string(text)]
	if !known {
		n = int64(len(s.numbers))
		s.numbers[string(text)] = n
		s.texts.bytes = append(s.texts.bytes, text...)
		s.texts.ends = append(s.texts.ends, uint32(len(s.texts.bytes)))
	}
	s.recent = n
	return n
}

// pack packs the block being filled.
func (s *builder) pack() {
	least, most, any := int64(0), int64(0), false
	for i, v := range s.ints {
		if s.absent[i] {
			continue
		}
		if !any {
			least, most, any = v, v, true
		}
		least, most = min(least, v), max(most, v)
	}
	distance := uint64(most) - uint64(least)
	p := packed{base: least}
	if distance == math.MaxUint64 {
		p.wide, p.nulls = slices.Clone(s.ints), slices.Clone(s.absent)
	} else {
		p.codes = newCodes(len(s.ints), distance+1)
		for i, v := range s.ints {
			if !s.absent[i] {
				p.codes.set(i, uint64(v)-uint64(least)+1)
			}
		}
	}
	s.packed = append(s.packed, p)
	s.ints, s.absent = s.ints[:0], s.absent[:0]
}

// each calls do with each value in order, and lets go of the blocks as it comes to them.
func (s *builder) each(do func(row int, v int64)) {
	row := 0
	for i, p := range s.packed {
		s.packed[i] = packed{}
		for k, v := range p.wide {
			if !p.nulls[k] {
				do(row+k, v)
			}
		}
		n := len(p.wide)
		if p.wide == nil {
			for k, code := range p.codes.read(chunk{to: int32(p.codes.len())}, make([]uint64, 0, packRows)) {
				if code > 0 {
					do(row+k, p.base+int64(code-1))
				}
			}
			n = p.codes.len()
		}
		row += n
	}
}

// column returns the finished column; the builder is then of no more use.
func (s *builder) column(g grid) column {
	c := column{field: s.field, nulls: s.nulls}
	switch s.field.Kind {
	case gold.Double:
		c.doubles = s.doubles
		c.within = magnitudes(s.doubles)
	case gold.Text, gold.WideDecimal:
		s.finishTexts(&c)
	default:
		s.finishInts(&c)
	}
	s.finish(&c, g)
	return c
}

// finishTexts numbers the texts in their order.
func (s *builder) finishTexts(c *column) {
	s.pack()
	order := make([]uint32, s.texts.len())
	for i := range order {
		order[i] = uint32(i)
	}
	slices.SortFunc(order, func(a, b uint32) int { return bytes.Compare(s.texts.at(int(a)), s.texts.at(int(b))) })
	place := make([]uint64, len(order))
	c.texts = &texts{ends: make([]uint32, 0, len(order)), bytes: make([]byte, 0, len(s.texts.bytes))}
	for i, n := range order {
		place[n] = uint64(i + 1)
		c.texts.bytes = append(c.texts.bytes, s.texts.at(int(n))...)
		c.texts.ends = append(c.texts.ends, uint32(len(c.texts.bytes)))
		c.texts.longest = max(c.texts.longest, len(s.texts.at(int(n))))
	}
	s.numbers, s.texts = nil, texts{}
	c.last = uint64(len(order))
	c.codes = newCodes(s.rows, c.last)
	s.each(func(row int, v int64) { c.codes.set(row, place[v]) })
}

// Integers that are further apart than a 32-bit code reaches get codes from a list of their values, where it is short.
const maxListed = 1 << 16

// finishInts gives integers their codes.
func (s *builder) finishInts(c *column) {
	s.pack()
	if !s.any {
		c.codes, c.step = newCodes(s.rows, 0), 1
		return
	}
	c.base, c.step = s.least, max(s.step, 1)
	steps := (uint64(s.most) - uint64(s.least)) / c.step
	if steps >= math.MaxUint32 {
		if c.ints = s.listed(steps >= math.MaxInt64); c.ints != nil {
			c.last = uint64(len(c.ints))
			c.codes = newCodes(s.rows, c.last)
			s.each(func(row int, v int64) {
				i, _ := slices.BinarySearch(c.ints, v)
				c.codes.set(row, uint64(i+1))
			})
			return
		}
	}
	c.last = steps + 1
	c.codes = newCodes(s.rows, c.last)
	s.each(func(row int, v int64) { c.codes.set(row, (uint64(v)-uint64(c.base))/c.step+1) })
}

// listed returns the different values in their order; nil where there are many, and they need not be listed.
func (s *builder) listed(must bool) []int64 {
	seen := map[int64]struct{}{}
	for _, p := range s.packed {
		for i, v := range p.wide {
			if !p.nulls[i] {
				seen[v] = struct{}{}
			}
		}
		if p.wide == nil {
			for _, code := range p.codes.read(chunk{to: int32(p.codes.len())}, nil) {
				if code > 0 {
					seen[p.base+int64(code-1)] = struct{}{}
				}
			}
		}
		if len(seen) > maxListed && !must {
			return nil
		}
	}
	values := make([]int64, 0, len(seen))
	for v := range seen {
		values = append(values, v)
	}
	slices.Sort(values)
	return values
}

// maxSpread is the number of codes for each row up to which they are counted to bring the rows into their order.
const maxSpread = 4

// extents finds the extents of the blocks.
func (c *column) extents(rows int, g grid) {
	for from := 0; from < rows; from += g.block {
		to := min(from+g.block, rows)
		var e extent
		if c.doubles != nil {
			e = extentOf(c.doubles[from:to])
			c.last = max(c.last, e.most)
		} else {
			e.least, e.most = c.codes.extremes(from, to)
		}
		c.blocks = append(c.blocks, e)
	}
}

// finish finds the extents of the blocks, and makes the index. It costs four bytes a row: it is worth them where a value
// has few rows of many.
func (s *builder) finish(c *column, g grid) {
	c.ascending = true
	c.extents(s.rows, g)
	for row := 1; row < s.rows && c.ascending; row++ {
		c.ascending = c.at(int32(row-1)) <= c.at(int32(row))
	}
	if !s.index || c.ascending || c.doubles != nil || s.rows <= g.block || c.last < g.indexed {
		return
	}
	c.byCode = make([]int32, s.rows)
	if c.last > maxSpread*uint64(s.rows) {
		for i := range c.byCode {
			c.byCode[i] = int32(i)
		}
		slices.SortStableFunc(c.byCode, func(a, b int32) int { return cmp.Compare(c.codes.at(a), c.codes.at(b)) })
		return
	}
	next := make([]int32, c.last+2)
	for row := range s.rows {
		next[c.codes.at(int32(row))+1]++
	}
	for code := range c.last + 1 {
		next[code+1] += next[code]
	}
	for row := range s.rows {
		code := c.codes.at(int32(row))
		c.byCode[next[code]] = int32(row)
		next[code]++
	}
}

func extentOf(values []float64) extent {
	e := extent{least: math.MaxUint64}
	for _, v := range values {
		code := codeOf(v)
		e.least, e.most = min(e.least, code), max(e.most, code)
	}
	return e
}

func magnitudes(values []float64) measure.Magnitudes {
	within := measure.Magnitudes{Smallest: math.Inf(1)}
	for _, v := range values {
		if v = math.Abs(v); v > 0 {
			within.Smallest, within.Largest = min(within.Smallest, v), max(within.Largest, v)
		}
	}
	return within
}

// bytes estimates the memory that the builder holds.
func (s *builder) bytes() int64 {
	const slot = 16 + 8 + 24 // of a map of texts
	n := int64(cap(s.doubles))*8 + int64(cap(s.ints))*9 + int64(cap(s.texts.ends))*4 + int64(cap(s.texts.bytes))*2 + int64(len(s.numbers))*slot
	for _, p := range s.packed {
		n += p.codes.bytes() + int64(len(p.wide))*9
	}
	return n
}
