//go:build darwin || freebsd || netbsd

package dir

import (
	"syscall"
	"time"
)

// changedAt returns when the file's content, name or rights last changed, which no writer can set.
func changedAt(id *syscall.Stat_t) time.Time {
	return time.Unix(id.Ctimespec.Unix())
}
