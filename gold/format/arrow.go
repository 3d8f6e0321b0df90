package format

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"goldserve/gold"
)

// arrowWriter writes each batch as one record batch of an IPC stream. Columns of Int, Double, Time and Text have
// Arrow's own layout and are written without conversion; the others are converted in reused memory.
type arrowWriter struct {
	fields  []gold.Field
	schema  *arrow.Schema
	stream  *ipc.Writer
	scratch [][]byte // by column: converted values
	valid   [][]byte // by column: Arrow's bitmap, whose bits say what is there
}

// arrowSchema returns the schema of fields as Arrow's readers of Parquet look for it: a stream without rows, in base64.
func arrowSchema(o Options) (string, error) {
	var b bytes.Buffer
	w, err := newArrowWriter(&b, o)
	if err == nil {
		err = w.stream.Close()
	}
	if err != nil {
		return "", fmt.Errorf("write the schema of Arrow: %w", err)
	}
	return base64.StdEncoding.EncodeToString(b.Bytes()), nil
}

func newArrowWriter(w io.Writer, o Options) (*arrowWriter, error) {
	fields := make([]arrow.Field, len(o.Fields))
	for i := range o.Fields {
		f := &o.Fields[i]
		kind, err := arrowType(f)
		if err != nil {
			return nil, err
		}
		fields[i] = arrow.Field{Name: f.Name, Type: kind, Nullable: nullable(f), Metadata: arrowMetadata(describe(f))}
	}
	metadata := arrowMetadata(prefixed(o.About))
	schema := arrow.NewSchema(fields, &metadata)
	return &arrowWriter{
		fields: o.Fields, schema: schema, stream: ipc.NewWriter(w, ipc.WithSchema(schema)),
		scratch: make([][]byte, len(fields)), valid: make([][]byte, len(fields)),
	}, nil
}

func arrowType(f *gold.Field) (arrow.DataType, error) {
	switch f.Kind {
	case gold.Bool:
		return arrow.FixedWidthTypes.Boolean, nil
	case gold.Int:
		return arrow.PrimitiveTypes.Int64, nil
	case gold.Double:
		return arrow.PrimitiveTypes.Float64, nil
	case gold.Decimal:
		return &arrow.Decimal128Type{Precision: gold.NarrowDigits, Scale: int32(f.Scale)}, nil
	case gold.WideDecimal:
		return &arrow.Decimal128Type{Precision: gold.MaxDigits, Scale: int32(f.Scale)}, nil
	case gold.Text:
		return arrow.BinaryTypes.String, nil
	case gold.Date:
		return arrow.FixedWidthTypes.Date32, nil
	case gold.Time:
		return arrow.FixedWidthTypes.Timestamp_ms, nil
	case gold.Duration:
		return arrow.FixedWidthTypes.Duration_us, nil
	default:
		return nil, unknownKind(f)
	}
}

func arrowMetadata(notes []Note) arrow.Metadata {
	var names, values []string
	for _, n := range notes {
		names, values = append(names, n.Name), append(values, n.Value)
	}
	return arrow.NewMetadata(names, values)
}

// Write implements Writer.
func (a *arrowWriter) Write(b *gold.Batch) error {
	columns := make([]arrow.Array, len(a.fields))
	for i := range a.fields {
		data, err := a.column(&b.Columns[i], i, b.Rows)
		if err != nil {
			return err
		}
		columns[i] = array.MakeFromData(data)
	}
	record := array.NewRecordBatch(a.schema, columns, int64(b.Rows))
	defer record.Release()
	if err := a.stream.Write(record); err != nil {
		return fmt.Errorf("write rows as Arrow: %w", err)
	}
	return nil
}

// column returns the first rows of a column as Arrow's data, valid as long as the batch.
func (a *arrowWriter) column(c *gold.Column, f, rows int) (*array.Data, error) {
	nulls := a.validity(c, f, rows)
	if nulls > 0 && !nullable(&a.fields[f]) {
		return nil, unexpectedNull(&a.fields[f])
	}
	buffers := []*memory.Buffer{nil}
	if nulls > 0 {
		buffers[0] = memory.NewBufferBytes(a.valid[f])
	}
	switch c.Kind {
	case gold.Text:
		offsets := c.Offsets[:rows+1]
		buffers = append(buffers, memory.NewBufferBytes(arrow.Int32Traits.CastToBytes(offsets)), memory.NewBufferBytes(c.Bytes[:offsets[rows]]))
	case gold.Double:
		buffers = append(buffers, memory.NewBufferBytes(arrow.Float64Traits.CastToBytes(c.Floats[:rows])))
	case gold.WideDecimal:
		a.scratch[f] = appendArrowWide(a.scratch[f][:0], c, rows)
		buffers = append(buffers, memory.NewBufferBytes(a.scratch[f]))
	case gold.Int, gold.Time, gold.Duration:
		buffers = append(buffers, memory.NewBufferBytes(arrow.Int64Traits.CastToBytes(c.Ints[:rows])))
	default:
		a.scratch[f] = appendArrow(a.scratch[f][:0], c.Kind, c.Ints[:rows])
		buffers = append(buffers, memory.NewBufferBytes(a.scratch[f]))
	}
	return array.NewData(a.schema.Field(f).Type, rows, buffers, nil, nulls, 0), nil
}

// validity makes a column's bitmap and returns the number of nulls.
func (a *arrowWriter) validity(c *gold.Column, f, rows int) (nulls int) {
	if len(c.Nulls) == 0 {
		return 0
	}
	valid := a.valid[f][:0]
	for i := range rows {
		if i%8 == 0 {
			valid = append(valid, 0)
		}
		if c.IsNull(i) {
			nulls++
		} else {
			valid[i/8] |= 1 << (i % 8)
		}
	}
	a.valid[f] = valid
	return nulls
}

// appendArrowWide appends WideDecimals as Arrow has them, nulls as 0.
func appendArrowWide(dst []byte, c *gold.Column, rows int) []byte {
	for i := range rows {
		n := c.Int128(i)
		dst = binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(dst, n.Low), uint64(n.High))
	}
	return dst
}

// appendArrow appends values of kinds that Arrow stores in another width: Bool in bits, Date in 32, Decimal in 128.
func appendArrow(dst []byte, k gold.Kind, values []int64) []byte {
	for i, v := range values {
		switch k {
		case gold.Bool:
			if i%8 == 0 {
				dst = append(dst, 0)
			}
			dst[i/8] |= byte(v) << (i % 8)
		case gold.Date:
			dst = binary.LittleEndian.AppendUint32(dst, uint32(v))
		default:
			dst = binary.LittleEndian.AppendUint64(dst, uint64(v))
			dst = binary.LittleEndian.AppendUint64(dst, uint64(v>>63))
		}
	}
	return dst
}

// Close implements Writer.
func (a *arrowWriter) Close() error {
	if err := a.stream.Close(); err != nil {
		return fmt.Errorf("write rows as Arrow: %w", err)
	}
	return nil
}
