package sqlitestore

import (
	"context"
	"errors"
	"fmt"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"goldserve/gold"
)

// code returns SQLite's extended result code of an error, or 0.
func code(err error) int {
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return e.Code()
	}
	return 0
}

// primary returns SQLite's primary result code of an error, or 0.
func primary(err error) int { return code(err) & 0xff }

// isDuplicate reports whether a row or a unique index was refused because of a duplicate key.
func isDuplicate(err error) bool {
	switch code(err) {
	case sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_ROWID:
		return true
	default:
		return false
	}
}

// fail translates an error for the caller. doing is the attempted action, such as "read dataset monthly".
func (s *Store) fail(ctx context.Context, doing string, err error) error {
	var known *gold.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &known):
		return err
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return &gold.Error{Kind: gold.Timeout, Code: gold.CodeQueryTimeout, Message: doing + ": the deadline passed before the answer was complete; ask for less, or allow more time", Err: err}
	case ctx.Err() != nil:
		return fmt.Errorf("%s: %w", doing, ctx.Err())
	}
	return s.meaning(doing, err)
}

// meaning translates SQLite's codes.
func (s *Store) meaning(doing string, err error) *gold.Error {
	e := &gold.Error{Kind: gold.Internal, Code: gold.CodeStoreFailed, Err: err}
	switch primary(err) {
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		e.Kind, e.Code = gold.Unavailable, gold.CodeStoreUnavailable
		e.Message = fmt.Sprintf("%s: %s is locked by another program; close what else has it open and try again", doing, s.path)
	case sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH:
		e.Kind, e.Code = gold.Unavailable, gold.CodeStoreUnavailable
		e.Message = fmt.Sprintf("%s: %s can't be opened; the file and its folder must be writable for this user (SQLite keeps %s-wal and -shm beside it)", doing, s.path, s.path)
	case sqlite3.SQLITE_FULL:
		e.Message = fmt.Sprintf("%s: the disk that holds %s is full; free some space and run it again", doing, s.path)
	case sqlite3.SQLITE_IOERR:
		e.Message = fmt.Sprintf("%s: the disk that holds %s failed or is full; check it and run it again", doing, s.path)
	case sqlite3.SQLITE_NOMEM:
		e.Message = fmt.Sprintf("%s: there is not enough memory for %s; end other programs, and run it again", doing, s.path)
	case sqlite3.SQLITE_CORRUPT:
		e.Message = fmt.Sprintf("%s: %s is damaged; move it away and publish again, or restore a copy", doing, s.path)
	case sqlite3.SQLITE_NOTADB:
		e.Message = fmt.Sprintf("%s: %s is not a SQLite database; give the path of another file", doing, s.path)
	case sqlite3.SQLITE_INTERRUPT:
		e.Kind, e.Code = gold.Timeout, gold.CodeQueryTimeout
		e.Message = doing + ": interrupted; run it again"
	default:
		e.Message = fmt.Sprintf("%s: SQLite reported an error in %s; check the disk, and run it again", doing, s.path)
	}
	return e
}

func noRelease(model string) *gold.Error {
	return gold.Errorf(gold.Empty, gold.CodeNoRelease, "model %s has no release yet; run goldserve publish", model)
}

func conflict(format string, args ...any) *gold.Error {
	return gold.Errorf(gold.Conflict, gold.CodePublishConflict, format, args...)
}
