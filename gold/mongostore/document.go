package mongostore

import (
	"encoding/binary"
	"math"
	"strconv"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"goldserve/gold"
)

// encoder writes the rows of a dataset as BSON documents: _id, then every stored field in the contract's order, each
// of one type or null. Without a key _id is the row's position. It holds nothing of the rows and is safe for concurrent use.
type encoder struct {
	fields []gold.Field
	names  [][]byte // with the NUL that ends them in BSON
	key    []int    // the key's columns, or the position's
	hidden int      // the position's column, which is _id alone; -1: none
}

func newEncoder(d *gold.Dataset) *encoder {
	e := &encoder{fields: d.Stored(), hidden: -1}
	for _, f := range e.fields {
		e.names = append(e.names, append([]byte(f.Name), 0))
	}
	for _, k := range d.Key {
		for i, f := range e.fields {
			if f.Name == k {
				e.key = append(e.key, i)
			}
		}
	}
	if d.Keyless() {
		e.hidden = len(d.Fields)
		e.key = []int{e.hidden}
	}
	return e
}

// fits reports whether a batch has exactly the stored fields.
func (e *encoder) fits(b *gold.Batch) bool {
	if len(b.Columns) != len(e.fields) || len(b.Fields) != len(e.fields) {
		return false
	}
	for i := range e.fields {
		if b.Fields[i].Name != e.fields[i].Name || b.Columns[i].Kind != e.fields[i].Kind {
			return false
		}
	}
	return true
}

// appendRow appends row i of a batch as a document.
func (e *encoder) appendRow(dst []byte, b *gold.Batch, i int) []byte {
	start := len(dst)
	dst = append(dst, 0, 0, 0, 0)
	dst = e.appendKey(dst, b, i)
	for c := range e.fields {
		if c == e.hidden {
			continue
		}
		dst = appendElement(dst, e.names[c], &b.Columns[c], &e.fields[c], i)
	}
	return endDocument(dst, start)
}

var keyName = []byte("_id\x00")

// appendKey appends _id: the key's value at its own type, the text of a composite key, or the position.
func (e *encoder) appendKey(dst []byte, b *gold.Batch, i int) []byte {
	if len(e.key) == 1 {
		c := e.key[0]
		return appendElement(dst, keyName, &b.Columns[c], &e.fields[c], i)
	}
	dst = append(dst, byte(bson.TypeString))
	dst = append(dst, keyName...)
	start := len(dst)
	dst = append(dst, 0, 0, 0, 0)
	for n, c := range e.key {
		if n > 0 {
			dst = append(dst, ',')
		}
		dst = appendKeyPart(dst, b.Columns[c].Value(i), e.fields[c].Scale)
	}
	dst = append(dst, 0)
	binary.LittleEndian.PutUint32(dst[start:], uint32(len(dst)-start-4))
	return dst
}

// compositeKey returns the _id of a composite key's values.
func compositeKey(fields []gold.Field, values []gold.Value) string {
	var dst []byte
	for i, v := range values {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendKeyPart(dst, v, fields[i].Scale)
	}
	return string(dst)
}

// appendKeyPart appends a value of a composite key. Null is two quotes, which no text is written as: the empty one has none.
func appendKeyPart(dst []byte, v gold.Value, scale int) []byte {
	switch v.Kind() {
	case gold.Null:
		return append(dst, `""`...)
	case gold.Text:
		return appendQuoted(dst, v.Text())
	default:
		return v.Append(dst, scale)
	}
}

// appendQuoted appends a text quoted as in CSV where it holds a comma, a quote or an end of line.
func appendQuoted(dst []byte, text string) []byte {
	if !strings.ContainsAny(text, ",\"\r\n") {
		return append(dst, text...)
	}
	dst = append(dst, '"')
	for _, c := range []byte(text) {
		if c == '"' {
			dst = append(dst, '"')
		}
		dst = append(dst, c)
	}
	return append(dst, '"')
}

// appendElement appends the value of row i of a column under a name that ends with NUL.
func appendElement(dst, name []byte, c *gold.Column, f *gold.Field, i int) []byte {
	if c.IsNull(i) {
		return append(append(dst, byte(bson.TypeNull)), name...)
	}
	dst = append(append(dst, byte(typeOf(f))), name...)
	switch c.Kind {
	case gold.Double:
		return binary.LittleEndian.AppendUint64(dst, math.Float64bits(c.Floats[i]))
	case gold.Text:
		text := c.Text(i)
		dst = binary.LittleEndian.AppendUint32(dst, uint32(len(text)+1))
		return append(append(dst, text...), 0)
	case gold.Bool:
		return append(dst, byte(c.Ints[i]))
	case gold.Decimal:
		high, low := decimalBits(c.Ints[i], f.Scale)
		return binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(dst, low), high)
	case gold.WideDecimal:
		return appendWide(dst, c.Int128(i), f)
	case gold.Date:
		return binary.LittleEndian.AppendUint64(dst, uint64(c.Ints[i]*gold.MillisPerDay))
	default: // Int, Time, Duration
		return binary.LittleEndian.AppendUint64(dst, uint64(c.Ints[i]))
	}
}

// typeOf returns the BSON type that a field is stored at.
func typeOf(f *gold.Field) bson.Type {
	switch f.Kind {
	case gold.Bool:
		return bson.TypeBoolean
	case gold.Int, gold.Duration:
		return bson.TypeInt64
	case gold.Double:
		return bson.TypeDouble
	case gold.Decimal:
		return bson.TypeDecimal128
	case gold.WideDecimal:
		if sortable(f) {
			return bson.TypeString
		}
		return bson.TypeDecimal128
	case gold.Text:
		return bson.TypeString
	case gold.Date, gold.Time:
		return bson.TypeDateTime
	default:
		return bson.TypeNull
	}
}

// endDocument closes the document or array that begins at start.
func endDocument(dst []byte, start int) []byte {
	dst = append(dst, 0)
	binary.LittleEndian.PutUint32(dst[start:], uint32(len(dst)-start))
	return dst
}

// decimalBias is the exponent bias of the IEEE 754 decimal128 format.
const decimalBias = 6176

// decimalBits returns unscaled·10^-scale in decimal128, which holds every such value exactly.
func decimalBits(unscaled int64, scale int) (high, low uint64) {
	high = uint64(decimalBias-scale) << 49
	if unscaled < 0 {
		return high | 1<<63, -uint64(unscaled)
	}
	return high, uint64(unscaled)
}

// unscaled returns a decimal128 as digits of a scale; false where it has more digits after the point or does not fit.
func unscaled(d bson.Decimal128, scale int) (int64, bool) {
	n, exp, err := d.BigInt()
	if err != nil {
		return 0, false
	}
	text := n.String()
	if shift := exp + scale; shift >= 0 && text != "0" {
		if shift > 19 {
			return 0, false
		}
		text += strings.Repeat("0", shift)
	} else if text != "0" {
		digits := strings.TrimRight(text, "0")
		if len(text)-len(digits) < -shift {
			return 0, false
		}
		text = text[:len(text)+shift]
	}
	v, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, false
	}
	return v, true
}

// bsonValue returns a value of a field as the driver encodes it in filters and pipelines.
func bsonValue(v gold.Value, f *gold.Field) any {
	switch v.Kind() {
	case gold.Bool:
		return v.Bool()
	case gold.Int, gold.Duration:
		return v.Int()
	case gold.Double:
		return v.Double()
	case gold.Decimal:
		return bson.NewDecimal128(decimalBits(v.Int(), f.Scale))
	case gold.WideDecimal:
		return wideValue(v.Int128(), f)
	case gold.Text:
		return v.Text()
	case gold.Date:
		return bson.DateTime(v.Int() * gold.MillisPerDay)
	case gold.Time:
		return bson.DateTime(v.Int())
	default:
		return nil
	}
}

// appendValue appends a BSON value to the column of the field that it was stored at; counts of the server may be int32.
// It returns false where the type or the value is not the column's.
func appendValue(c *gold.Column, f *gold.Field, v bson.RawValue) bool {
	switch {
	case v.Type == bson.TypeNull:
		c.AppendNull()
		return true
	case (c.Kind == gold.Int || c.Kind == gold.Duration) && v.Type == bson.TypeInt32 && len(v.Value) >= 4:
		c.Ints = append(c.Ints, int64(int32(binary.LittleEndian.Uint32(v.Value))))
		return true
	case c.Kind == gold.WideDecimal && v.Type == bson.TypeInt32 && len(v.Value) >= 4 && binary.LittleEndian.Uint32(v.Value) == 0:
		c.AppendInt128(gold.Int128{}) // $sum over nothing.
		return true
	case v.Type != typeOf(f):
		return false
	}
	switch c.Kind {
	case gold.Text:
		n := int(binary.LittleEndian.Uint32(v.Value))
		c.Bytes = append(c.Bytes, v.Value[4:4+n-1]...)
		c.Offsets = append(c.Offsets, int32(len(c.Bytes)))
	case gold.Bool:
		c.Ints = append(c.Ints, int64(v.Value[0]))
	case gold.Double:
		c.Floats = append(c.Floats, math.Float64frombits(binary.LittleEndian.Uint64(v.Value)))
	case gold.Decimal:
		low, high := binary.LittleEndian.Uint64(v.Value), binary.LittleEndian.Uint64(v.Value[8:])
		n, ok := unscaled(bson.NewDecimal128(high, low), f.Scale)
		if !ok {
			return false
		}
		c.Ints = append(c.Ints, n)
	case gold.WideDecimal:
		n, ok := wideOf(v, f)
		if !ok {
			return false
		}
		c.AppendInt128(n)
	case gold.Date:
		c.Ints = append(c.Ints, gold.DayOf(int64(binary.LittleEndian.Uint64(v.Value))))
	default: // Int, Time
		c.Ints = append(c.Ints, int64(binary.LittleEndian.Uint64(v.Value)))
	}
	return true
}

// size returns how many bytes a value of a type takes at the beginning of data, or -1 for a type that is never
// stored or data that is too short.
func size(t bson.Type, data []byte) int {
	n := -1
	switch t {
	case bson.TypeNull, bson.TypeUndefined, bson.TypeMinKey, bson.TypeMaxKey:
		n = 0
	case bson.TypeBoolean:
		n = 1
	case bson.TypeInt32:
		n = 4
	case bson.TypeDouble, bson.TypeInt64, bson.TypeDateTime, bson.TypeTimestamp:
		n = 8
	case bson.TypeObjectID:
		n = 12
	case bson.TypeDecimal128:
		n = 16
	case bson.TypeString:
		if len(data) >= 5 {
			n = 4 + int(binary.LittleEndian.Uint32(data))
		}
	case bson.TypeEmbeddedDocument, bson.TypeArray:
		if len(data) >= 5 {
			n = int(binary.LittleEndian.Uint32(data))
		}
	default:
	}
	if n > len(data) {
		return -1
	}
	return n
}
