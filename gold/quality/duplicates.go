package quality

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"math"
	"slices"
	"time"

	"goldserve/gold"
)

// duplicates counts the rows beyond the first of each value of its fields. It keeps the smallest row of each value, so
// that every other row of the value counts as a repeat exactly once, in any order.
type duplicates struct {
	double  bool // of its one field
	number  bool // one field of 64 bits
	rows    rowSet
	failing int64
	repeats []repeat // the five smallest, sorted
	bytes   []byte   // reused
}

// repeat is a row whose value an earlier row has.
type repeat struct {
	row   int64
	value digest
}

// newDuplicates returns a meter of these fields; without fields, it counts nothing.
func newDuplicates(fields []gold.Field, b *budget) *duplicates {
	d := &duplicates{rows: rowSet{budget: b}}
	if len(fields) == 1 {
		d.number, d.double = !fields[0].Kind.InBytes(), fields[0].Kind == gold.Double
	}
	return d
}

func (d *duplicates) add(columns []*gold.Column, rows int, first int64) bool {
	if len(columns) == 0 {
		return true
	}
	for i := range rows {
		if slices.ContainsFunc(columns, func(c *gold.Column) bool { return c.IsNull(i) }) {
			continue
		}
		if !d.put(d.digest(columns, i), numbered(first, i)) {
			return false
		}
	}
	return true
}

// digest identifies the values of a row: a number of one field by itself, everything else by 88 bits of a SHA-256 (two
// of a hundred million values collide with a probability of 2e-11).
func (d *duplicates) digest(columns []*gold.Column, i int) digest {
	switch {
	case d.double:
		return numberDigest(math.Float64bits(columns[0].Floats[i]))
	case d.number:
		return numberDigest(uint64(columns[0].Ints[i]))
	}
	d.bytes = d.bytes[:0]
	for _, c := range columns {
		switch c.Kind {
		case gold.Double:
			d.bytes = binary.LittleEndian.AppendUint64(d.bytes, math.Float64bits(c.Floats[i]))
		case gold.Text, gold.WideDecimal:
			text := c.Text(i)
			d.bytes = binary.LittleEndian.AppendUint32(d.bytes, uint32(len(text)))
			d.bytes = append(d.bytes, text...)
		default:
			d.bytes = binary.LittleEndian.AppendUint64(d.bytes, uint64(c.Ints[i]))
		}
	}
	sum := sha256.Sum256(d.bytes)
	return digest{binary.LittleEndian.Uint64(sum[:]), binary.LittleEndian.Uint64(sum[8:]) >> rowBits << rowBits}
}

// put counts a row.
func (d *duplicates) put(value digest, row int64) bool {
	later, found, ok := d.rows.add(value, row)
	if found {
		d.failing++
		d.repeat(repeat{later, value})
	}
	return ok
}

func (d *duplicates) repeat(r repeat) {
	full := len(d.repeats) == mostExamples
	if r.row == 0 || full && r.row > d.repeats[mostExamples-1].row {
		return
	}
	at, _ := slices.BinarySearchFunc(d.repeats, r.row, func(x repeat, row int64) int { return cmp.Compare(x.row, row) })
	if full {
		d.repeats = d.repeats[:mostExamples-1]
	}
	d.repeats = slices.Insert(d.repeats, at, r)
}

func (d *duplicates) merge(other meter) bool {
	o := other.(*duplicates)
	d.failing += o.failing
	for _, r := range o.repeats {
		d.repeat(r)
	}
	for value, row := range o.rows.all {
		if !d.put(value, row) {
			return false
		}
	}
	return true
}

func (d *duplicates) reading(int64, time.Time) reading {
	r := reading{value: float64(d.failing), failing: d.failing}
	for _, x := range d.repeats {
		text := place(x.row)
		if first := d.rows.row(x.value); first > 0 {
			text += ": same as " + place(first)
		}
		r.examples = append(r.examples, text)
	}
	return r
}
