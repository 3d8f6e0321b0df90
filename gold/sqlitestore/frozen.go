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

// frozen is how a file looked that is read as one that nobody writes: SQLite opens it as immutable, takes no locks and
// needs no files beside it. It would not notice a writer, and answer with old rows or with halves of two releases; so
// the file is looked at before and after each read.
type frozen struct {
	path   string
	file   os.FileInfo
	header [headerSize]byte // its change counter, and all else that a commit to the file itself changes
}

// headerSize is the length of a database's header, which lies at its beginning.
const headerSize = 100

// refusesWrites reports whether SQLite could not open a file for want of the right to write: as the file system says when
// it is asked to open the file for writing.
func refusesWrites(path string, err error) bool {
	switch primary(err) {
	case sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY:
		return !writable(path)
	default:
		return false
	}
}

// writable reports whether this process may write a file, so that others may too. Closing it would take away the
// locks that this process has on it: the caller knows that there are none.
func writable(path string) bool {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err == nil {
		_ = f.Close()
		return true
	}
	return !errors.Is(err, syscall.EROFS) && !errors.Is(err, fs.ErrPermission)
}

// freeze looks at a file that may not be written. Unavailable where changes to it lie beside it: SQLite can't read them
// without writing.
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

// changed reports whether the file, or the right to write it, is another than when it was frozen.
func (f *frozen) changed() bool {
	now, err := freeze(f.path)
	return err != nil || !sameFile(f.file, now.file) || f.header != now.header || writable(f.path)
}

// errChanged says that a frozen file was written while it was read.
var errChanged = errors.New("the file was written while it was read")

// changing is the error of a read that met a writer too often, or once some of its rows were out.
func changing(path string) *gold.Error {
	return &gold.Error{
		Kind: gold.Unavailable, Code: gold.CodeStoreUnavailable, Err: errChanged, Problems: reason("the store's file was written while it was read"),
		Message: path + " was written while it was read, where it may not be written itself; ask again, or make it and its folder writable for this user, so that both can be done at once",
	}
}

// reason says without a path why a store is unavailable: whoever asks over HTTP may know that, and no more.
func reason(detail string) []gold.Problem {
	return []gold.Problem{{Code: gold.CodeStoreUnavailable, Detail: detail}}
}

// unreachable is the error of a file that the system doesn't show.
func unreachable(path string, err error) *gold.Error {
	return &gold.Error{Kind: gold.Unavailable, Code: gold.CodeStoreUnavailable, Message: path + " can't be reached; check the folders above it, and that this user may read it", Err: err}
}
