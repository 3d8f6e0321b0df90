//go:build unix

package eco

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// tryLock locks an open file without waiting, until it is closed; errLocked if another process has it.
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
