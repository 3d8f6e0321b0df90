package lake

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"

	"golang.org/x/sync/errgroup"

	"goldserve/gold"
)

// file is one Parquet file of a table, open and checked.
type file struct {
	name      string // in the lake
	root      *os.Root
	open      *os.File
	info      fs.FileInfo // when it was opened
	partition []partitionValue
	columns   []column // of the dataset's fields, in their order
	ignored   []string // columns that the dataset does not name
	groups    []group
	rows      int64
	before    int64  // rows of the files before it
	sum       string // of its bytes, once they were hashed
}

// group is one row group.
type group struct {
	rows, before int64   // before: rows of the file's groups before it
	chunks       []chunk // of the dataset's fields, in their order
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

// pin keeps the file open, or opens it for a while where it was closed because a table has very many.
func (f *file) pin() (*os.File, func(), error) {
	if f.open != nil {
		return f.open, func() {}, nil
	}
	again, err := openFile(f.root, f.name)
	if err != nil {
		return nil, nil, err
	}
	release := func() { _ = again.close() } // it was only read
	if !sameContent(f.info, again.info) {
		release()
		return nil, nil, changed(f.name, "it was replaced or written to")
	}
	return again.open, release, nil
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
	open, release, err := f.pin()
	if err != nil {
		return "", err
	}
	defer release()
	sum := sha256.New()
	buffer := make([]byte, 1<<20)
	for off := int64(0); off < f.info.Size(); {
		if err := ctx.Err(); err != nil {
			return "", err
		}
		n := min(int64(len(buffer)), f.info.Size()-off)
		if err := readFull(open, buffer[:n], off); err != nil {
			return "", f.failed(err, 0, "")
		}
		sum.Write(buffer[:n])
		off += n
	}
	f.sum = hex.EncodeToString(sum.Sum(nil))
	return f.sum, nil
}

// invalid returns an Invalid error of the file.
func (f *file) invalid(code, field, text string, args ...any) *gold.Error {
	return gold.Invalidf(gold.Problem{File: f.name, Field: field, Code: code}, text, args...)
}

// overrules reports whether the name of the file's folder gives the values of a field that is one of its columns too.
func (f *file) overrules(field string) bool {
	return slices.ContainsFunc(f.columns, func(c column) bool { return c.inFile != nil && c.field.Name == field })
}

// failed turns an error of reading a row group (from 1; 0: the file as a whole) into the file's.
func (f *file) failed(err error, group int, field string) error {
	place, advice := "", ": the file is damaged, write it again"
	if group > 0 {
		place = fmt.Sprintf("row group %d: ", group)
	}
	code := gold.CodeFileInvalid
	var medium *readError
	var limit *limitError
	var count *countError
	var panicked *panicError
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.As(err, &medium):
		if changed := f.unchanged(); changed != nil {
			return changed
		}
		return unreadable(f.root, f.name, err)
	case errors.As(err, &limit):
		code, advice = gold.CodeFileUnsupported, ""
	case errors.As(err, &count):
		code = gold.CodeRowCount
	case errors.As(err, &panicked):
		e := f.invalid(code, field, "%sit can't be decoded%s", place, advice)
		e.Err = err // for the log alone
		return e
	}
	e := f.invalid(code, field, "%s%v%s", place, err, advice)
	e.Err = err
	return e
}

// panicError is what a decoder panicked with.
type panicError struct{ value any }

func (e *panicError) Error() string { return fmt.Sprintf("panic: %v", e.value) }

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
