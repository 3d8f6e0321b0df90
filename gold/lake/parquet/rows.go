package parquet

import (
	"math/bits"

	"goldserve/gold"
)

// appendRows appends rows from to to of src to dst.
func appendRows(dst, src *gold.Column, from, to int) {
	for i := from; i < to; i++ {
		switch {
		case src.IsNull(i):
			dst.AppendNull()
		case src.Kind == gold.Double:
			dst.Floats = append(dst.Floats, src.Floats[i])
		case src.Kind.InBytes():
			dst.Bytes = append(dst.Bytes, src.Text(i)...)
			dst.Offsets = append(dst.Offsets, int32(len(dst.Bytes)))
		default:
			dst.Ints = append(dst.Ints, src.Ints[i])
		}
	}
}

// moveRows moves the first n rows of src to dst.
func moveRows(dst, src *gold.Column, n int) {
	if n == 0 {
		return
	}
	appendRows(dst, src, 0, n)
	rest := gold.Column{Kind: src.Kind}
	if src.Kind.InBytes() {
		rest.Offsets = []int32{0}
	}
	appendRows(&rest, src, n, src.Len())
	*src = rest
}

// truncate leaves the first n rows of a column.
func truncate(c *gold.Column, n int) {
	switch c.Kind {
	case gold.Double:
		c.Floats = c.Floats[:n]
	case gold.Text, gold.WideDecimal:
		c.Offsets = c.Offsets[:n+1]
		c.Bytes = c.Bytes[:c.Offsets[n]]
	default:
		c.Ints = c.Ints[:n]
	}
	if words := (n + 63) / 64; len(c.Nulls) >= words {
		c.Nulls = c.Nulls[:words]
		if n%64 != 0 && words > 0 {
			c.Nulls[words-1] &= 1<<(n%64) - 1
		}
	}
}

// firstNull returns the first null among n rows, -1 for none.
func firstNull(c *gold.Column, n int) int {
	for w, word := range c.Nulls {
		if word != 0 {
			if i := w*64 + bits.TrailingZeros64(word); i < n {
				return i
			}
			return -1
		}
	}
	return -1
}
