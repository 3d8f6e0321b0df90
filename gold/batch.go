package gold

import (
	"bytes"
	"cmp"
	"slices"
)

// Column is one field of a Batch, in Arrow's layout. The Kind decides which slice holds the values: Ints for Bool (0 or
// 1), Int, Decimal, Date, Time and Duration; Floats for Double; Offsets and Bytes for Text and WideDecimal. A null has the
// zero value in its slice.
type Column struct {
	Kind    Kind
	Ints    []int64
	Floats  []float64
	Offsets []int32  // one more than rows; row i is Bytes[Offsets[i]:Offsets[i+1]]
	Bytes   []byte   // at most 2 GiB
	Nulls   []uint64 // bit i set: row i is null; nil: no nulls
}

// Batch is up to MaxBatch rows, column by column, in the order of Fields. It is valid until the next call of its
// producer: to keep rows, copy them.
type Batch struct {
	Fields  []Field
	Columns []Column
	Rows    int
}

// MaxBatch is the largest number of rows in a Batch; 1,024 to 4,096 are usual.
const MaxBatch = 65_536

// NewBatch returns an empty batch of these fields with room for rows.
func NewBatch(fields []Field, rows int) *Batch {
	b := &Batch{Fields: fields, Columns: make([]Column, len(fields))}
	for i, f := range fields {
		b.Columns[i] = NewColumn(f.Kind, rows)
	}
	return b
}

// NewColumn returns an empty column of a kind with room for rows.
func NewColumn(k Kind, rows int) Column {
	c := Column{Kind: k}
	switch {
	case k == Double:
		c.Floats = make([]float64, 0, rows)
	case k.InBytes():
		c.Offsets = make([]int32, 1, rows+1)
		c.Bytes = make([]byte, 0, rows*12)
	default:
		c.Ints = make([]int64, 0, rows)
	}
	return c
}

// Reset empties the batch and keeps its memory.
func (b *Batch) Reset() {
	b.Rows = 0
	for i := range b.Columns {
		b.Columns[i].Reset()
	}
}

// Reset empties the column and keeps its memory.
func (c *Column) Reset() {
	c.Ints, c.Floats, c.Bytes, c.Nulls = c.Ints[:0], c.Floats[:0], c.Bytes[:0], c.Nulls[:0]
	if c.Kind.InBytes() {
		c.Offsets = append(c.Offsets[:0], 0)
	}
}

// Refit empties the batch for rows of other fields, and keeps its memory.
func (b *Batch) Refit(fields []Field) {
	b.Fields, b.Columns = fields, slices.Grow(b.Columns[:0], len(fields))[:len(fields)]
	for i := range fields {
		b.Columns[i].Kind = fields[i].Kind
	}
	b.Reset()
}

// Column returns the column of a field, or nil.
func (b *Batch) Column(name string) *Column {
	for i := range b.Fields {
		if b.Fields[i].Name == name {
			return &b.Columns[i]
		}
	}
	return nil
}

// Part returns a batch of the named fields, in that order, which shares the memory of b. Names that b doesn't have are
// skipped.
func (b *Batch) Part(names []string) *Batch {
	part := &Batch{Fields: make([]Field, 0, len(names)), Columns: make([]Column, 0, len(names)), Rows: b.Rows}
	for _, name := range names {
		for i := range b.Fields {
			if b.Fields[i].Name == name {
				part.Fields, part.Columns = append(part.Fields, b.Fields[i]), append(part.Columns, b.Columns[i])
				break
			}
		}
	}
	return part
}

// AppendRow appends one row of values in the order of Fields, each null or of its field's kind.
func (b *Batch) AppendRow(row ...Value) {
	for i := range b.Columns {
		b.Columns[i].Append(row[i])
	}
	b.Rows++
}

// Row appends the values of row i to dst.
func (b *Batch) Row(i int, dst []Value) []Value {
	for c := range b.Columns {
		dst = append(dst, b.Columns[c].Value(i))
	}
	return dst
}

// Len returns the number of values in the column.
func (c *Column) Len() int {
	switch c.Kind {
	case Double:
		return len(c.Floats)
	case Text, WideDecimal:
		return len(c.Offsets) - 1
	default:
		return len(c.Ints)
	}
}

// IsNull reports whether row i is null.
func (c *Column) IsNull(i int) bool {
	w := i >> 6
	return w < len(c.Nulls) && c.Nulls[w]>>(uint(i)&63)&1 != 0
}

// SetNull marks row i as null; its value in the slices must be the zero value.
func (c *Column) SetNull(i int) {
	for len(c.Nulls) <= i>>6 {
		c.Nulls = append(c.Nulls, 0)
	}
	c.Nulls[i>>6] |= 1 << (uint(i) & 63)
}

// Text returns the bytes of row i of a Text or WideDecimal column; they are the batch's own.
func (c *Column) Text(i int) []byte { return c.Bytes[c.Offsets[i]:c.Offsets[i+1]] }

// Int128 returns row i of a WideDecimal column, 0 where it is null.
func (c *Column) Int128(i int) Int128 {
	key := c.Text(i)
	if len(key) == 0 {
		return Int128{}
	}
	return Int128OfKey(key)
}

// Real returns row i of a number's column as a double in its unit, a Decimal or Duration of this scale; the row must not be null.
func (c *Column) Real(i, scale int) float64 {
	switch c.Kind {
	case Double:
		return c.Floats[i]
	case Decimal, Duration:
		return float64(c.Ints[i]) / Pow10(scale)
	case WideDecimal:
		return c.Int128(i).Double(scale)
	default:
		return float64(c.Ints[i])
	}
}

// Value returns row i as a Value; text is copied.
func (c *Column) Value(i int) Value {
	switch {
	case c.IsNull(i):
		return Value{}
	case c.Kind == Double:
		return NewDouble(c.Floats[i])
	case c.Kind.InBytes():
		return newInBytes(c.Kind, c.Text(i))
	default:
		return NewIntegral(c.Kind, c.Ints[i])
	}
}

// Equals reports whether row i holds a value of the same kind. A null equals a null.
func (c *Column) Equals(i int, v Value) bool {
	switch {
	case c.IsNull(i) || v.IsNull():
		return c.IsNull(i) && v.IsNull()
	case c.Kind != v.Kind():
		return false
	case c.Kind == Double:
		return c.Floats[i] == v.Double()
	case c.Kind.InBytes():
		return string(c.Text(i)) == v.text
	default:
		return c.Ints[i] == v.Int()
	}
}

// Compare orders row i and row j of a column of the same kind, be it the same column, as Compare does their values.
func (c *Column) Compare(i int, to *Column, j int) int {
	if a, b := c.IsNull(i), to.IsNull(j); a || b {
		switch {
		case !b:
			return -1
		case !a:
			return 1
		}
		return 0
	}
	switch {
	case c.Kind == Double:
		return cmp.Compare(c.Floats[i], to.Floats[j])
	case c.Kind.InBytes():
		return bytes.Compare(c.Text(i), to.Text(j))
	default:
		return cmp.Compare(c.Ints[i], to.Ints[j])
	}
}

// Narrow returns a WideDecimal column as a Decimal one; false and the first row whose value is none.
func (c *Column) Narrow() (narrow Column, beyond int, ok bool) {
	narrow = NewColumn(Decimal, c.Len())
	narrow.Nulls = c.Nulls
	for i := range c.Len() {
		n, ok := c.Int128(i).Int64()
		if !ok {
			return narrow, i, false
		}
		narrow.Ints = append(narrow.Ints, n)
	}
	return narrow, 0, true
}

// Append appends one value, null or of the column's kind.
func (c *Column) Append(v Value) {
	if v.IsNull() {
		c.AppendNull()
		return
	}
	switch c.Kind {
	case Double:
		c.Floats = append(c.Floats, v.Double())
	case Text, WideDecimal:
		c.AppendText(v.text)
	default:
		c.Ints = append(c.Ints, v.Int())
	}
}

// AppendInt128 appends the unscaled digits of one value to a WideDecimal column.
func (c *Column) AppendInt128(n Int128) {
	c.Bytes = n.AppendKey(c.Bytes)
	c.Offsets = append(c.Offsets, int32(len(c.Bytes)))
}

// AppendText appends one text to a Text column.
func (c *Column) AppendText(s string) {
	c.Bytes = append(c.Bytes, s...)
	c.Offsets = append(c.Offsets, int32(len(c.Bytes)))
}

// AppendFrom appends a row of another column of the same kind.
func (c *Column) AppendFrom(from *Column, i int) {
	switch {
	case from.IsNull(i):
		c.AppendNull()
	case c.Kind == Double:
		c.Floats = append(c.Floats, from.Floats[i])
	case c.Kind.InBytes():
		c.Bytes = append(c.Bytes, from.Text(i)...)
		c.Offsets = append(c.Offsets, int32(len(c.Bytes)))
	default:
		c.Ints = append(c.Ints, from.Ints[i])
	}
}

// AppendNull appends a null.
func (c *Column) AppendNull() {
	i := c.Len()
	switch c.Kind {
	case Double:
		c.Floats = append(c.Floats, 0)
	case Text, WideDecimal:
		c.Offsets = append(c.Offsets, int32(len(c.Bytes)))
	default:
		c.Ints = append(c.Ints, 0)
	}
	c.SetNull(i)
}
