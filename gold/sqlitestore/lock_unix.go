//go:build unix

package sqlitestore

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// tryLock locks an open file against other processes without waiting, for one holder or shared; errLocked where another
// has it. The kernel frees the lock when the file is closed or its process ends. A signal may interrupt the call.
func tryLock(f *os.File, shared bool) error {
	how := unix.LOCK_EX
	if shared {
		how = unix.LOCK_SH
	}
	for {
		err := unix.Flock(int(f.Fd()), how|unix.LOCK_NB)
		switch {
		case errors.Is(err, unix.EWOULDBLOCK):
			return errLocked
		case !errors.Is(err, unix.EINTR):
			return err
		}
	}
}

// diskFull reports whether a write failed for want of room.
func diskFull(err error) bool { return errors.Is(err, unix.ENOSPC) }
