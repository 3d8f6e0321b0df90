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

	"goldserve/builder"
	"goldserve/gold"
	"goldserve/gold/lake/dir"
)

// Folder is a place in a folder, which need not be there before something is put into it.
type Folder struct {
	path string

	mu   sync.Mutex
	open *dir.Dir // nil: the folder wasn't there
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
	open := f.open
	f.open = nil
	return open.Close()
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

// Stat implements builder.Place.
func (f *Folder) Stat(ctx context.Context, name string) (builder.Entry, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.open == nil {
		if _, err := os.Stat(f.path); errors.Is(err, fs.ErrNotExist) {
			return builder.Entry{}, fs.ErrNotExist
		}
		open, err := dir.Open(f.path)
		if err != nil {
			return builder.Entry{}, failed(err, "%s can't be read", f.path)
		}
		f.open = open
	}
	info, err := f.open.Stat(ctx, name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return builder.Entry{}, fs.ErrNotExist
	case err != nil:
		return builder.Entry{}, failed(err, "%s can't be read", f.at(name))
	case info.Folder:
		return builder.Entry{}, fs.ErrNotExist
	}
	return builder.Entry{Bytes: info.Size, Token: info.Token}, nil
}

// Read implements builder.Place.
func (f *Folder) Read(_ context.Context, name string) ([]byte, error) {
	data, err := os.ReadFile(f.at(name))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fs.ErrNotExist
	case err != nil:
		return nil, failed(err, "%s can't be read", f.at(name))
	}
	return data, nil
}

// Hash implements builder.Place.
func (f *Folder) Hash(_ context.Context, name string) (string, error) {
	file, err := os.Open(f.at(name))
	if err != nil {
		return "", failed(err, "%s can't be read", f.at(name))
	}
	h := sha256.New()
	_, err = io.Copy(h, file)
	if err = errors.Join(err, file.Close()); err != nil {
		return "", failed(err, "%s can't be read", f.at(name))
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// Path implements builder.Place: links are followed, since engines are given the files that there are.
func (f *Folder) Path(_ context.Context, name string) (string, error) {
	real, err := filepath.EvalSymlinks(f.at(name))
	if err != nil {
		return "", failed(err, "%s can't be read", f.at(name))
	}
	return real, nil
}

// Put implements builder.Place.
func (f *Folder) Put(ctx context.Context, name, from string) (builder.Entry, error) {
	to := f.at(name)
	err := os.MkdirAll(filepath.Dir(to), 0o777) //nolint:gosec // what the umask allows, as for all files of the lake
	if err == nil {
		err = replace(from, to)
	}
	if err != nil {
		return builder.Entry{}, failed(err, "%s can't be written", to)
	}
	return f.Stat(ctx, name)
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
	if err := os.Remove(f.at(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return failed(err, "%s can't be removed", f.at(name))
	}
	empty := true
	for folder := path.Dir(name); folder != "." && empty; folder = path.Dir(folder) {
		empty = os.Remove(f.at(folder)) == nil // else others lie there
	}
	return nil
}
