package columnar

// unsigned are the widths of codes.
type unsigned interface {
	uint8 | uint16 | uint32 | uint64
}

// codes are a column's codes in one of its slices: that of the smallest width which holds the largest code.
type codes struct {
	w8  []uint8
	w16 []uint16
	w32 []uint32
	w64 []uint64
}

// newCodes returns n zeros with room for codes up to last.
func newCodes(n int, last uint64) codes {
	switch {
	case last < 1<<8:
		return codes{w8: make([]uint8, n)}
	case last < 1<<16:
		return codes{w16: make([]uint16, n)}
	case last < 1<<32:
		return codes{w32: make([]uint32, n)}
	default:
		return codes{w64: make([]uint64, n)}
	}
}

// len returns the number of codes.
func (c *codes) len() int { return len(c.w8) + len(c.w16) + len(c.w32) + len(c.w64) }

// at returns the code of a row.
func (c *codes) at(row int32) uint64 {
	switch {
	case c.w8 != nil:
		return uint64(c.w8[row])
	case c.w16 != nil:
		return uint64(c.w16[row])
	case c.w32 != nil:
		return uint64(c.w32[row])
	default:
		return c.w64[row]
	}
}

// set gives a row its code.
func (c *codes) set(row int, code uint64) {
	switch {
	case c.w8 != nil:
		c.w8[row] = uint8(code)
	case c.w16 != nil:
		c.w16[row] = uint16(code)
	case c.w32 != nil:
		c.w32[row] = uint32(code)
	default:
		c.w64[row] = code
	}
}

// read appends the codes of a chunk's rows.
func (c *codes) read(ch chunk, dst []uint64) []uint64 {
	switch {
	case c.w8 != nil:
		return readCodes(c.w8, ch, dst)
	case c.w16 != nil:
		return readCodes(c.w16, ch, dst)
	case c.w32 != nil:
		return readCodes(c.w32, ch, dst)
	default:
		return readCodes(c.w64, ch, dst)
	}
}

func readCodes[T unsigned](codes []T, ch chunk, dst []uint64) []uint64 {
	if ch.rows == nil {
		for _, code := range codes[ch.from:ch.to] {
			dst = append(dst, uint64(code))
		}
		return dst
	}
	for _, row := range ch.rows {
		dst = append(dst, uint64(codes[row]))
	}
	return dst
}

// extremes returns the smallest and the largest code of rows, of which there is at least one.
func (c *codes) extremes(from, to int) (least, most uint64) {
	switch {
	case c.w8 != nil:
		return extremesOf(c.w8[from:to])
	case c.w16 != nil:
		return extremesOf(c.w16[from:to])
	case c.w32 != nil:
		return extremesOf(c.w32[from:to])
	default:
		return extremesOf(c.w64[from:to])
	}
}

func extremesOf[T unsigned](codes []T) (least, most uint64) {
	first, last := codes[0], codes[0]
	for _, code := range codes {
		first, last = min(first, code), max(last, code)
	}
	return uint64(first), uint64(last)
}

// bytes returns the memory that the codes take.
func (c *codes) bytes() int64 {
	return int64(cap(c.w8)) + 2*int64(cap(c.w16)) + 4*int64(cap(c.w32)) + 8*int64(cap(c.w64))
}
