package gold

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math"
)

// Digest identifies a multiset of rows in any order: the SHA-256 of each row's canonical bytes, added lane by lane
// (four 64-bit lanes, modulo 2^64). It guards against loss and damage, not against an adversary who chooses rows. The
// zero Digest is the digest of no rows.
type Digest struct {
	lanes [4]uint64
	rows  uint64
	row   []byte
}

// Add adds every row of a batch, over its first n columns.
func (d *Digest) Add(b *Batch, n int) {
	for i := range b.Rows {
		d.row = d.row[:0]
		for c := range b.Columns[:n] {
			d.row = b.Columns[c].AppendCanonical(d.row, i)
		}
		sum := sha256.Sum256(d.row)
		for l := range d.lanes {
			d.lanes[l] += binary.LittleEndian.Uint64(sum[l*8:])
		}
	}
	d.rows += uint64(b.Rows)
}

// Merge adds the rows of another digest.
func (d *Digest) Merge(other *Digest) {
	for l := range d.lanes {
		d.lanes[l] += other.lanes[l]
	}
	d.rows += other.rows
}

// Rows returns the number of rows added.
func (d *Digest) Rows() int64 { return int64(d.rows) }

// String returns the digest as 64 hexadecimal digits.
func (d *Digest) String() string {
	var sum [32]byte
	for l, v := range d.lanes {
		binary.LittleEndian.PutUint64(sum[l*8:], v)
	}
	return hex.EncodeToString(sum[:])
}

// ParseDigest returns the digest of a number of rows that String wrote; false where it did not.
func ParseDigest(text string, rows int64) (*Digest, bool) {
	d := &Digest{rows: uint64(rows)}
	sum, err := hex.DecodeString(text)
	if err != nil || len(sum) != sha256.Size {
		return nil, false
	}
	for l := range d.lanes {
		d.lanes[l] = binary.LittleEndian.Uint64(sum[l*8:])
	}
	return d, true
}

// AppendCanonical appends the bytes that tell the value of row i from all others: the kind's number and the value's bytes; a
// null is a single 0.
func (c *Column) AppendCanonical(dst []byte, i int) []byte {
	if c.IsNull(i) {
		return append(dst, 0)
	}
	dst = append(dst, byte(c.Kind))
	switch c.Kind {
	case Double:
		return binary.LittleEndian.AppendUint64(dst, math.Float64bits(c.Floats[i]))
	case Text, WideDecimal:
		text := c.Text(i)
		dst = binary.LittleEndian.AppendUint32(dst, uint32(len(text)))
		return append(dst, text...)
	default:
		return binary.LittleEndian.AppendUint64(dst, uint64(c.Ints[i]))
	}
}
