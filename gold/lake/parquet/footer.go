package parquet

import (
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/parquet-go/parquet-go/format"

	"goldserve/gold"
	"goldserve/gold/lake/content"
)

const (
	magic          = "PAR1"
	magicEncrypted = "PARE"
	minFile        = 12 // two magics and the footer's length
	signature      = 28 // bytes that sign a footer in a file with encrypted columns
)

// check reads the footer, and finds and checks all that it says about the dataset's columns. Problems of the schema are
// returned together.
func (f *File) check(ctx context.Context, in content.Input, d *gold.Dataset, optional []string, partition []content.Partition, schema *Schema) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = f.failed(&panicError{r}, 0, &gold.Field{})
		}
	}()
	meta, found, leaves, err := f.readSchema(ctx, in)
	if err != nil {
		return err
	}
	if schema != nil {
		if found, err = schema.of(f, meta.Schema); err != nil {
			return err
		}
	}
	columns, problems := matchColumns(f, d, optional, partition, found)
	if len(problems) > 0 {
		return gold.InvalidAll(problems)
	}
	f.columns = columns
	return f.checkGroups(meta, leaves, in.Size()-8)
}

// readSchema reads the footer and checks what it says about columns. leaves is their number.
func (f *File) readSchema(ctx context.Context, in content.Input) (meta *fileMetadata, columns *fileColumns, leaves int, err error) {
	meta, err = f.readFooter(ctx, in)
	if err != nil {
		return nil, nil, 0, err
	}
	if meta.Encryption.Value != nil {
		return nil, nil, 0, f.invalid(gold.CodeFileUnsupported, "it has encrypted columns: write it without encryption")
	}
	top, leaves, err := topColumns(meta.Schema)
	if err != nil {
		return nil, nil, 0, f.invalid(gold.CodeFileInvalid, "%v", err)
	}
	if err := checkSchema(meta.Schema); err != nil {
		return nil, nil, 0, f.invalid(gold.CodeFileInvalid, "%v: the file is damaged, write it again", err)
	}
	columns = &fileColumns{schema: meta.Schema, top: top, other: foreignColumns(meta.Pairs)}
	for i := range top {
		top[i].meaning = columns.meaningOf(top[i].element, top[i].path)
	}
	return meta, columns, leaves, nil
}

// readFooter checks the frame of the file and decodes its footer.
func (f *File) readFooter(ctx context.Context, in content.Input) (*fileMetadata, error) {
	size := in.Size()
	if size < minFile {
		return nil, f.invalid(gold.CodeFileInvalid, "it has %s, and a Parquet file has at least %d: write it again", gold.Counted(size, "byte"), minFile)
	}
	var head [4]byte
	var tail [8]byte
	for _, part := range []struct {
		b   []byte
		off int64
	}{{head[:], 0}, {tail[:], size - 8}} {
		if err := readFull(ctx, in, part.b, part.off); err != nil {
			return nil, f.failed(err, 0, &gold.Field{})
		}
	}
	switch {
	case string(head[:]) == magicEncrypted || string(tail[4:]) == magicEncrypted:
		return nil, f.invalid(gold.CodeFileUnsupported, "its footer is encrypted: write it without encryption")
	case string(head[:]) != magic:
		return nil, f.invalid(gold.CodeFileInvalid, "it starts with %q, not with %q: it is not a Parquet file", head[:], magic)
	case string(tail[4:]) != magic:
		return nil, f.invalid(gold.CodeFileInvalid, "it ends with %q, not with %q: it was cut short; copy or write it again", tail[4:], magic)
	}
	length := int64(binary.LittleEndian.Uint32(tail[:]))
	switch {
	case length == 0 || length > size-minFile:
		return nil, f.invalid(gold.CodeFileInvalid, "it says that its footer has %s, and %d are left for it: the file is damaged, write it again", gold.Counted(length, "byte"), size-minFile)
	case length > maxFooter:
		return nil, f.invalid(gold.CodeFileUnsupported, "its footer has %d bytes; at most %d are allowed: write it with fewer row groups or columns", length, maxFooter)
	}
	footer := make([]byte, length)
	if err := readFull(ctx, in, footer, size-8-length); err != nil {
		return nil, f.failed(err, 0, &gold.Field{})
	}
	var meta fileMetadata
	used, err := decodeThrift(footer, &meta, footerStructure)
	switch {
	case err != nil:
		return nil, f.invalid(gold.CodeFileInvalid, "its footer can't be decoded (%v): the file is damaged, write it again", err)
	case len(footer)-used == signature:
		return nil, f.invalid(gold.CodeFileUnsupported, "it has encrypted columns: write it without encryption")
	case used != len(footer):
		return nil, f.invalid(gold.CodeFileInvalid, "its footer has %d bytes, and says %d: the file is damaged, write it again", used, len(footer))
	}
	return &meta, nil
}

// checkGroups checks counts and places of all row groups and keeps those of the dataset's columns. end is where the
// column chunks end.
func (f *File) checkGroups(meta *fileMetadata, leaves int, end int64) error {
	if len(meta.RowGroups) > maxRowGroups {
		return f.invalid(gold.CodeFileUnsupported, "it has %d row groups; at most %d are allowed: write it with larger ones", len(meta.RowGroups), maxRowGroups)
	}
	types := leafTypes(meta.Schema)
	f.groups = make([]group, 0, len(meta.RowGroups))
	first := f.firstReaders()
	var places []extent
	for n := range meta.RowGroups {
		g := &meta.RowGroups[n]
		switch {
		case g.Rows < 0 || g.Rows > math.MaxInt64-f.rows:
			return f.invalid(gold.CodeRowCount, "row group %d says %s: the file is damaged, write it again", n+1, gold.Counted(g.Rows, "row"))
		case len(g.Columns) != leaves:
			return f.invalid(gold.CodeFileInvalid, "row group %d has %s, and the schema %d: the file is damaged, write it again", n+1, gold.Counted(len(g.Columns), "column"), leaves)
		}
		out := group{rows: g.Rows, before: f.rows, chunks: make([]chunk, len(f.columns))}
		for i := range f.columns {
			c := &f.columns[i]
			if c.constant != nil {
				if c.inFile != nil && c.inFile.convert != nil {
					// An unsound one counts as a column that differs.
					out.chunks[i], _ = checkChunk(&g.Columns[c.inFile.leaf], &c.inFile.place, end, g.Rows)
				}
				continue
			}
			chunks, err := checkColumn(g, c, end)
			if err != nil {
				return f.failed(err, n+1, &c.field)
			}
			for k, p := range c.places() {
				if ch := chunks[k]; first[p.leaf] == i {
					places = append(places, extent{ch.start, ch.start + ch.size, n + 1, &c.field})
				}
			}
			if out.chunks[i] = chunks[0]; c.nested != nil {
				out.chunks[i] = chunk{within: chunks}
			}
		}
		if name, err := checkChunks(g.Columns, types, end); err != nil {
			return f.failed(err, n+1, &gold.Field{Name: name})
		}
		f.groups = append(f.groups, out)
		f.rows += g.Rows
	}
	if meta.Rows != f.rows {
		return f.invalid(gold.CodeRowCount, "its footer says %s, but its row groups hold %d: the file is damaged, write it again", gold.Counted(meta.Rows, "row"), f.rows)
	}
	return f.checkOverlap(places)
}

// firstReaders returns the first of the columns that read a leaf, by its number.
func (f *File) firstReaders() map[int]int {
	first := map[int]int{}
	for i := range f.columns {
		if f.columns[i].constant != nil {
			continue
		}
		for _, p := range f.columns[i].places() {
			if _, ok := first[p.leaf]; !ok {
				first[p.leaf] = i
			}
		}
	}
	return first
}

// checkColumn checks what the footer says about a column's chunks in a row group, and returns them by the column's places.
func checkColumn(g *rowGroup, c *column, end int64) ([]chunk, error) {
	places := c.places()
	chunks := make([]chunk, len(places))
	for i := range places {
		var err error
		if chunks[i], err = checkChunk(&g.Columns[places[i].leaf], &places[i], end, g.Rows); err != nil {
			return nil, err
		}
	}
	return chunks, nil
}

// leafTypes returns the physical types of a schema's leaves, as column chunks are numbered.
func leafTypes(schema []format.SchemaElement) []format.Type {
	var types []format.Type
	for i := range schema {
		if schema[i].Type.Valid {
			types = append(types, schema[i].Type.V)
		}
	}
	return types
}

// checkChunks checks what the footer says about the column chunks of a row group, those that the dataset does not name too:
// their pages are not read, but a footer that is wrong about one is wrong. It returns the name of the column as well.
func checkChunks(chunks []columnChunk, types []format.Type, end int64) (name string, err error) {
	for i := range chunks {
		m := &chunks[i].Metadata
		start := m.DataPageOffset
		if d := m.DictionaryPageOffset; d > 0 && d < start {
			start = d
		}
		switch name = strings.Join(m.Path, "."); {
		case chunks[i].Encryption.Value != nil || chunks[i].FilePath != "": // it may lie elsewhere
		case m.Type != types[i]:
			return name, fmt.Errorf("its values are %s, and the schema says %s", m.Type, types[i])
		case m.Codec < format.Uncompressed || m.Codec > format.Lz4Raw:
			return name, &limitError{codecProblem(m.Codec)}
		case m.Values < 0:
			return name, &countError{fmt.Sprintf("it says %d values", m.Values)}
		case m.Values > 0 && (start < int64(len(magic)) || m.CompressedSize <= 0 || start > end || m.CompressedSize > end-start):
			return name, fmt.Errorf("it says that it has %d bytes from %d on, and the file ends at %d", m.CompressedSize, start, end)
		}
	}
	return "", nil
}

// checkChunk checks what the footer says about a column chunk.
func checkChunk(cc *columnChunk, at *place, end, rows int64) (chunk, error) {
	m := &cc.Metadata
	switch {
	case cc.Encryption.Value != nil:
		return chunk{}, &limitError{"it is encrypted: write the file without encryption"}
	case cc.FilePath != "":
		return chunk{}, &limitError{fmt.Sprintf("its values lie in another file (%q)", cc.FilePath)}
	case !slices.Equal(m.Path, at.path):
		return chunk{}, fmt.Errorf("in its place lies the column %q", strings.Join(m.Path, "."))
	case m.Type != at.physical:
		return chunk{}, fmt.Errorf("its values are %s, and the schema says %s", m.Type, at.physical)
	case at.repeats == 0 && m.Values != rows || m.Values < rows || rows == 0 && m.Values > 0:
		return chunk{}, &countError{fmt.Sprintf("it says %d values, and the row group has %d rows", m.Values, rows)}
	}
	if why := codecProblem(m.Codec); why != "" {
		return chunk{}, &limitError{why}
	}
	start := m.DataPageOffset
	if d := m.DictionaryPageOffset; d > 0 && d < start { // some writers set it where there is none
		start = d
	}
	if rows == 0 {
		return chunk{}, nil
	}
	switch {
	case m.Values/maxPageRows > m.CompressedSize: // a page has some bytes
		return chunk{}, &countError{fmt.Sprintf("it says %d values in %d bytes", m.Values, m.CompressedSize)}
	case start < int64(len(magic)) || m.CompressedSize <= 0 || start > end || m.CompressedSize > end-start:
		return chunk{}, fmt.Errorf("it says that it has %d bytes from %d on, and the file ends at %d", m.CompressedSize, start, end)
	case m.UncompressedSize < 0:
		return chunk{}, fmt.Errorf("it says that it has %d bytes decompressed", m.UncompressedSize)
	case m.UncompressedSize > maxExpansion && bomb(m.UncompressedSize, m.CompressedSize):
		return chunk{}, &limitError{fmt.Sprintf("it claims to decompress from %d to %d bytes, more than %d times as much", m.CompressedSize, m.UncompressedSize, maxRatio)}
	}
	return chunk{start: start, size: m.CompressedSize, values: m.Values, codec: m.Codec}, nil
}

// extent is where a column chunk lies in the file.
type extent struct {
	from, to int64
	group    int
	field    *gold.Field
}

// checkOverlap refuses a file two of whose column chunks share bytes: one of them would be read as the other.
func (f *File) checkOverlap(places []extent) error {
	slices.SortFunc(places, func(a, b extent) int { return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to)) })
	var last extent
	for _, p := range places {
		if p.from < last.to {
			return f.invalidColumn(gold.CodeFileInvalid, p.field, "row group %d: it lies where the column %s of row group %d lies: the file is damaged, write it again", p.group, last.field.Column(), last.group)
		}
		if p.to > last.to {
			last = p
		}
	}
	return nil
}
