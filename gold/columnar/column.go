package columnar

import (
	"math"
	"slices"
	"sort"
	"strings"

	"goldserve/gold"
	"goldserve/gold/measure"
)

// column is one field of all rows of a version. Every value has a code: null 0, the others numbers from 1 in the order
// of the values. Of a Double the code is made of the value's bits.
type column struct {
	field  gold.Field
	codes  codes
	last   uint64 // the largest code of any row
	nulls  bool   // there are some
	blocks []extent

	texts *texts  // Text: its values; WideDecimal: their keys
	ints  []int64 // Bool to Time where they are few and far apart: their values
	// Else the value of code 1, and how far each is from the next.
	base int64
	step uint64

	doubles []float64 // Double: null is NaN
	within  measure.Magnitudes

	byCode    []int32 // rows in the order of their codes; nil: there is none
	ascending bool    // the rows are in the order of their codes
}

// extent is the smallest and the largest code of a block.
type extent struct{ least, most uint64 }

// texts are different texts in their order, in one piece of memory.
type texts struct {
	ends    []uint32
	bytes   []byte
	longest int
}

func (t *texts) len() int { return len(t.ends) }

func (t *texts) at(i int) []byte {
	start := uint32(0)
	if i > 0 {
		start = t.ends[i-1]
	}
	return t.bytes[start:t.ends[i]]
}

// zeroKey is the code of zero. Those of the doubles above it go up from there one by one, those below it down.
const zeroKey = 1 << 63

// keyOf returns the code of a double that is not null, stored or asked for: codes are in the order of the doubles, next to
// each other where the doubles are, and above 0. Both zeros have the same, so that nothing lies between them.
func keyOf(v float64) uint64 {
	b := math.Float64bits(v)
	sign := uint64(int64(b) >> 63)
	return zeroKey + (b&^zeroKey ^ sign) - sign
}

// doubleOf is the inverse of keyOf.
func doubleOf(key uint64) float64 {
	if key >= zeroKey {
		return math.Float64frombits(key - zeroKey)
	}
	return -math.Float64frombits(zeroKey - key)
}

// codeOf is keyOf of a stored double, whose null is NaN.
func codeOf(v float64) uint64 {
	if v != v {
		return 0
	}
	return keyOf(v)
}

// len returns the number of rows.
func (c *column) len() int { return len(c.doubles) + c.codes.len() }

// at returns the code of a row.
func (c *column) at(row int32) uint64 {
	if c.doubles != nil {
		return codeOf(c.doubles[row])
	}
	return c.codes.at(row)
}

// read appends the codes of a chunk's rows.
func (c *column) read(ch chunk, dst []uint64) []uint64 {
	switch {
	case c.doubles == nil:
		return c.codes.read(ch, dst)
	case ch.rows == nil:
		for _, v := range c.doubles[ch.from:ch.to] {
			dst = append(dst, codeOf(v))
		}
	default:
		for _, row := range ch.rows {
			dst = append(dst, codeOf(c.doubles[row]))
		}
	}
	return dst
}

// int returns the integer of a code above 0.
func (c *column) int(code uint64) int64 {
	if c.ints != nil {
		return c.ints[code-1]
	}
	return c.base + int64((code-1)*c.step)
}

// value returns the value of a code.
func (c *column) value(code uint64) gold.Value {
	switch {
	case code == 0:
		return gold.Value{}
	case c.field.Kind == gold.Double:
		return gold.NewDouble(doubleOf(code))
	case c.field.Kind == gold.Text:
		return gold.NewText(string(c.texts.at(int(code - 1))))
	case c.field.Kind == gold.WideDecimal:
		return gold.NewWideDecimal(gold.Int128OfKey(c.texts.at(int(code - 1))))
	default:
		return gold.NewIntegral(c.field.Kind, c.int(code))
	}
}

// place returns the smallest code whose value is not below v, one more than the largest where there is none, and
// whether it is v's own. v is null or of the column's kind.
func (c *column) place(v gold.Value) (code uint64, exact bool) {
	switch {
	case v.IsNull():
		return 0, true
	case c.field.Kind == gold.Double:
		return keyOf(v.Double()), true
	case c.texts != nil:
		text := v.Text()
		i := sort.Search(c.texts.len(), func(i int) bool { return strings.Compare(string(c.texts.at(i)), text) >= 0 })
		return uint64(i + 1), i < c.texts.len() && string(c.texts.at(i)) == text
	case c.ints != nil:
		i, found := slices.BinarySearch(c.ints, v.Int())
		return uint64(i + 1), found
	case v.Int() < c.base:
		return 1, false
	case c.last == 0 || v.Int() > c.int(c.last):
		return c.last + 1, false
	}
	distance := uint64(v.Int()) - uint64(c.base)
	code = distance/c.step + 1
	if distance%c.step == 0 {
		return code, true
	}
	return code + 1, false
}

// appendTo appends the values of rows to a batch's column.
func (c *column) appendTo(dst *gold.Column, rows []int32) {
	switch c.field.Kind {
	case gold.Double:
		dst.Floats = slices.Grow(dst.Floats, len(rows))
		for _, row := range rows {
			if v := c.doubles[row]; v != v {
				dst.AppendNull()
			} else {
				dst.Floats = append(dst.Floats, v)
			}
		}
	case gold.Text, gold.WideDecimal:
		size := 0
		for _, row := range rows {
			if code := c.codes.at(row); code > 0 {
				size += len(c.texts.at(int(code - 1)))
			}
		}
		dst.Bytes, dst.Offsets = slices.Grow(dst.Bytes, size), slices.Grow(dst.Offsets, len(rows))
		for _, row := range rows {
			code := c.codes.at(row)
			if code == 0 {
				dst.AppendNull()
				continue
			}
			dst.Bytes = append(dst.Bytes, c.texts.at(int(code-1))...)
			dst.Offsets = append(dst.Offsets, int32(len(dst.Bytes)))
		}
	default:
		dst.Ints = slices.Grow(dst.Ints, len(rows))
		for _, row := range rows {
			code := c.codes.at(row)
			if code == 0 {
				dst.AppendNull()
				continue
			}
			dst.Ints = append(dst.Ints, c.int(code))
		}
	}
}

// input is a column's values in one chunk.
type input struct {
	column  *column
	coded   bool // its codes instead
	values  gold.Column
	doubles []float64 // memory for some of a column's
}

// load reads a chunk's values; codes is memory for them.
func (in *input) load(ch chunk, codes []uint64) {
	c, dst := in.column, &in.values
	dst.Nulls = dst.Nulls[:0]
	if c.doubles != nil {
		in.loadDoubles(ch)
		return
	}
	codes = c.codes.read(ch, codes[:0])
	if c.texts != nil && !in.coded {
		in.loadTexts(codes)
		return
	}
	dst.Ints = slices.Grow(dst.Ints[:0], len(codes))[:len(codes)]
	if c.nulls {
		for i, code := range codes {
			if code == 0 {
				dst.SetNull(i)
				codes[i] = 1 // its value is overlooked
			}
		}
	}
	switch {
	case c.last == 0: // nulls alone
		clear(dst.Ints)
	case in.coded:
		for i, code := range codes {
			dst.Ints[i] = int64(code)
		}
	case c.ints != nil:
		for i, code := range codes {
			dst.Ints[i] = c.ints[code-1]
		}
	default:
		for i, code := range codes {
			dst.Ints[i] = c.base + int64((code-1)*c.step)
		}
	}
}

// loadTexts reads the values of codes into Bytes.
func (in *input) loadTexts(codes []uint64) {
	c, dst := in.column, &in.values
	dst.Bytes, dst.Offsets = dst.Bytes[:0], append(dst.Offsets[:0], 0)
	for _, code := range codes {
		if code == 0 {
			dst.AppendNull()
			continue
		}
		dst.Bytes = append(dst.Bytes, c.texts.at(int(code-1))...)
		dst.Offsets = append(dst.Offsets, int32(len(dst.Bytes)))
	}
}

func (in *input) loadDoubles(ch chunk) {
	c, dst := in.column, &in.values
	if ch.rows == nil {
		dst.Floats = c.doubles[ch.from:ch.to:ch.to] // nobody writes to them
	} else {
		in.doubles = in.doubles[:0]
		for _, row := range ch.rows {
			in.doubles = append(in.doubles, c.doubles[row])
		}
		dst.Floats = in.doubles
	}
	if c.nulls {
		for i, v := range dst.Floats {
			if v != v {
				dst.SetNull(i)
			}
		}
	}
}

// bytes returns the memory that the column takes.
func (c *column) bytes() int64 {
	n := c.codes.bytes() + int64(cap(c.ints)+cap(c.doubles))*8 + int64(cap(c.byCode))*4 + int64(cap(c.blocks))*16
	if c.texts != nil {
		n += int64(cap(c.texts.ends))*4 + int64(cap(c.texts.bytes))
	}
	return n
}
