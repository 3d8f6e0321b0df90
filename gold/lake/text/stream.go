package text

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"golang.org/x/text/transform"

	"goldserve/gold/lake/content"
)

// encoded is how a file's text lies in its bytes.
type encoded struct {
	dialect     *dialect
	compression string // the ending that tells it; empty: none
	mark        int64  // bytes of the mark of byte order that the text begins with, where they are no part of it
}

// stream reports whether the text can only be read from its beginning on.
func (f *encoded) stream() bool { return f.compression != "" || f.dialect.charset.wide != nil }

// inputReader reads a part of an input.
type inputReader struct {
	ctx     context.Context
	in      content.Input
	at, end int64
}

func (r *inputReader) Read(p []byte) (int, error) {
	n := min(int64(len(p)), r.end-r.at)
	switch {
	case r.ctx.Err() != nil:
		return 0, &inputError{r.ctx.Err()}
	case n == 0:
		return 0, io.EOF
	}
	if err := r.in.ReadAt(r.ctx, p[:n], r.at); err != nil {
		return 0, &inputError{err}
	}
	r.at += n
	return int(n), nil
}

// expanded reads what a compressed file expands to, within bounds.
type expanded struct {
	from        io.Reader
	compressed  *inputReader
	compression string
	size        int64 // of what was read
	release     func()
}

func expand(in *inputReader, compression string) (*expanded, error) {
	e := &expanded{compressed: in, compression: compression, release: func() {}}
	buffered := bufio.NewReaderSize(in, 256<<10)
	switch compression {
	case ".gz":
		from, err := gzip.NewReader(buffered)
		if err != nil {
			return nil, e.damaged(err)
		}
		e.from = from
	case ".zst":
		from, err := zstd.NewReader(buffered, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow), zstd.WithDecoderLowmem(true))
		if err != nil {
			return nil, e.damaged(err)
		}
		e.from, e.release = from, from.Close
	}
	return e, nil
}

func (e *expanded) Read(p []byte) (int, error) {
	n, err := e.from.Read(p)
	if e.size += int64(n); e.size > ratioFloor && e.size/maxRatio > e.compressed.at {
		return 0, &limitError{fmt.Sprintf("it expands to more than %d times its size: write it uncompressed, or split it into several files", maxRatio)}
	}
	if err != nil && !errors.Is(err, io.EOF) {
		err = e.damaged(err)
	}
	return n, err
}

func (e *expanded) damaged(err error) error {
	if input := (*inputError)(nil); errors.As(err, &input) {
		return err
	}
	kind := map[string]string{".gz": "gzip", ".zst": "Zstandard"}[e.compression]
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF):
		return fmt.Errorf("its compressed data (%s) end too early: it was cut off, write it again", kind)
	case errors.Is(err, zstd.ErrWindowSizeExceeded) || errors.Is(err, zstd.ErrDecoderSizeExceeded):
		return &limitError{fmt.Sprintf("its compressed data (%s) need more than %d MiB of memory: write it with a smaller window", kind, maxWindow>>20)}
	}
	return fmt.Errorf("its compressed data (%s) are damaged (%w): write it again", kind, err)
}

// openBytes starts the bytes of a file at an offset, expanded: of a compressed file, at its beginning.
func (f *encoded) openBytes(ctx context.Context, in content.Input, from, to int64) (bytes io.Reader, release func(), err error) {
	part := &inputReader{ctx: ctx, in: in, at: from, end: to}
	if f.compression == "" {
		return part, func() {}, nil
	}
	e, err := expand(part, f.compression)
	if err != nil {
		return nil, func() {}, err
	}
	return e, e.release, nil
}

// open starts the text of a file at an offset: of a stream, at its beginning. release frees what it holds.
func (f *encoded) open(ctx context.Context, in content.Input, from, to int64) (text io.Reader, release func(), err error) {
	text, release, err = f.openBytes(ctx, in, from, to)
	if err != nil {
		return nil, release, err
	}
	if from == 0 && f.mark > 0 {
		if _, err := io.CopyN(io.Discard, text, f.mark); err != nil {
			return nil, release, err
		}
	}
	if f.dialect.charset.wide != nil {
		text = transform.NewReader(text, f.dialect.charset.wide())
	}
	return text, release, nil
}

// readMark reads the mark of byte order that a file may begin with, and takes the encoding that it tells.
func (f *encoded) readMark(ctx context.Context, in content.Input) error {
	first, err := f.first(ctx, in)
	if err != nil {
		return err
	}
	f.dialect.charset, f.mark, err = f.dialect.charset.marked(first)
	return err
}

// first returns the first bytes of a file, as many as a mark has.
func (f *encoded) first(ctx context.Context, in content.Input) ([]byte, error) {
	bytes, release, err := f.openBytes(ctx, in, 0, in.Size())
	defer release()
	if err != nil {
		return nil, err
	}
	first := make([]byte, len(utf8Mark))
	n, err := io.ReadFull(bytes, first)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, err
	}
	return first[:n], nil
}
