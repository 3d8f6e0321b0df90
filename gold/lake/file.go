package lake

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"golang.org/x/sync/errgroup"

	"goldserve/gold"
	"goldserve/gold/lake/parquet"
)

// file is one file of a table, open and checked.
type file struct {
	name      string // in the lake
	root      *os.Root
	open      *os.File
	info      fs.FileInfo // when it was opened
	partition []parquet.Partition
	content   *parquet.File
	before    int64  // rows of the files before it
	sum       string // of its bytes, once they were hashed
}

// openFile opens a regular file of the lake.
func openFile(root *os.Root, name string) (*file, error) {
	// Looked at first: opening a named pipe would wait for its writer.
	info, err := root.Stat(name)
	if err == nil && !info.Mode().IsRegular() {
		return nil, gold.Invalidf(gold.Problem{File: name, Code: gold.CodeSourceUnreadable}, "it is no regular file (%s): put the file itself there", info.Mode().Type())
	}
	f := &file{name: name, root: root}
	if err == nil {
		f.open, err = root.Open(name)
	}
	if err == nil {
		f.info, err = f.open.Stat()
	}
	if err == nil && !os.SameFile(info, f.info) {
		err = f.unchanged()
	}
	if err != nil {
		_ = f.close() // nothing was written
		if known, ok := errors.AsType[*gold.Error](err); ok {
			return nil, known
		}
		return nil, unreadable(root, name, err)
	}
	return f, nil
}

// check reads what the file says about itself. What is wrong with its schema comes back as problems.
func (f *file) check(ctx context.Context, d *gold.Dataset) ([]gold.Problem, error) {
	open, err := f.pin(ctx)
	if err != nil {
		return nil, err
	}
	defer open.release()
	f.content, err = parquet.Open(ctx, f.name, open, d, f.partition)
	if wrong, ok := errors.AsType[*gold.Error](err); ok && len(wrong.Problems) > 0 && isSchemaCode(wrong.Code) {
		return wrong.Problems, nil
	}
	return nil, err
}

// isSchemaCode reports whether a code is of problems that are returned together, of all parts.
func isSchemaCode(code string) bool {
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

// pin keeps the file open, or opens it for a while where it was closed because a table has very many.
func (f *file) pin(_ context.Context) (*pinned, error) {
	if f.open != nil {
		return &pinned{file: f, open: f.open, release: func() {}}, nil
	}
	again, err := openFile(f.root, f.name)
	if err != nil {
		return nil, err
	}
	release := func() { _ = again.close() } // it was only read
	if !sameContent(f.info, again.info) {
		release()
		return nil, changed(f.name, "it was replaced or written to")
	}
	return &pinned{file: f, open: again.open, release: release}, nil
}

// pinned is a file that is open: what is hashed and decoded is read through it.
type pinned struct {
	file    *file
	open    *os.File
	release func()
}

// Size returns the file's size as it was when the table was opened.
func (p *pinned) Size() int64 { return p.file.info.Size() }

// ReadAt fills b from off on. Where that fails, the file may have changed: then that is the error.
func (p *pinned) ReadAt(ctx context.Context, b []byte, off int64) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	n, err := p.open.ReadAt(b, off)
	if n == len(b) {
		return nil
	}
	// Places are checked before, so an end that comes too early means that the file was cut meanwhile.
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	if changed := p.file.unchanged(); changed != nil {
		return changed
	}
	return unreadable(p.file.root, p.file.name, fmt.Errorf("read %d bytes at %d: %w", len(b), off, err))
}

// sameContent reports whether two looks at a file saw the same one, at the same size and time of modification.
func sameContent(a, b fs.FileInfo) bool {
	return os.SameFile(a, b) && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime())
}

func changed(name, what string) *gold.Error {
	p := gold.Problem{File: name, Code: gold.CodeSourceChanged, Detail: what + " since it was opened: publish again once its writer is done"}
	return &gold.Error{Kind: gold.Unavailable, Code: p.Code, Message: p.String(), Problems: []gold.Problem{p}}
}

// unreadable returns the error of a file that can't be opened or read.
func unreadable(root *os.Root, name string, err error) *gold.Error {
	problem := gold.Problem{File: name, Code: gold.CodeSourceUnreadable}
	if link, e := root.Lstat(name); e == nil && link.Mode()&fs.ModeSymlink != 0 {
		invalid := gold.Invalidf(problem, "it is a link that leads out of the lake, or to nothing: put the file itself there")
		invalid.Err = err
		return invalid
	}
	problem.Detail = "it can't be read now: check its disk, and try again"
	if errors.Is(err, fs.ErrPermission) {
		problem.Detail = "it may not be read: check the rights of the file and its folder"
	}
	return &gold.Error{Kind: gold.Unavailable, Code: problem.Code, Message: problem.String(), Problems: []gold.Problem{problem}, Err: err}
}

func (f *file) close() error {
	if f.open == nil {
		return nil
	}
	return f.open.Close()
}

// unchanged compares the file, by its name and as it was opened, with what it was.
func (f *file) unchanged() error {
	named, err := f.root.Stat(f.name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return changed(f.name, "it was removed")
	case err != nil:
		return unreadable(f.root, f.name, err)
	case !sameContent(named, f.info):
		return changed(f.name, "it was replaced or written to")
	}
	if f.open == nil {
		return nil
	}
	held, err := f.open.Stat()
	switch {
	case err != nil:
		return unreadable(f.root, f.name, err)
	case !sameContent(held, f.info):
		return changed(f.name, "it was written to")
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
	buffer := make([]byte, 1<<20)
	for off := int64(0); off < f.info.Size(); {
		n := min(int64(len(buffer)), f.info.Size()-off)
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
