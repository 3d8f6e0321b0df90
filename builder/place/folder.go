package place

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"sync"
	"syscall"

	"goldserve/builder"
	"goldserve/gold"
	"goldserve/gold/lake/dir"
	"goldserve/gold/lake/object"
)

// Folder is a place in a folder, which need not be there before something is put into it.
type Folder struct {
	path string

	mu   sync.Mutex
	open *dir.Dir // nil: the folder wasn't there
	root *os.Root // the same folder, to write in
}

var _ builder.Place = (*Folder)(nil)

// NewFolder returns the place in a folder.
func NewFolder(path string) (*Folder, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	return &Folder{path: absolute}, nil
}

// String returns the folder's path.
func (f *Folder) String() string { return f.path }

// Close frees what the place holds.
func (f *Folder) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.open == nil {
		return nil
	}
	open, root := f.open, f.root
	f.open, f.root = nil, nil
	return errors.Join(open.Close(), root.Close())
}

func (f *Folder) at(name string) string { return filepath.Join(f.path, filepath.FromSlash(name)) }

func failed(err error, format string, args ...any) error {
	return &gold.Error{Kind: gold.Unavailable, Code: gold.CodeBuildFailed, Message: fmt.Sprintf(format, args...) + ": " + reason(err), Err: err}
}

// reason returns what the system says, without the path, which the message has already.
func reason(err error) string {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err.Error()
	}
	if e, ok := errors.AsType[*os.LinkError](err); ok {
		return e.Err.Error()
	}
	return err.Error()
}

// opened returns the folder, open; fs.ErrNotExist where there is none.
func (f *Folder) opened() (*dir.Dir, *os.Root, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	now, err := os.Stat(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, fs.ErrNotExist
	}
	if f.open != nil && err == nil { // another folder may have come to its place
		if was, err := f.root.Stat("."); err != nil || !os.SameFile(was, now) {
			_, _ = f.open.Close(), f.root.Close() // they were only read
			f.open, f.root = nil, nil
		}
	}
	if f.open == nil {
		open, err := dir.Open(f.path)
		if err != nil {
			return nil, nil, failed(err, "%s can't be read", f.path)
		}
		root, err := os.OpenRoot(f.path)
		if err != nil {
			return nil, nil, failed(errors.Join(err, open.Close()), "%s can't be read", f.path)
		}
		f.open, f.root = open, root
	}
	return f.open, f.root, nil
}

// local refuses a name that is not that of a file below a place, in its one form.
func local(p builder.Place, name string) error {
	if fs.ValidPath(name) && name != "." && filepath.IsLocal(filepath.FromSlash(name)) {
		return nil
	}
	return gold.Errorf(gold.Unavailable, gold.CodeBuildFailed, "%q is no file below %s: nothing outside it is read or changed", name, p)
}

// Stat implements builder.Place.
func (f *Folder) Stat(ctx context.Context, name string) (builder.Entry, error) {
	open, _, err := f.opened()
	if err != nil {
		return builder.Entry{}, err
	}
	info, err := open.Stat(ctx, name)
	switch {
	case errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR):
		return builder.Entry{}, fs.ErrNotExist
	case err != nil:
		return builder.Entry{}, failed(err, "%s can't be read", f.at(name))
	case info.Folder:
		return builder.Entry{}, fs.ErrNotExist
	}
	return builder.Entry{Bytes: info.Size, Token: info.Token}, nil
}

// maxSmall is the largest file that Read reads, in bytes.
const maxSmall = gold.MostBuildRecord

// Read implements builder.Place.
func (f *Folder) Read(ctx context.Context, name string) ([]byte, error) {
	file, size, err := f.regular(ctx, name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }() // it was only read
	if size > maxSmall {
		return nil, tooLarge(f.at(name), size)
	}
	data := make([]byte, size)
	if _, err := file.ReadAt(ctx, data, 0); err != nil {
		return nil, failed(err, "%s can't be read", f.at(name))
	}
	return data, nil
}

func tooLarge(name string, size int64) error {
	return gold.Errorf(gold.Unavailable, gold.CodeBuildFailed, "%s has %s, and at most %s are read: remove it, and build again", name, gold.RoundedBytes(size), gold.RoundedBytes(maxSmall))
}

// regular opens a regular file, and returns its size; fs.ErrNotExist where there is none.
func (f *Folder) regular(ctx context.Context, name string) (object.Reader, int64, error) {
	if err := local(f, name); err != nil {
		return nil, 0, err
	}
	open, _, err := f.opened()
	if err != nil {
		return nil, 0, err
	}
	info, err := open.Stat(ctx, name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, 0, fs.ErrNotExist
	case err != nil:
		return nil, 0, failed(err, "%s can't be read", f.at(name))
	case info.Folder:
		return nil, 0, gold.Errorf(gold.Unavailable, gold.CodeBuildFailed, "%s is a folder, and a file belongs there: remove it, and build again", f.at(name))
	}
	file, err := open.Open(ctx, info)
	if err != nil {
		return nil, 0, failed(err, "%s can't be read", f.at(name))
	}
	return file, info.Size, nil
}

// Hash implements builder.Place.
func (f *Folder) Hash(ctx context.Context, name string) (string, error) {
	file, size, err := f.regular(ctx, name)
	if err != nil {
		return "", err
	}
	h := sha256.New()
	_, err = io.Copy(h, io.NewSectionReader(within{ctx, file}, 0, size))
	if err = errors.Join(err, file.Close()); err != nil {
		return "", failed(err, "%s can't be read", f.at(name))
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// within reads an object within a context.
type within struct {
	ctx    context.Context
	object object.Reader
}

func (w within) ReadAt(p []byte, off int64) (int, error) { return w.object.ReadAt(w.ctx, p, off) }

// Path implements builder.Place: links are followed, since engines are given the files that there are.
func (f *Folder) Path(_ context.Context, name string) (string, error) {
	if err := local(f, name); err != nil {
		return "", err
	}
	real, err := filepath.EvalSymlinks(f.at(name))
	if err != nil {
		return "", failed(err, "%s can't be read", f.at(name))
	}
	return real, nil
}

// Put implements builder.Place.
func (f *Folder) Put(ctx context.Context, name, from string) (builder.Entry, error) {
	to := f.at(name)
	if err := local(f, name); err != nil {
		return builder.Entry{}, err
	}
	err := os.MkdirAll(f.path, 0o777) //nolint:gosec // what the umask allows, as for all files of the lake
	if err != nil {
		return builder.Entry{}, failed(err, "%s can't be written", to)
	}
	_, root, err := f.opened()
	if err != nil {
		return builder.Entry{}, err
	}
	err = root.MkdirAll(path.Dir(name), 0o777) // no link leads out of the folder
	if err == nil {
		_, err = root.Stat(path.Dir(name))
	}
	if err == nil {
		err = replace(from, to)
	}
	if err != nil {
		return builder.Entry{}, failed(err, "%s can't be written", to)
	}
	return f.Stat(ctx, name)
}

// Take implements builder.Place: the file is fetched first.
func (f *Folder) Take(ctx context.Context, name string, of builder.Workspace, from string) (builder.Entry, error) {
	workspace, ok := of.(*Bucket)
	if !ok {
		return builder.Entry{}, noWorkspace(of)
	}
	fetched, err := workspace.fetch(ctx, from)
	if err != nil {
		return builder.Entry{}, err
	}
	return f.Put(ctx, name, fetched)
}

// replace renames a file, and copies it first where it comes from another disk.
func replace(from, to string) error {
	err := os.Rename(from, to)
	if err == nil || !otherDisk(err) {
		return err
	}
	beside := filepath.Join(filepath.Dir(to), "."+filepath.Base(to)+".new")
	if err := copyFile(from, beside); err != nil {
		return errors.Join(err, os.RemoveAll(beside))
	}
	return os.Rename(beside, to)
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }() // it was only read
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

// Remove implements builder.Place.
func (f *Folder) Remove(_ context.Context, name string) error {
	if err := local(f, name); err != nil {
		return err
	}
	_, root, err := f.opened()
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = root.Remove(name)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return failed(err, "%s can't be removed", f.at(name))
	}
	empty := true
	for folder := path.Dir(name); folder != "." && empty; folder = path.Dir(folder) {
		empty = root.Remove(folder) == nil // else others lie there
	}
	return nil
}
