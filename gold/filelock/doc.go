// Package filelock locks open files among processes: flock on Unix, LockFileEx on Windows. The kernel frees a lock when the file is
// closed or its process ends.
package filelock

import "errors"

// ErrLocked is the error of Try where another process has the lock.
var ErrLocked = errors.New("another process has locked the file")
