package format

import (
	"fmt"
	"io"

	"goldserve/gold"
)

// flushBytes is the size of the write buffer.
const flushBytes = 128 << 10

// textWriter writes rows one after the other: JSON, NDJSON and CSV.
type textWriter struct {
	w       io.Writer
	buf     []byte // begins with the text before the first row
	row     func(dst []byte, b *gold.Batch, i int) []byte
	between string // rows
	after   string // the last row
	begun   bool
	failure error
}

func newArrayWriter(w io.Writer, fields []gold.Field) *textWriter {
	return &textWriter{w: w, buf: []byte("["), row: NewJSONEncoder(fields).AppendRow, between: ",\n", after: "]\n"}
}

func newLineWriter(w io.Writer, fields []gold.Field) *textWriter {
	return &textWriter{w: w, row: NewJSONEncoder(fields).AppendRow, between: "\n", after: "\n"}
}

// Write implements Writer. All rows of the batch reach the underlying writer, so that slow answers flow.
func (t *textWriter) Write(b *gold.Batch) error {
	for i := range b.Rows {
		if t.begun {
			t.buf = append(t.buf, t.between...)
		}
		t.begun = true
		t.buf = t.row(t.buf, b, i)
		if len(t.buf) >= flushBytes {
			t.flush()
		}
	}
	t.flush()
	return t.failure
}

// Close implements Writer.
func (t *textWriter) Close() error {
	if t.begun || t.after != t.between {
		t.buf = append(t.buf, t.after...)
	}
	t.flush()
	return t.failure
}

func (t *textWriter) flush() {
	if t.failure == nil && len(t.buf) > 0 {
		if _, err := t.w.Write(t.buf); err != nil {
			t.failure = fmt.Errorf("write rows: %w", err)
		}
	}
	t.buf = t.buf[:0]
}
