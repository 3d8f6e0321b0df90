//go:build unix

package sqlitestore

import (
	"errors"

	"golang.org/x/sys/unix"
)

// diskFull reports whether a write failed because the disk is full.
func diskFull(err error) bool { return errors.Is(err, unix.ENOSPC) }
