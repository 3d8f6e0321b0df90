package param

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"goldserve/gold"
)

// Cursor is a position in an answer: the parameters, the release that was read, and the values of the sort fields in the
// last row sent. It is not signed: it grants nothing that parameters could not.
type Cursor struct {
	Model, Dataset string
	Release        int64
	Pairs          []Pair // all parameters but cursor, format, dialect, explain and release
	After          []gold.Value
}

// cursorForm is the first byte of a token: the number of its form. Another form gets another number.
const cursorForm = 1

var cursorEncoding = base64.RawURLEncoding.Strict()

// Encode returns the token: base64url of form, texts with their lengths, values with their kinds, and a CRC-32 that
// detects a token that was cut or altered.
func (c *Cursor) Encode() string {
	b := append(make([]byte, 0, usualKey), cursorForm)
	b = appendText(b, c.Model)
	b = appendText(b, c.Dataset)
	b = binary.AppendUvarint(b, uint64(c.Release))
	b = binary.AppendUvarint(b, uint64(len(c.Pairs)))
	for _, p := range c.Pairs {
		b = appendText(appendText(b, p.Name), p.Value)
	}
	b = binary.AppendUvarint(b, uint64(len(c.After)))
	for _, v := range c.After {
		b = appendTyped(b, v)
	}
	b = binary.LittleEndian.AppendUint32(b, crc32.ChecksumIEEE(b))
	return cursorEncoding.EncodeToString(b)
}

func appendText(b []byte, text string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(text))), text...)
}

// appendTyped appends a value with its kind.
func appendTyped(b []byte, v gold.Value) []byte {
	b = append(b, byte(v.Kind()))
	switch v.Kind() {
	case gold.Null:
		return b
	case gold.Text:
		return appendText(b, v.Text())
	case gold.Double:
		return binary.LittleEndian.AppendUint64(b, math.Float64bits(v.Double()))
	case gold.WideDecimal:
		n := v.Int128()
		return binary.LittleEndian.AppendUint64(binary.AppendVarint(b, n.High), n.Low)
	default:
		return binary.AppendVarint(b, v.Int())
	}
}

// decodeCursor reads a token strictly: every byte has one meaning, and all are used.
func decodeCursor(token string) (*Cursor, error) {
	b, err := cursorEncoding.DecodeString(token)
	// The decoder skips line ends; here every byte counts.
	if err != nil || strings.ContainsAny(token, "\r\n") || len(b) < 5 || b[0] != cursorForm {
		return nil, fmt.Errorf("this is no cursor of this API: start again without it")
	}
	payload := b[:len(b)-4]
	if crc32.ChecksumIEEE(payload) != binary.LittleEndian.Uint32(b[len(payload):]) {
		return nil, fmt.Errorf("the cursor was cut or altered: start again without it")
	}
	r := &cursorReader{b: payload[1:]}
	c := &Cursor{Model: r.text(), Dataset: r.text()}
	if release := r.uvarint(); release >= 1 && release <= math.MaxInt64 {
		c.Release = int64(release)
	} else {
		r.bad = true
	}
	for range r.count() {
		c.Pairs = append(c.Pairs, Pair{r.text(), r.text()})
	}
	for range r.count() {
		c.After = append(c.After, r.value())
	}
	if r.bad || len(r.b) > 0 || !c.readable() {
		return nil, fmt.Errorf("the cursor can't be read: start again without it")
	}
	return c, nil
}

// readable reports whether the token's parameters could have come in a URL: it grants nothing that a query could not.
func (c *Cursor) readable() bool {
	texts := make([]string, len(c.Pairs))
	for i, p := range c.Pairs {
		texts[i] = url.QueryEscape(p.Name) + "=" + url.QueryEscape(p.Value)
	}
	read := Read(strings.Join(texts, "&"))
	return len(read.Problems) == 0 && slices.Equal(read.Pairs, c.Pairs)
}

// cursorReader reads a token's bytes. After the first error bad is set and every value is zero.
type cursorReader struct {
	b   []byte
	bad bool
}

func (r *cursorReader) uvarint() uint64 { return shortest(r, binary.Uvarint) }
func (r *cursorReader) varint() int64   { return shortest(r, binary.Varint) }

// shortest reads a number, which must be written in its shortest form.
func shortest[T uint64 | int64](r *cursorReader, read func([]byte) (T, int)) T {
	v, n := read(r.b)
	if n <= 0 || n > 1 && r.b[n-1] == 0 { // no end, or a longer form
		r.bad, r.b = true, nil
		return 0
	}
	r.b = r.b[n:]
	return v
}

// count reads a number of items, each of at least one byte.
func (r *cursorReader) count() int {
	n := r.uvarint()
	if n > uint64(len(r.b)) {
		r.bad, r.b = true, nil
		return 0
	}
	return int(n)
}

func (r *cursorReader) bytes(n uint64) []byte {
	if n > uint64(len(r.b)) {
		r.bad, r.b = true, nil
		return nil
	}
	b := r.b[:n]
	r.b = r.b[n:]
	return b
}

func (r *cursorReader) text() string {
	b := r.bytes(r.uvarint())
	if !utf8.Valid(b) {
		r.bad = true
	}
	return string(b)
}

func (r *cursorReader) value() gold.Value {
	kind := r.bytes(1)
	if len(kind) == 0 {
		return gold.Value{}
	}
	switch k := gold.Kind(kind[0]); k {
	case gold.Null:
		return gold.Value{}
	case gold.Text:
		return gold.NewText(r.text())
	case gold.Double:
		b := r.bytes(8)
		if len(b) < 8 {
			return gold.Value{}
		}
		v := gold.NewDouble(math.Float64frombits(binary.LittleEndian.Uint64(b)))
		r.bad = r.bad || v.IsNull() || math.IsInf(v.Double(), 0)
		return v
	case gold.WideDecimal:
		n := gold.Int128{High: r.varint()}
		if low := r.bytes(8); len(low) == 8 {
			n.Low = binary.LittleEndian.Uint64(low)
		}
		r.bad = r.bad || !n.Fits(gold.MaxDigits)
		return gold.NewWideDecimal(n)
	case gold.Bool, gold.Int, gold.Decimal, gold.Date, gold.Time, gold.Duration:
		n := r.varint()
		r.bad = r.bad || !inRange(k, n)
		return gold.NewIntegral(k, n)
	default:
		r.bad = true
		return gold.Value{}
	}
}

func inRange(k gold.Kind, n int64) bool {
	switch k {
	case gold.Bool:
		return n == 0 || n == 1
	case gold.Date:
		return n >= gold.MinDate && n <= gold.MaxDate
	case gold.Time:
		return n >= gold.MinTime && n <= gold.MaxTime
	default:
		return true
	}
}
