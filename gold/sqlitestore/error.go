package sqlitestore

import (
	"errors"

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

func conflict(format string, args ...any) *gold.Error {
	return gold.Errorf(gold.Conflict, gold.CodePublishConflict, format, args...)
}

func malformed(format string, args ...any) *gold.Error {
	return gold.Errorf(gold.Internal, gold.CodeInternal, format, args...)
}

func unreadable(what string, err error) *gold.Error {
	return gold.Errorf(gold.Internal, gold.CodeReleaseInconsistent, "%s can't be read: %w", what, err)
}
