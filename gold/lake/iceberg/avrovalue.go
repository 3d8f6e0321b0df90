package iceberg

import (
	"encoding/binary"
	"errors"
	"math"
)

// maxAvroValue is the longest text or bytes that are read.
const maxAvroValue = 16 << 20

var errAvro = errors.New("its records are damaged")

// avroReader reads values from the records of a block. The first thing that is wrong ends it: then every value is zero.
type avroReader struct {
	data   []byte
	budget int // of values that may still be read: records of nothing take no bytes, and may hold very many
	err    error
}

func (r *avroReader) fail() { r.data, r.err = nil, errAvro }

// varint reads an int or a long.
func (r *avroReader) varint() int64 {
	v, n := binary.Varint(r.data)
	if n <= 0 {
		r.fail()
		return 0
	}
	r.data = r.data[n:]
	return v
}

// skipVarint passes an int or a long, of more than 64 bits too: some writers make ids of snapshots so.
func (r *avroReader) skipVarint() {
	for n := range min(len(r.data), binary.MaxVarintLen64) {
		if r.data[n] < 0x80 {
			r.data = r.data[n+1:]
			return
		}
	}
	r.fail()
}

// take reads so many bytes, which are valid as long as the block is.
func (r *avroReader) take(n int64) []byte {
	if n < 0 || n > int64(len(r.data)) || n > maxAvroValue {
		r.fail()
		return nil
	}
	b := r.data[:n]
	r.data = r.data[n:]
	return b
}

// branch returns the type of the value that follows, which a union says.
func (r *avroReader) branch(t *avroType) *avroType {
	if r.budget--; r.budget < 0 {
		r.fail()
	}
	if r.err != nil {
		return &avroType{kind: avroNull}
	}
	for t.kind == avroUnion {
		n := r.varint()
		if n < 0 || n >= int64(len(t.branches)) || r.err != nil {
			r.fail()
			return &avroType{kind: avroNull}
		}
		t = t.branches[n]
	}
	return t
}

// long reads an integer; null is false.
func (r *avroReader) long(t *avroType) (int64, bool) {
	switch t = r.branch(t); t.kind {
	case avroInt, avroLong:
		return r.varint(), r.err == nil
	case avroNull:
		return 0, false
	default:
		r.fail()
		return 0, false
	}
}

// text reads a string; null is empty.
func (r *avroReader) text(t *avroType) string {
	switch t = r.branch(t); t.kind {
	case avroString, avroBytes:
		return string(r.take(r.varint()))
	case avroNull:
		return ""
	default:
		r.fail()
		return ""
	}
}

// present passes a value, and reports whether it is neither null nor empty.
func (r *avroReader) present(t *avroType) bool {
	t = r.branch(t)
	before := len(r.data)
	r.skip(t)
	return t.kind != avroNull && before-len(r.data) > 1
}

// value reads a single value: nil, bool, int64, float64, string or []byte.
func (r *avroReader) value(t *avroType) any {
	switch t = r.branch(t); t.kind {
	case avroNull:
		return nil
	case avroBoolean:
		b := r.take(1)
		return len(b) == 1 && b[0] != 0
	case avroInt, avroLong:
		return r.varint()
	case avroFloat:
		if b := r.take(4); b != nil {
			return float64(math.Float32frombits(binary.LittleEndian.Uint32(b)))
		}
	case avroDouble:
		if b := r.take(8); b != nil {
			return math.Float64frombits(binary.LittleEndian.Uint64(b))
		}
	case avroString:
		return string(r.take(r.varint()))
	case avroBytes:
		return append([]byte{}, r.take(r.varint())...)
	case avroFixed:
		return append([]byte{}, r.take(int64(t.size))...)
	default:
		r.fail()
	}
	return nil
}

// longs reads an array of integers; null is none.
func (r *avroReader) longs(t *avroType) (all []int64) {
	if t = r.branch(t); t.kind == avroNull {
		return nil
	}
	if t.kind != avroArray {
		r.fail()
		return nil
	}
	r.items(func() {
		v, _ := r.long(t.items)
		all = append(all, v)
	})
	return all
}

// items calls fn for each item of an array or a map. An item takes a byte at least.
func (r *avroReader) items(fn func()) {
	for r.err == nil {
		n := r.varint()
		if n == 0 {
			return
		}
		if n < 0 {
			n = -n
			r.varint() // the bytes of the block
		}
		if n < 0 || n > int64(len(r.data)) {
			r.fail()
			return
		}
		for range n {
			before := len(r.data)
			if fn(); r.err != nil {
				return
			}
			if len(r.data) == before {
				r.fail()
				return
			}
		}
	}
}

// record calls fn for each field of a record, which reads or skips it. A null is no record.
func (r *avroReader) record(t *avroType, fn func(f *avroField)) bool {
	if t = r.branch(t); t.kind != avroRecord {
		if t.kind != avroNull {
			r.fail()
		}
		return false
	}
	for i := range t.fields {
		if fn(&t.fields[i]); r.err != nil {
			return false
		}
	}
	return true
}

// skip passes a value.
func (r *avroReader) skip(t *avroType) {
	switch t = r.branch(t); t.kind {
	case avroNull:
	case avroBoolean:
		r.take(1)
	case avroInt, avroLong, avroEnum:
		r.skipVarint()
	case avroFloat:
		r.take(4)
	case avroDouble:
		r.take(8)
	case avroBytes, avroString:
		r.take(r.varint())
	case avroFixed:
		r.take(int64(t.size))
	case avroArray:
		r.items(func() { r.skip(t.items) })
	case avroMap:
		r.items(func() {
			r.take(r.varint())
			r.skip(t.items)
		})
	case avroRecord:
		r.record(t, func(f *avroField) { r.skip(f.typ) })
	default:
		r.fail()
	}
}
