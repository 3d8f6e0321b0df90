package iceberg

import (
	"bufio"
	"bytes"
	"compress/flate"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"

	"goldserve/gold"
	"goldserve/gold/lake/content"
	"goldserve/gold/lake/object"
)

// Limits of Avro files.
const (
	avroMagic      = "Obj\x01"
	maxAvroHeader  = 16 << 20
	maxAvroBlock   = 64 << 20  // as stored
	maxAvroRecords = 256 << 20 // of a block, and at most maxRatio times as much as is stored, beyond leastRatio
)

// avroFile is an Avro file (https://avro.apache.org/docs/1.12.0/specification/#object-container-files), read block by block.
type avroFile struct {
	in     *bufio.Reader
	schema *avroType
	header map[string]string
	sync   [16]byte
	stored []byte
	plain  []byte
}

// inputReader reads an input from its beginning.
type inputReader struct {
	ctx context.Context
	in  content.Input
	off int64
}

func (r *inputReader) Read(p []byte) (int, error) {
	n := int(min(int64(len(p)), r.in.Size()-r.off))
	if n <= 0 {
		return 0, io.EOF
	}
	if err := r.in.ReadAt(r.ctx, p[:n], r.off); err != nil {
		return 0, err
	}
	r.off += int64(n)
	return n, nil
}

// readAvro calls fn for each record of a file of the table, once begin has seen its header. Errors of fn come back as they are.
func (t *Table) readAvro(ctx context.Context, name string, begin func(f *avroFile) error, fn func(r *avroReader, schema *avroType) error) error {
	in, err := object.OpenInput(ctx, t.source, object.Info{Name: name})
	if object.Absent(err) || gold.CodeOf(err) == gold.CodeSourceChanged {
		return t.gone(name)
	}
	if err != nil {
		return err
	}
	defer in.Close()
	f := &avroFile{in: bufio.NewReaderSize(&inputReader{ctx: ctx, in: in}, 256<<10), header: map[string]string{}}
	err = f.open()
	if err == nil {
		err = begin(f)
	}
	if err == nil {
		err = f.blocks(fn)
	}
	if err == nil || ctx.Err() != nil {
		return errors.Join(err, ctx.Err())
	}
	if known, ok := errors.AsType[*gold.Error](err); ok {
		return known
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = errors.New("it ends too early")
	}
	return invalid(name, gold.CodeFileInvalid, "the Iceberg table names it, and it can't be read as an Avro file: %v: the file is damaged, restore it", err)
}

// open reads the header.
func (f *avroFile) open() error {
	magic := make([]byte, len(avroMagic))
	if _, err := io.ReadFull(f.in, magic); err != nil {
		return err
	}
	if string(magic) != avroMagic {
		return fmt.Errorf("it begins with %q, not with %q", magic, avroMagic)
	}
	for left := maxAvroHeader; ; {
		n, err := binary.ReadVarint(f.in)
		if err != nil {
			return err
		}
		if n == 0 {
			break
		}
		if n < 0 {
			n = -n
			if _, err := binary.ReadVarint(f.in); err != nil {
				return err
			}
		}
		for i := int64(0); i != n; i++ {
			key, err := f.headerText(&left)
			if err != nil {
				return err
			}
			if f.header[key], err = f.headerText(&left); err != nil {
				return err
			}
		}
	}
	if _, err := io.ReadFull(f.in, f.sync[:]); err != nil {
		return err
	}
	schema, err := (&avroSchema{named: map[string]*avroType{}}).parse(json.RawMessage(f.header["avro.schema"]), 0)
	f.schema = schema
	return err
}

func (f *avroFile) headerText(left *int) (string, error) {
	n, err := binary.ReadVarint(f.in)
	if err != nil {
		return "", err
	}
	if n < 0 || n >= int64(*left) {
		return "", fmt.Errorf("its header has more than %d bytes", maxAvroHeader)
	}
	*left -= int(n) + 1
	text := &bytes.Buffer{}
	if _, err := io.CopyN(text, f.in, n); err != nil {
		return "", err
	}
	return text.String(), nil
}

// blocks calls fn for each record.
func (f *avroFile) blocks(fn func(r *avroReader, schema *avroType) error) error {
	for {
		count, err := binary.ReadVarint(f.in)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		size, err := binary.ReadVarint(f.in)
		switch {
		case err != nil:
			return err
		case size < 0 || size > maxAvroBlock:
			return fmt.Errorf("it has a block of %d bytes; at most %d are allowed", size, maxAvroBlock)
		}
		stored := bytes.NewBuffer(f.stored[:0])
		if _, err := io.CopyN(stored, f.in, size); err != nil {
			return err
		}
		f.stored = stored.Bytes()
		var sync [16]byte
		if _, err := io.ReadFull(f.in, sync[:]); err != nil {
			return err
		}
		if sync != f.sync {
			return errors.New("a block does not end with the file's mark")
		}
		if f.plain, err = decompress(f.header["avro.codec"], f.stored, f.plain[:0]); err != nil {
			return err
		}
		if count < 0 || count > int64(len(f.plain)) {
			return fmt.Errorf("it has a block of %d records in %d bytes", count, len(f.plain))
		}
		r := &avroReader{data: f.plain, budget: 64*len(f.plain) + 1<<16}
		for range count {
			if err := fn(r, f.schema); err != nil {
				return err
			}
			if r.err != nil {
				return r.err
			}
		}
		if len(r.data) > 0 {
			return errAvro
		}
	}
}

// decompress returns the records of a block.
func decompress(codec string, stored, plain []byte) ([]byte, error) {
	switch codec {
	case "", "null":
		return stored, nil
	case "deflate":
		return readBounded(flate.NewReader(bytes.NewReader(stored)), plain, len(stored))
	case "zstandard":
		d, err := zstd.NewReader(bytes.NewReader(stored), zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxAvroRecords))
		if err != nil {
			return nil, err
		}
		defer d.Close()
		return readBounded(d, plain, len(stored))
	case "snappy":
		if len(stored) < 4 {
			return nil, errAvro
		}
		data, sum := stored[:len(stored)-4], binary.BigEndian.Uint32(stored[len(stored)-4:])
		n, err := snappy.DecodedLen(data)
		if err != nil || n > maxAvroRecords || n > 64*len(data)+1024 {
			return nil, errAvro
		}
		plain, err := snappy.Decode(nil, data)
		if err == nil && crc32.ChecksumIEEE(plain) != sum {
			err = errors.New("a block differs from its checksum")
		}
		return plain, err
	}
	return nil, fmt.Errorf("its blocks are compressed by %q: expected null, deflate, snappy or zstandard", object.Shorten(codec))
}

// readBounded reads all of a block's records.
func readBounded(from io.Reader, into []byte, stored int) ([]byte, error) {
	buffer := bytes.NewBuffer(into)
	most := expanded(int64(stored), maxAvroRecords)
	n, err := io.Copy(buffer, io.LimitReader(from, most+1))
	if err == nil && n > most {
		err = fmt.Errorf("it has a block of %d bytes that expand to more than %d", stored, most)
	}
	return buffer.Bytes(), err
}
