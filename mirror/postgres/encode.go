package postgres

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"math"

	"goldserve/gold"
	"goldserve/mirror"
)

// encoder reads rows as PostgreSQL's COPY takes them in its binary format. Rows are read and written in their own goroutine, while
// what was written before is sent.
type encoder struct {
	end    context.CancelFunc
	chunks <-chan chunk
	spare  chan<- []byte
	now    []byte // what is left of the chunk
	whole  []byte
	err    error
	failed error // why the rows could not be read to their end; known once stop has returned
}

type chunk struct {
	data []byte
	err  error // the last one's: io.EOF
}

// chunkSize is how many bytes are sent together, at least.
const chunkSize = 256 << 10

// newEncoder begins to read rows, which are closed once stop has returned.
func newEncoder(ctx context.Context, table *mirror.Table, rows gold.Rows) *encoder {
	chunks, spare := make(chan chunk, 2), make(chan []byte, 4)
	ctx, end := context.WithCancel(ctx)
	e := &encoder{end: end, chunks: chunks, spare: spare}
	go func() {
		defer close(chunks)
		last := chunk{}
		send := func(data []byte) bool {
			select {
			case chunks <- chunk{data: data}:
				return true
			case <-ctx.Done():
				return false
			}
		}
		last.data, last.err = encode(ctx, table, rows, send, spare)
		if err := rows.Close(); err != nil && errors.Is(last.err, io.EOF) {
			last.err = err
		}
		if ctx.Err() == nil && !errors.Is(last.err, io.EOF) {
			e.failed = last.err
		}
		select {
		case chunks <- last:
		case <-ctx.Done():
		}
	}()
	return e
}

// stop ends the reading of rows.
func (e *encoder) stop() {
	e.end()
	for range e.chunks { // until it is closed
	}
}

// Read returns the next bytes.
func (e *encoder) Read(p []byte) (int, error) {
	for len(e.now) == 0 {
		if e.err != nil {
			return 0, e.err
		}
		if e.whole != nil {
			select {
			case e.spare <- e.whole:
			default:
			}
			e.whole = nil
		}
		next, open := <-e.chunks
		if !open {
			next.err = context.Canceled
		}
		e.now, e.whole, e.err = next.data, next.data, next.err
	}
	n := copy(p, e.now)
	e.now = e.now[n:]
	return n, nil
}

// encode writes rows in chunks that send takes, and returns the last one with io.EOF, or what went wrong.
func encode(ctx context.Context, table *mirror.Table, rows gold.Rows, send func([]byte) bool, spare <-chan []byte) ([]byte, error) {
	dst := append(make([]byte, 0, chunkSize+chunkSize/4), "PGCOPY\n\377\r\n\000\000\000\000\000\000\000\000\000"...)
	row := int64(0)
	for {
		b, err := rows.Next(ctx)
		if errors.Is(err, io.EOF) {
			return binary.BigEndian.AppendUint16(dst, 0xFFFF), io.EOF
		}
		if err != nil {
			return nil, err
		}
		for i := range b.Rows {
			row++
			dst = binary.BigEndian.AppendUint16(dst, uint16(len(table.Columns)))
			for c := range b.Columns {
				var ok bool
				if dst, ok = appendField(dst, &table.Columns[c], &b.Columns[c], i); !ok {
					return nil, mirror.RangeError(table, row, &table.Columns[c], table.KeyOf(b, i), "the text has a NUL character, which PostgreSQL can't hold: take it out of the file")
				}
			}
			if len(dst) < chunkSize {
				continue
			}
			if !send(dst) {
				return nil, context.Cause(ctx)
			}
			select {
			case dst = <-spare:
				dst = dst[:0]
			default:
				dst = make([]byte, 0, chunkSize+chunkSize/4)
			}
		}
	}
}

// The days and microseconds from 1970-01-01 to 2000-01-01, from which PostgreSQL counts.
const (
	epochDays   = 10_957
	epochMicros = epochDays * gold.MillisPerDay * 1000
)

// appendField appends row i of a column with its length; false: PostgreSQL can't hold it.
func appendField(dst []byte, f *mirror.Column, c *gold.Column, i int) ([]byte, bool) {
	order := binary.BigEndian
	if c.Nulls != nil && c.IsNull(i) {
		return append(dst, 0xFF, 0xFF, 0xFF, 0xFF), true
	}
	switch c.Kind {
	case gold.Text:
		text := c.Text(i)
		dst = order.AppendUint32(dst, uint32(len(text)))
		return append(dst, text...), bytes.IndexByte(text, 0) < 0
	case gold.Int:
		dst = append(dst, 0, 0, 0, 8)
		return order.AppendUint64(dst, uint64(c.Ints[i])), true
	case gold.Double:
		if f.Single {
			dst = append(dst, 0, 0, 0, 4)
			return order.AppendUint32(dst, math.Float32bits(float32(c.Floats[i]))), true
		}
		dst = append(dst, 0, 0, 0, 8)
		return order.AppendUint64(dst, math.Float64bits(c.Floats[i])), true
	case gold.Bool:
		return append(dst, 0, 0, 0, 1, byte(c.Ints[i])), true
	case gold.Date:
		dst = append(dst, 0, 0, 0, 4)
		return order.AppendUint32(dst, uint32(int32(c.Ints[i]-epochDays))), true
	case gold.Time:
		dst = append(dst, 0, 0, 0, 8)
		return order.AppendUint64(dst, uint64(c.Ints[i]*1000-epochMicros)), true
	case gold.Decimal, gold.Duration:
		return appendNumeric(dst, gold.Int128Of(c.Ints[i]), f.Scale), true
	case gold.WideDecimal:
		return appendNumeric(dst, c.Int128(i), f.Scale), true
	case gold.Null:
	}
	return dst, false
}
