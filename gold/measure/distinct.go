package measure

import (
	"encoding/binary"
	"math"
	"math/bits"

	"goldserve/gold"
)

// distinctNumbers is the state of CountDistinct of every kind but those in bytes.
type distinctNumbers struct {
	set   numberSet
	found []int64 // by group
}

func (d *distinctNumbers) grow(n int) { d.found = growTo(d.found, n) }

func (d *distinctNumbers) add(v vector) {
	for i, n := range v.ints {
		d.put(v.group(i), n)
	}
	for i, f := range v.doubles {
		d.put(v.group(i), doubleKey(f))
	}
}

func (d *distinctNumbers) put(g int, n int64) {
	if d.set.add(n, int32(g)) {
		d.found[g]++
	}
}

func (d *distinctNumbers) merge(other state, to []int32) {
	for n, g := range other.(*distinctNumbers).set.all {
		d.put(target(to, int(g)), n)
	}
}

func (d *distinctNumbers) value(g int) (gold.Value, error) { return gold.NewInt(d.found[g]), nil }

func (d *distinctNumbers) bytes() int64 { return d.set.bytes() + int64(cap(d.found))*8 }

// doubleKey returns the same number for the same double, and for both zeros.
func doubleKey(f float64) int64 { return int64(math.Float64bits(f + 0)) }

func doubleOf(key int64) float64 { return math.Float64frombits(uint64(key)) }

// distinctTexts is the state of CountDistinct of a Text or WideDecimal. A text follows the four bytes of its group.
type distinctTexts struct {
	set   map[string]struct{}
	found []int64 // by group
	held  int64   // bytes of the texts
	key   []byte
}

func (d *distinctTexts) grow(n int) { d.found = growTo(d.found, n) }

func (d *distinctTexts) add(v vector) {
	for i := range v.n {
		d.put(v.group(i), v.text(i))
	}
}

func (d *distinctTexts) put(g int, text []byte) {
	d.key = append(binary.BigEndian.AppendUint32(d.key[:0], uint32(g)), text...)
	if _, ok := d.set[string(d.key)]; ok {
		return
	}
	d.set[string(d.key)] = struct{}{}
	d.found[g]++
	d.held += textBytes(len(d.key))
}

func (d *distinctTexts) merge(other state, to []int32) {
	for key := range other.(*distinctTexts).set {
		g := int(binary.BigEndian.Uint32([]byte(key[:4])))
		d.put(target(to, g), []byte(key[4:]))
	}
}

func (d *distinctTexts) value(g int) (gold.Value, error) { return gold.NewInt(d.found[g]), nil }

func (d *distinctTexts) bytes() int64 {
	return mapBytes(len(d.set), 24) + d.held + int64(cap(d.found))*8
}

// NewDistinctBelow returns an accumulator of CountDistinct for Ints from 0 to n-1, which takes a bit for each of them and
// each group.
func NewDistinctBelow(n int64) *Accumulator {
	a := &Accumulator{measure: gold.Measure{Func: gold.CountDistinct}, field: gold.Field{Kind: gold.Int}, state: &distinctBits{words: int(n+63) / 64}}
	a.Grow(1)
	return a
}

// distinctBits is the state of CountDistinct of small numbers.
type distinctBits struct {
	words int // of each group
	bits  []uint64
}

func (d *distinctBits) grow(n int) { d.bits = growTo(d.bits, n*d.words) }

func (d *distinctBits) add(v vector) {
	if v.groups == nil {
		for _, n := range v.ints {
			d.bits[n>>6] |= 1 << (n & 63)
		}
		return
	}
	for i, g := range v.groups {
		n := v.ints[i]
		d.bits[int(g)*d.words+int(n>>6)] |= 1 << (n & 63)
	}
}

func (d *distinctBits) merge(other state, to []int32) {
	for i, word := range other.(*distinctBits).bits {
		d.bits[target(to, i/d.words)*d.words+i%d.words] |= word
	}
}

func (d *distinctBits) value(g int) (gold.Value, error) {
	n := 0
	for _, word := range d.bits[g*d.words : (g+1)*d.words] {
		n += bits.OnesCount64(word)
	}
	return gold.NewInt(int64(n)), nil
}

func (d *distinctBits) bytes() int64 { return int64(cap(d.bits)) * 8 }
