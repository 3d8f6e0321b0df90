package parquet

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	"github.com/parquet-go/parquet-go/format"

	"goldserve/gold/lake/content"
)

// chunk is where one column of one row group lies.
type chunk struct {
	start, size int64
	values      int64 // nulls included
	codec       format.CompressionCodec
	within      []chunk // of a nested column: those of its leaves
}

// page is one page, decompressed. Its bytes are valid until the next one.
type page struct {
	dictionary bool
	rows       int // values, nulls included, and of lists the empty ones
	nulls      int // as the header says; -1: it doesn't
	encoding   format.Encoding
	levels     []byte // definition levels, encoded; nil: none
	repeats    []byte // repetition levels, encoded; nil: none
	data       []byte
}

// pages reads the pages of a column chunk one after the other.
type pages struct {
	in       content.Input
	chunk    chunk
	optional bool // its pages have definition levels
	repeated bool // its pages have repetition levels
	at, end  int64
	number   int // of the page being read, from 1

	codec               *decompressor
	header, body, plain []byte
}

// open starts at a chunk's first page.
func (p *pages) open(in content.Input, c chunk, at *place) {
	p.in, p.chunk, p.optional, p.repeated = in, c, at.depth > 0, at.repeats > 0
	p.at, p.end, p.number = c.start, c.start+c.size, 0
}

// next reads the next dictionary or data page, io.EOF after the last.
func (p *pages) next(ctx context.Context) (*page, error) {
	for {
		if p.at >= p.end {
			return nil, io.EOF
		}
		p.number++
		var h pageHeader
		length, err := p.readHeader(ctx, &h)
		if err != nil {
			return nil, p.wrap("has no readable header: %w", err)
		}
		p.at += int64(length)
		if err := p.checkSizes(&h); err != nil {
			return nil, p.wrap("%w", err)
		}
		body := grow(p.body, int(h.CompressedSize))
		p.body = body
		if err := readFull(ctx, p.in, body, p.at); err != nil {
			return nil, err
		}
		p.at += int64(len(body))
		if h.CRC.Valid && uint32(h.CRC.V) != crc32.ChecksumIEEE(body) {
			return nil, p.wrap("does not have the checksum that its header says")
		}
		out, err := p.unpack(&h, body)
		if err != nil {
			return nil, p.wrap("can't be read: %w", err)
		}
		if out != nil {
			return out, nil
		}
	}
}

func (p *pages) wrap(text string, args ...any) error {
	return fmt.Errorf("page %d "+text, append([]any{p.number}, args...)...)
}

// readHeader decodes the header at the current place and returns its length.
func (p *pages) readHeader(ctx context.Context, h *pageHeader) (int, error) {
	left := p.end - p.at
	for size := int64(512); ; size = min(size*16, maxHeader) {
		p.header = grow(p.header, int(min(size, left)))
		if err := readFull(ctx, p.in, p.header, p.at); err != nil {
			return 0, err
		}
		n, err := decodeThrift(p.header, h, headerStructure)
		if !errors.Is(err, errTruncated) || size >= left || size >= maxHeader {
			return n, err
		}
	}
}

// checkSizes refuses sizes that can't be true before anything is allocated.
func (p *pages) checkSizes(h *pageHeader) error {
	compressed, plain := int64(h.CompressedSize), int64(h.UncompressedSize)
	switch {
	case compressed < 0 || plain < 0:
		return fmt.Errorf("has a negative size (%d bytes, %d decompressed)", compressed, plain)
	case compressed > p.end-p.at:
		return fmt.Errorf("claims %d bytes, and its column has %d left", compressed, p.end-p.at)
	case plain > maxPage || compressed > maxPage:
		return &limitError{fmt.Sprintf("claims %d bytes decompressed; at most %d are allowed: write the file again with smaller pages", plain, maxPage)}
	case bomb(plain, compressed):
		return &limitError{fmt.Sprintf("claims to decompress from %d to %d bytes, more than %d times as much", compressed, plain, maxRatio)}
	}
	return nil
}

// unpack checks and decompresses a page and tells its levels from its values; nil for pages that hold no values.
func (p *pages) unpack(h *pageHeader, body []byte) (*page, error) {
	size := int(h.UncompressedSize)
	switch h.Type {
	case format.DataPage:
		if !h.Data.Valid {
			return nil, errors.New("its header lacks the part about data")
		}
		d := h.Data.V
		data, err := p.decompress(p.chunk.codec, body, size)
		if err != nil {
			return nil, err
		}
		out := &page{rows: int(d.Values), nulls: -1, encoding: d.Encoding, data: data}
		if p.repeated {
			if out.repeats, out.data, err = cutLevels("repetition", d.RepetitionEncoding, out.data); err != nil {
				return nil, err
			}
		}
		if p.optional {
			if out.levels, out.data, err = cutLevels("definition", d.DefinitionEncoding, out.data); err != nil {
				return nil, err
			}
		}
		return out, checkRows(out)
	case format.DataPageV2:
		return p.unpackV2(h, body, size)
	case format.DictionaryPage:
		if !h.Dictionary.Valid {
			return nil, errors.New("its header lacks the part about the dictionary")
		}
		d := h.Dictionary.V
		if d.Encoding != format.Plain && d.Encoding != format.PlainDictionary {
			return nil, fmt.Errorf("a dictionary can't have its encoding %d", int32(d.Encoding))
		}
		data, err := p.decompress(p.chunk.codec, body, size)
		if err != nil {
			return nil, err
		}
		out := &page{dictionary: true, rows: int(d.Values), nulls: -1, encoding: d.Encoding, data: data}
		return out, checkRows(out)
	case format.IndexPage:
		return nil, nil
	default:
		return nil, fmt.Errorf("it is of the unknown type %d", int32(h.Type))
	}
}

// cutLevels cuts levels from the values behind them: they lie after their length in four bytes.
func cutLevels(what string, encoding format.Encoding, data []byte) (levels, rest []byte, err error) {
	if encoding != format.RLE {
		return nil, nil, fmt.Errorf("its %s levels have the encoding %d", what, int32(encoding))
	}
	if len(data) < 4 || uint64(binary.LittleEndian.Uint32(data)) > uint64(len(data)-4) {
		return nil, nil, errFewer
	}
	n := 4 + int(binary.LittleEndian.Uint32(data))
	return data[4:n], data[n:], nil
}

// unpackV2 is unpack for a page of version 2, whose levels are not compressed.
func (p *pages) unpackV2(h *pageHeader, body []byte, size int) (*page, error) {
	if !h.DataV2.Valid {
		return nil, errors.New("its header lacks the part about data")
	}
	d := h.DataV2.V
	repetition, definition := int(d.RepetitionLength), int(d.DefinitionLength)
	if repetition < 0 || definition < 0 || repetition > len(body) || definition > len(body)-repetition || repetition+definition > size {
		return nil, errors.New("its levels are longer than it is")
	}
	if !p.repeated && d.Rows != d.Values {
		return nil, fmt.Errorf("it says %d rows and %d values", d.Rows, d.Values)
	}
	out := &page{rows: int(d.Values), nulls: int(d.Nulls), encoding: d.Encoding}
	if p.repeated {
		out.repeats = body[:repetition]
	}
	if p.optional {
		out.levels = body[repetition : repetition+definition]
	}
	codec := p.chunk.codec
	if d.Compressed.Valid && !d.Compressed.V {
		codec = format.Uncompressed
	}
	var err error
	out.data, err = p.decompress(codec, body[repetition+definition:], size-repetition-definition)
	if err != nil {
		return nil, err
	}
	return out, checkRows(out)
}

func (p *pages) decompress(codec format.CompressionCodec, body []byte, size int) ([]byte, error) {
	out, err := p.codec.decompress(codec, p.plain, body, size)
	if err == nil && codec != format.Uncompressed {
		p.plain = out
	}
	return out, err
}

// finish checks that no page holds rows any more.
func (p *pages) finish(ctx context.Context) error {
	for {
		next, err := p.next(ctx)
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case !next.dictionary && next.rows > 0:
			return &countError{fmt.Sprintf("its page %d holds rows after the last of the row group", p.number)}
		}
	}
}

func checkRows(p *page) error {
	if p.rows < 0 {
		return fmt.Errorf("it says %d values", p.rows)
	}
	return nil
}

// readError is an error of the input, not of the file's content.
type readError struct{ err error }

func (e *readError) Error() string { return e.err.Error() }
func (e *readError) Unwrap() error { return e.err }

func readFull(ctx context.Context, in content.Input, b []byte, off int64) error {
	if err := in.ReadAt(ctx, b, off); err != nil {
		return &readError{err}
	}
	return nil
}
