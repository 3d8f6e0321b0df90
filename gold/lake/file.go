package lake

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"strings"

	"golang.org/x/sync/errgroup"

	"goldserve/gold"
	"goldserve/gold/lake/content"
	"goldserve/gold/lake/object"
)

// file is one file of a table, open and checked.
type file struct {
	source    object.Source
	info      object.Info   // when it was opened
	open      object.Reader // nil: closed, since the table has very many
	partition []content.Partition
	content   opened
	before    int64  // rows of the files before it
	sum       string // of its bytes, once they were hashed
}

// openFile opens the version of a file that was listed.
func openFile(ctx context.Context, source object.Source, listed object.Info) (*file, error) {
	open, err := source.Open(ctx, listed)
	if err != nil {
		return nil, err
	}
	f := &file{source: source, info: listed, open: open}
	if listed.Token != "" {
		return f, nil // it is that version
	}
	if f.info, err = open.Stat(ctx); err != nil {
		_ = f.close() // nothing was written
		return nil, err
	}
	return f, nil
}

// name returns the file's name in the lake.
func (f *file) name() string { return f.info.Name }

// check reads what the file says about itself. What is wrong with its schema comes back as problems.
func (f *file) check(ctx context.Context, as format, d *gold.Dataset, optional []string) ([]gold.Problem, error) {
	open, err := f.pin(ctx)
	if err != nil {
		return nil, err
	}
	defer open.release()
	f.content, err = as.open(ctx, f.name(), open, d, optional, f.partition)
	if wrong, ok := errors.AsType[*gold.Error](err); ok && len(wrong.Problems) > 0 && isSchemaCode(wrong.Code) {
		return wrong.Problems, nil
	}
	return nil, err
}

// isSchemaCode reports whether a code is of problems that are returned together, of all parts.
func isSchemaCode(code gold.Code) bool {
	switch code {
	case gold.CodeSchemaMissing, gold.CodeSchemaType, gold.CodeSchemaDuplicate, gold.CodeValueType, gold.CodeValueNull:
		return true
	default:
		return false
	}
}

// rows returns how many rows the file says it has, 0 where its schema is wrong.
func (f *file) rows() int64 {
	if f.content == nil {
		return 0
	}
	return f.content.Rows()
}

// partitionText returns the values of the file's Hive partitions as text, in which different ones differ.
func (f *file) partitionText() string {
	var b strings.Builder
	for _, p := range f.partition {
		b.WriteString(" " + url.QueryEscape(p.Name))
		if !p.Null { // unlike the empty text
			b.WriteString("=" + url.QueryEscape(p.Text))
		}
		if f.content.OverrulesColumn(p.Name) {
			b.WriteByte('!') // whose own column was taken before
		}
	}
	if d, ok := f.content.(interface{ deletedRows() string }); ok && d.deletedRows() != "" {
		b.WriteString(" deleted " + d.deletedRows())
	}
	return b.String()
}

// pin keeps the file open, or opens it for a while where it was closed because a table has very many.
func (f *file) pin(ctx context.Context) (*pinned, error) {
	if f.open != nil {
		return &pinned{file: f, open: f.open}, nil
	}
	open, err := f.source.Open(ctx, f.info)
	if err != nil {
		return nil, err
	}
	return &pinned{file: f, open: open, again: true}, nil
}

// pinned is a file that is open: what is hashed and decoded is read through it.
type pinned struct {
	file  *file
	open  object.Reader
	again bool // opened for a while
}

func (p *pinned) release() {
	if p.again {
		_ = p.open.Close() // it was only read
	}
}

// Size returns the file's size as it was when the table was opened.
func (p *pinned) Size() int64 { return p.file.info.Size }

// ReadAt fills b from off on. Where that fails, the file may have changed: then that is the error.
func (p *pinned) ReadAt(ctx context.Context, b []byte, off int64) error {
	n, err := p.open.ReadAt(ctx, b, off)
	if n == len(b) {
		return nil
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	// Places are checked before, so an end that comes too early means that the file was cut meanwhile.
	if changed := p.file.look(ctx); changed != nil {
		return changed
	}
	if known, ok := errors.AsType[*gold.Error](err); ok {
		return known
	}
	if err == nil || errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return object.Unreadable(p.file.name(), "it can't be read now: try again", fmt.Errorf("read %d bytes at %d, got %d: %w", len(b), off, n, err))
}

func (f *file) close() error {
	if f.open == nil {
		return nil
	}
	return f.open.Close()
}

// unpin closes the file until it is pinned.
func (f *file) unpin() error {
	open := f.open
	f.open = nil
	return open.Close()
}

// look looks at the file again, and compares it with what it was.
func (f *file) look(ctx context.Context) error {
	named, err := f.source.Stat(ctx, f.name())
	switch {
	case errors.Is(err, fs.ErrNotExist): // or a link by now that leads nowhere
		return object.Changed(f.name(), "it was removed")
	case err != nil:
		return err
	}
	return f.is(ctx, named.Token)
}

// is compares the file, by the token that its name has now and as it was opened, with what it was.
func (f *file) is(ctx context.Context, token string) error {
	if token != f.info.Token {
		return object.Changed(f.name(), "it was replaced or written to")
	}
	if f.open == nil {
		return nil
	}
	held, err := f.open.Stat(ctx)
	switch {
	case err != nil:
		return err
	case held.Token != f.info.Token:
		return object.Changed(f.name(), "it was written to")
	}
	return nil
}

// hash returns the SHA-256 of the file's bytes.
func (f *file) hash(ctx context.Context) (string, error) {
	if f.sum != "" {
		return f.sum, nil
	}
	open, err := f.pin(ctx)
	if err != nil {
		return "", err
	}
	defer open.release()
	sum := sha256.New()
	buffer := make([]byte, min(1<<20, f.info.Size)) // of many small files, little
	for off := int64(0); off < f.info.Size; {
		n := min(int64(len(buffer)), f.info.Size-off)
		if err := open.ReadAt(ctx, buffer[:n], off); err != nil {
			return "", err
		}
		sum.Write(buffer[:n])
		off += n
	}
	f.sum = hex.EncodeToString(sum.Sum(nil))
	return f.sum, nil
}

// hashAll hashes files two at a time: the medium is the limit.
func hashAll(ctx context.Context, files []*file) ([]string, error) {
	sums := make([]string, len(files))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(2)
	for i, f := range files {
		g.Go(func() (err error) {
			sums[i], err = f.hash(ctx)
			return err
		})
	}
	return sums, g.Wait()
}
