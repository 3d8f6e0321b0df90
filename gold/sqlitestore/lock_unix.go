//go:build unix

package sqlitestore

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// tryLock locks an open file, exclusively or shared, without waiting; errLocked if another process has it. The kernel
// releases the lock when the file is closed or its process ends. A signal may interrupt the call.
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

// diskFull reports whether a write failed because the disk is full.
func diskFull(err error) bool { return errors.Is(err, unix.ENOSPC) }
