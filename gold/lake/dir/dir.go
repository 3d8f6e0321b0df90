// Package dir is the lake in a folder: its files are the objects of a source. A file's token is made of the file's
// identity on its disk (device and inode), its size, the time of its last modification and, where the system tells it, that
// of its last change, which no writer can set back.
//
// Nothing outside the folder is opened: links that lead out of it are refused.
package dir

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"goldserve/gold"
	"goldserve/gold/lake/object"
)

// Dir is a folder, open.
type Dir struct {
	path string
	root *os.Root

	mostEntries int // of a folder
}

var _ object.Source = (*Dir)(nil)

// Open opens a folder. It returns Unavailable lake_not_found where the path is no folder or can't be read.
func Open(folder string) (*Dir, error) {
	root, err := os.OpenRoot(folder)
	if err != nil {
		shown := folder
		if abs, e := filepath.Abs(folder); e == nil {
			shown = abs
		}
		reason := "can't be opened"
		switch {
		case errors.Is(err, fs.ErrNotExist):
			reason = "does not exist"
		case errors.Is(err, fs.ErrPermission):
			reason = "may not be read"
		default:
			if info, e := os.Stat(folder); e == nil && !info.IsDir() {
				reason = "is a file, not a folder"
			}
		}
		return nil, &gold.Error{
			Kind: gold.Unavailable, Code: gold.CodeLakeNotFound, Err: err,
			Message: "the lake " + shown + " " + reason + ": expected the folder that holds the gold files, such as orders.parquet",
		}
	}
	return &Dir{path: folder, root: root, mostEntries: maxEntries}, nil
}

// String returns the path that the folder was opened with.
func (d *Dir) String() string { return d.path }

// Close closes the folder; files that are open stay so.
func (d *Dir) Close() error { return d.root.Close() }

// Look does nothing: the folder is looked at each time.
func (d *Dir) Look(ctx context.Context) error { return ctx.Err() }

// List returns what lies directly in a folder, sorted by name.
func (d *Dir) List(ctx context.Context, folder string) ([]object.Info, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	entries, err := d.entries(ctx, folder)
	if err != nil {
		return nil, err
	}
	list := make([]object.Info, len(entries))
	for i, e := range entries {
		of := object.Info{Name: path.Join(folder, e.Name()), Folder: e.IsDir(), Link: e.Type()&fs.ModeSymlink != 0}
		var info fs.FileInfo
		if of.Link {
			info, of.Token, err = look(d.root, of.Name)
		} else {
			info, of.Token, err = lookAtEntry(d.root, of.Name, e)
		}
		// What can't be looked at is reported where it is opened.
		if err == nil {
			of.Size, of.Modified, of.Changed = info.Size(), info.ModTime(), changed(info)
		}
		list[i] = of
	}
	return list, nil
}

// maxEntries is how many files and folders a folder may hold: all of a listing is in memory.
const maxEntries = 250_000

// entries reads the names in a folder, sorted.
func (d *Dir) entries(ctx context.Context, folder string) ([]fs.DirEntry, error) {
	open, err := d.root.Open(folder)
	if err != nil {
		return nil, d.unreadable(folder, err)
	}
	defer func() { _ = open.Close() }() // it was only read
	var all []fs.DirEntry
	for {
		some, err := open.ReadDir(4096)
		all = append(all, some...)
		switch {
		case errors.Is(err, io.EOF):
			slices.SortFunc(all, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
			return all, nil
		case err != nil:
			return nil, d.unreadable(folder, err)
		case len(all) > d.mostEntries:
			return nil, object.Refused(folder, fmt.Sprintf("it holds more than %d files, the limit of one folder: write its rows into fewer, larger files, or move what is not part of the lake elsewhere", d.mostEntries), nil)
		case ctx.Err() != nil:
			return nil, ctx.Err()
		}
	}
}

// Stat returns what a name stands for now.
func (d *Dir) Stat(ctx context.Context, name string) (object.Info, error) {
	if err := ctx.Err(); err != nil {
		return object.Info{}, err
	}
	info, token, err := look(d.root, name)
	switch {
	case errors.Is(err, fs.ErrNotExist) && !d.isLink(name):
		return object.Info{}, err
	case err != nil:
		return object.Info{}, d.unreadable(name, err)
	}
	return object.Info{Name: name, Size: info.Size(), Token: token, Modified: info.ModTime(), Changed: changed(info), Folder: info.IsDir()}, nil
}

// Open opens a regular file.
func (d *Dir) Open(ctx context.Context, of object.Info) (object.Reader, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	// Looked at first: opening a named pipe would wait for its writer.
	info, token, err := look(d.root, of.Name)
	switch {
	case errors.Is(err, fs.ErrNotExist) && !d.isLink(of.Name):
		return nil, object.Changed(of.Name, "it was removed")
	case err != nil:
		return nil, d.unreadable(of.Name, err)
	case of.Token != "" && token != of.Token:
		return nil, object.Changed(of.Name, "it was replaced or written to")
	case !info.Mode().IsRegular():
		return nil, object.Refused(of.Name, "it is no regular file ("+info.Mode().Type().String()+"): put the file itself there", nil)
	}
	open, err := d.root.Open(of.Name)
	if err != nil {
		return nil, d.unreadable(of.Name, err)
	}
	f := &file{dir: d, name: of.Name, open: open}
	held, err := f.Stat(ctx)
	if err == nil && held.Token != token {
		err = object.Changed(of.Name, "it was replaced or written to")
	}
	if err != nil {
		_ = open.Close() // nothing was written
		return nil, err
	}
	return f, nil
}

func (d *Dir) isLink(name string) bool {
	info, err := d.root.Lstat(name)
	return err == nil && info.Mode()&fs.ModeSymlink != 0
}

// unreadable returns the error of a file that can't be opened or read.
func (d *Dir) unreadable(name string, err error) error {
	switch {
	case d.isLink(name):
		return object.Refused(name, "it is a symbolic link that leaves the lake or is broken: put the file itself there", err)
	case errors.Is(err, fs.ErrPermission):
		return object.Unreadable(name, "it may not be read: check the rights of the file and its folder", err)
	default:
		return object.Unreadable(name, "it can't be read now: check its disk, and try again", err)
	}
}

// file is a regular file, open.
type file struct {
	dir  *Dir
	name string
	open *os.File
}

// ReadAt reads from off on. A file that ends before its size of a moment ago can't be read.
func (f *file) ReadAt(ctx context.Context, p []byte, off int64) (int, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	n, err := f.open.ReadAt(p, off)
	if n == len(p) {
		return n, nil
	}
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return n, f.dir.unreadable(f.name, err)
}

// Stat looks at the open file again, whatever its name stands for by now.
func (f *file) Stat(ctx context.Context) (object.Info, error) {
	if err := ctx.Err(); err != nil {
		return object.Info{}, err
	}
	info, token, err := lookAtOpen(f.open)
	if err != nil {
		return object.Info{}, f.dir.unreadable(f.name, err)
	}
	return object.Info{Name: f.name, Size: info.Size(), Token: token, Modified: info.ModTime(), Changed: changed(info)}, nil
}

func (f *file) Close() error { return f.open.Close() }
