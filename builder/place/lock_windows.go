package place

import (
	"errors"
	"math"
	"os"

	"golang.org/x/sys/windows"
)

// tryLock locks an open file without waiting; errLocked if another process has it. Others can't read a locked range, and the start of the
// file names the holder: so the locked byte is far beyond the end of the file.
func tryLock(f *os.File) error {
	flags := uint32(windows.LOCKFILE_FAIL_IMMEDIATELY | windows.LOCKFILE_EXCLUSIVE_LOCK)
	err := windows.LockFileEx(windows.Handle(f.Fd()), flags, 0, 1, 0, &windows.Overlapped{OffsetHigh: math.MaxInt32})
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) || errors.Is(err, windows.ERROR_IO_PENDING) {
		return errLocked
	}
	return err
}

// release does nothing: the lock ends when the file is closed.
func release(*os.File) error { return nil }

// otherDisk reports whether a rename failed because the file would have to be copied.
func otherDisk(err error) bool { return errors.Is(err, windows.ERROR_NOT_SAME_DEVICE) }

// writable says nothing: a folder's rights are told by whoever writes in it.
func writable(string) error { return nil }
