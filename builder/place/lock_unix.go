//go:build unix

package place

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// tryLock locks an open file without waiting; errLocked if another process has it.
func tryLock(f *os.File) error {
	for {
		err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		switch {
		case errors.Is(err, unix.EWOULDBLOCK):
			return errLocked
		case !errors.Is(err, unix.EINTR):
			return err
		}
	}
}

// release frees the lock, also where a child that is just being started has the file open for an instant.
func release(f *os.File) error { return unix.Flock(int(f.Fd()), unix.LOCK_UN) }

// otherDisk reports whether a rename failed because the file would have to be copied.
func otherDisk(err error) bool { return errors.Is(err, unix.EXDEV) }

// writable returns an error where this process may not make and remove files in a folder.
func writable(folder string) error { return unix.Access(folder, unix.W_OK|unix.X_OK) }
