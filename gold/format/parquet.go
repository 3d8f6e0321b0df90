package format

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"sync"

	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go"
	parquetzstd "github.com/parquet-go/parquet-go/compress/zstd"

	"goldserve/gold"
)

// A row group ends with the batch that fills it: with so many rows, or so many bytes of text before compression.
// Readers process row groups in parallel and skip them by their statistics; the writer holds one, compressed, in
// memory.
const (
	groupRows  = 122_880
	groupBytes = 64 << 20
)

// A column whose dictionary grows beyond this is written without it from there on.
const dictionaryBytes = 1 << 20

// pageWindow is how far back a compressor looks in a page. Pages have 256 KiB, dictionaries up to 1 MiB; parquet-go's
// own compressors look back 8 MiB, and hold four times as much.
const pageWindow = 1 << 20

// pageCodec is parquet-go's codec with our own compressor, one for all pages of a file.
type pageCodec struct {
	*parquetzstd.Codec
	packer *zstd.Encoder
}

// Encode implements compress.Codec.
func (c pageCodec) Encode(dst, src []byte) ([]byte, error) {
	return c.packer.EncodeAll(src, dst[:0]), nil
}

// packers are compressors of files that are whole: each has more memory than a small file needs.
var packers sync.Pool

// takePacker returns a compressor of pages, whose bytes don't depend on what it compressed before.
func takePacker() (*zstd.Encoder, error) {
	if packer, ok := packers.Get().(*zstd.Encoder); ok {
		return packer, nil
	}
	packer, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(pageWindow), zstd.WithEncoderCRC(false), zstd.WithZeroFrames(true))
	if err != nil {
		return nil, fmt.Errorf("prepare the compression of Parquet: %w", err)
	}
	return packer, nil
}

// parquetWriter writes batches into row groups, column by column.
type parquetWriter struct {
	fields []gold.Field
	file   *parquet.GenericWriter[any]
	values []parquet.Value // scratch
	packer *zstd.Encoder
	rows   int // in the row group
	bytes  int // of text in the row group
}

func newParquetWriter(w io.Writer, o Options) (*parquetWriter, error) {
	root := orderedGroup{Group: parquet.Group{}}
	for i := range o.Fields {
		f := &o.Fields[i]
		node, err := parquetNode(f)
		if err != nil {
			return nil, err
		}
		if nullable(f) {
			node = parquet.Optional(node)
		}
		root.names, root.Group[f.Name] = append(root.names, f.Name), node
	}
	packer, err := takePacker()
	if err != nil {
		return nil, err
	}
	options := []parquet.WriterOption{
		parquet.NewSchema("rows", root),
		parquet.Compression(pageCodec{&parquetzstd.Codec{}, packer}),
		parquet.CreatedBy("goldserve", "", ""),
		parquet.DataPageStatistics(true),
		parquet.DictionaryMaxBytes(dictionaryBytes),
	}
	notes, err := parquetNotes(o)
	if err != nil {
		return nil, err
	}
	for _, n := range notes {
		options = append(options, parquet.KeyValueMetadata(n.Name, n.Value))
	}
	if slices.ContainsFunc(o.Fields, func(f gold.Field) bool { return f.Kind == gold.Duration }) {
		schema, err := arrowSchema(o)
		if err != nil {
			return nil, err
		}
		options = append(options, parquet.KeyValueMetadata("ARROW:schema", schema))
	}
	return &parquetWriter{fields: o.Fields, packer: packer, file: parquet.NewGenericWriter[any](w, options...)}, nil
}

// orderedGroup is a group that keeps the order of its fields; parquet.Group sorts them by name.
type orderedGroup struct {
	parquet.Group
	names []string
}

// Fields implements parquet.Node.
func (g orderedGroup) Fields() []parquet.Field {
	place := make(map[string]int, len(g.names))
	for i, name := range g.names {
		place[name] = i
	}
	fields := g.Group.Fields()
	slices.SortFunc(fields, func(a, b parquet.Field) int { return place[a.Name()] - place[b.Name()] })
	return fields
}

func parquetNode(f *gold.Field) (parquet.Node, error) {
	switch f.Kind {
	case gold.Bool:
		return parquet.Leaf(parquet.BooleanType), nil
	case gold.Int:
		return parquet.Int(64), nil
	case gold.Double:
		return parquet.Leaf(parquet.DoubleType), nil
	case gold.Decimal:
		return parquet.Decimal(f.Scale, gold.NarrowDigits, parquet.Int64Type), nil
	case gold.WideDecimal:
		return parquet.Decimal(f.Scale, gold.MaxDigits, parquet.FixedLenByteArrayType(16)), nil
	case gold.Text:
		return parquet.Encoded(parquet.String(), &parquet.RLEDictionary), nil
	case gold.Date:
		return parquet.Date(), nil
	case gold.Time:
		return parquet.Timestamp(parquet.Millisecond), nil
	case gold.Duration: // Parquet has no word for it, but arrowSchema
		return parquet.Leaf(parquet.Int64Type), nil
	default:
		return nil, unknownKind(f)
	}
}

// parquetNotes returns the file's metadata: the options' notes, and a JSON object about the fields, since Parquet has
// only their names and types.
func parquetNotes(o Options) ([]Note, error) {
	fields := map[string]map[string]string{}
	for i := range o.Fields {
		for _, n := range describe(&o.Fields[i]) {
			if fields[o.Fields[i].Name] == nil {
				fields[o.Fields[i].Name] = map[string]string{}
			}
			fields[o.Fields[i].Name][n.Name] = n.Value
		}
	}
	text, err := json.Marshal(fields)
	if err != nil {
		return nil, fmt.Errorf("describe fields: %w", err)
	}
	return prefixed(append(slices.Clone(o.About), Note{"fields", string(text)})), nil
}

// Write implements Writer.
func (p *parquetWriter) Write(b *gold.Batch) error {
	if b.Rows == 0 {
		return nil // parquet-go computes with the address of the first value
	}
	for f, column := range p.file.ColumnWriters() {
		if err := p.writeColumn(column, &b.Columns[f], f, b.Rows); err != nil {
			return err
		}
	}
	if p.rows += b.Rows; p.rows >= groupRows || p.bytes >= groupBytes {
		return p.flush()
	}
	return nil
}

func (p *parquetWriter) writeColumn(column *parquet.ColumnWriter, c *gold.Column, f, rows int) error {
	present := 0 // the definition level of a value
	if nullable(&p.fields[f]) {
		present = 1
	}
	p.values = p.values[:0]
	for i := range rows {
		if !c.IsNull(i) {
			p.values = append(p.values, parquetValue(c, i).Level(0, present, f))
			continue
		}
		if present == 0 {
			return unexpectedNull(&p.fields[f])
		}
		p.values = append(p.values, parquet.NullValue().Level(0, 0, f))
	}
	if c.Kind.InBytes() {
		p.bytes += int(c.Offsets[rows])
	}
	if _, err := column.WriteRowValues(p.values); err != nil {
		return fmt.Errorf("write %s as Parquet: %w", p.fields[f].Name, err)
	}
	return nil
}

func parquetValue(c *gold.Column, i int) parquet.Value {
	switch c.Kind {
	case gold.Bool:
		return parquet.BooleanValue(c.Ints[i] != 0)
	case gold.Double:
		return parquet.DoubleValue(c.Floats[i])
	case gold.Text:
		return parquet.ByteArrayValue(c.Text(i))
	case gold.WideDecimal:
		n := c.Int128(i)
		return parquet.FixedLenByteArrayValue(binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(make([]byte, 0, 16), uint64(n.High)), n.Low))
	case gold.Date:
		return parquet.Int32Value(int32(c.Ints[i]))
	default:
		return parquet.Int64Value(c.Ints[i])
	}
}

// flush ends the row group.
func (p *parquetWriter) flush() error {
	p.rows, p.bytes = 0, 0
	if err := p.file.Flush(); err != nil {
		return fmt.Errorf("write rows as Parquet: %w", err)
	}
	return nil
}

// Annotate implements Annotator.
func (p *parquetWriter) Annotate(n Note) error {
	p.file.SetKeyValueMetadata(metadataPrefix+n.Name, n.Value)
	return nil
}

// Close implements Writer.
func (p *parquetWriter) Close() error {
	if err := p.file.Close(); err != nil {
		return fmt.Errorf("write rows as Parquet: %w", err)
	}
	if p.packer != nil {
		packers.Put(p.packer)
		p.packer = nil
	}
	return nil
}
