//go:build unix

package place

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// release frees the lock, also where a child that is just being started has the file open for an instant.
func release(f *os.File) error { return unix.Flock(int(f.Fd()), unix.LOCK_UN) }

// otherDisk reports whether a rename failed because the file would have to be copied.
func otherDisk(err error) bool { return errors.Is(err, unix.EXDEV) }

// writable returns an error where this process may not make and remove files in a folder.
func writable(folder string) error { return unix.Access(folder, unix.W_OK|unix.X_OK) }
