package sqlitestore

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"

	sqlite3 "modernc.org/sqlite/lib"

	"goldserve/gold"
)

// frozen is the state of a file that is read as immutable: SQLite takes no locks and needs no files beside it. It would
// not notice a writer, and would return old rows or a mixture of two releases; so the file's state is compared before
// and after each read.
type frozen struct {
	path   string
	file   os.FileInfo
	header [headerSize]byte // its change counter, and everything else that a commit to the file changes
}

// headerSize is the length of a database's header, at the start of the file.
const headerSize = 100

// refusesWrites reports whether SQLite could not open a file because it is not writable, by trying to open the file for
// writing.
func refusesWrites(path string, err error) bool {
	switch primary(err) {
	case sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY:
		return !writable(path)
	default:
		return false
	}
}

// writable reports whether this process can write a file, so that others may too. Closing the file drops this process's
// locks on it: the caller knows that there are none.
func writable(path string) bool {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err == nil {
		_ = f.Close()
		return true
	}
	return !errors.Is(err, syscall.EROFS) && !errors.Is(err, fs.ErrPermission)
}

// freeze returns the state of a file that is not writable. Unavailable if there are changes beside it, which SQLite
// can't read without writing.
func freeze(path string) (*frozen, error) {
	for _, suffix := range []string{"-wal", "-journal"} {
		info, err := os.Stat(path + suffix)
		if errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() == 0 {
			continue
		}
		return nil, &gold.Error{
			Kind: gold.Unavailable, Code: gold.CodeStoreUnavailable, Err: err, Problems: reason("the store's file may not be written, and changes lie beside it that can't be read without writing"),
			Message: fmt.Sprintf("%s may not be written, and %s%s beside it holds changes that can't be read without writing; open the store once where it may be written (goldserve status does), or make it and its folder writable for this user",
				path, path, suffix),
		}
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, unreachable(path, err)
	}
	defer func() { _ = f.Close() }()
	seen := &frozen{path: path}
	if seen.file, err = f.Stat(); err != nil {
		return nil, unreachable(path, err)
	}
	if _, err := f.ReadAt(seen.header[:], 0); err != nil && !errors.Is(err, io.EOF) {
		return nil, unreachable(path, err)
	}
	return seen, nil
}

// changed reports whether the file, or the permission to write it, has changed since it was frozen.
func (f *frozen) changed() bool {
	now, err := freeze(f.path)
	return err != nil || !sameFile(f.file, now.file) || f.header != now.header || writable(f.path)
}

// errChanged means that a frozen file was written while it was read.
var errChanged = errors.New("the file was written while it was read")

// changing is the error of a read that was disturbed by a writer too often, or after some rows were returned.
func changing(path string) *gold.Error {
	return &gold.Error{
		Kind: gold.Unavailable, Code: gold.CodeStoreUnavailable, Err: errChanged, Problems: reason("the store's file was written while it was read"),
		Message: path + " was written while it was read, where it may not be written itself; ask again, or make it and its folder writable for this user, so that both can be done at once",
	}
}

// reason says why a store is unavailable, without a path: HTTP clients must not see more.
func reason(detail string) []gold.Problem {
	return []gold.Problem{{Code: gold.CodeStoreUnavailable, Detail: detail}}
}

// unreachable is the error of a file that the system can't access.
func unreachable(path string, err error) *gold.Error {
	return &gold.Error{Kind: gold.Unavailable, Code: gold.CodeStoreUnavailable, Message: path + " can't be reached; check the folders above it, and that this user may read it", Err: err}
}

// sameFile reports whether a file exists, is the same as before, and was not written to since.
func sameFile(a, b os.FileInfo) bool {
	return a != nil && b != nil && os.SameFile(a, b) && a.ModTime().Equal(b.ModTime()) && a.Size() == b.Size()
}
