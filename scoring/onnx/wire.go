package onnx

import (
	"encoding/binary"
	"math"
)

// The wire types of Protocol Buffers that ONNX uses.
const (
	wireVarint = 0
	wireFixed8 = 1
	wireBytes  = 2
	wireFixed4 = 5
)

// wire reads one message of Protocol Buffers, field by field. Malformed bytes end it by fail.
type wire struct {
	data []byte
	room *int // numbers and texts that may still be decoded
	// the field that next has read
	field int
	kind  int
	bits  uint64 // of a varint or a fixed field
	bytes []byte
}

// next reads the next field; false at the end of the message.
func (w *wire) next() bool {
	if len(w.data) == 0 {
		return false
	}
	key := w.varint()
	w.field, w.kind, w.bits, w.bytes = int(key>>3), int(key&7), 0, nil
	switch w.kind {
	case wireVarint:
		w.bits = w.varint()
	case wireFixed8:
		w.bits = binary.LittleEndian.Uint64(w.take(8))
	case wireFixed4:
		w.bits = uint64(binary.LittleEndian.Uint32(w.take(4)))
	case wireBytes:
		n := w.varint()
		if n > uint64(len(w.data)) {
			fail("the file is cut short or damaged")
		}
		w.bytes = w.take(int(n))
	default:
		fail("not an ONNX file: wire type %d", w.kind)
	}
	return true
}

func (w *wire) varint() uint64 {
	n, size := binary.Uvarint(w.data)
	if size <= 0 {
		fail("the file is cut short or damaged")
	}
	w.data = w.data[size:]
	return n
}

func (w *wire) take(n int) []byte {
	if n > len(w.data) {
		fail("the file is cut short or damaged")
	}
	part := w.data[:n]
	w.data = w.data[n:]
	return part
}

// message returns a reader of the field as a message.
func (w *wire) message() *wire {
	w.want(wireBytes)
	w.spend(1)
	return &wire{data: w.bytes, room: w.room}
}

func (w *wire) text() string {
	w.want(wireBytes)
	w.spend(1)
	return string(w.bytes)
}

func (w *wire) int() int64 {
	w.want(wireVarint)
	return int64(w.bits)
}

func (w *wire) float() float32 {
	w.want(wireFixed4)
	return math.Float32frombits(uint32(w.bits))
}

func (w *wire) want(kind int) {
	if w.kind != kind {
		fail("not an ONNX file: field %d has wire type %d, not %d", w.field, w.kind, kind)
	}
}

// spend counts decoded values, whose memory may be many times their bytes in the file.
func (w *wire) spend(n int) {
	if *w.room -= n; *w.room < 0 {
		fail("the file holds more than %d values", maxValues)
	}
}

// ints appends a repeated field of integers, packed or not.
func (w *wire) ints(to []int64) []int64 {
	if w.kind != wireBytes {
		w.spend(1)
		return append(to, w.int())
	}
	for packed := (&wire{data: w.bytes}); len(packed.data) > 0; {
		w.spend(1)
		to = append(to, int64(packed.varint()))
	}
	return to
}

// floats appends a repeated field of floats, packed or not.
func (w *wire) floats(to []float32) []float32 {
	if w.kind != wireBytes {
		w.spend(1)
		return append(to, w.float())
	}
	w.spend(len(w.bytes) / 4)
	for packed := (&wire{data: w.bytes}); len(packed.data) > 0; {
		to = append(to, math.Float32frombits(binary.LittleEndian.Uint32(packed.take(4))))
	}
	return to
}

// doubles appends a repeated field of doubles, packed or not.
func (w *wire) doubles(to []float64) []float64 {
	if w.kind == wireFixed8 {
		w.spend(1)
		return append(to, math.Float64frombits(w.bits))
	}
	w.want(wireBytes)
	w.spend(len(w.bytes) / 8)
	for packed := (&wire{data: w.bytes}); len(packed.data) > 0; {
		to = append(to, math.Float64frombits(binary.LittleEndian.Uint64(packed.take(8))))
	}
	return to
}

// message is one message as it is written: fields appended in the order of calls.
type message []byte

func (m *message) key(field, kind int) {
	*m = binary.AppendUvarint(*m, uint64(field)<<3|uint64(kind))
}

func (m *message) int(field int, n int64) {
	m.key(field, wireVarint)
	*m = binary.AppendUvarint(*m, uint64(n))
}

func (m *message) float(field int, x float32) {
	m.key(field, wireFixed4)
	*m = binary.LittleEndian.AppendUint32(*m, math.Float32bits(x))
}

func (m *message) block(field int, b []byte) {
	m.key(field, wireBytes)
	*m = append(binary.AppendUvarint(*m, uint64(len(b))), b...)
}

func (m *message) text(field int, s string) { m.block(field, []byte(s)) }
