//go:build unix

package eco

import (
	"syscall"
	"time"
)

// usedBySelf returns the processor time of this process and of its children that have ended.
func usedBySelf() (used time.Duration) {
	for _, who := range []int{syscall.RUSAGE_SELF, syscall.RUSAGE_CHILDREN} {
		var u syscall.Rusage
		if syscall.Getrusage(who, &u) == nil {
			used += time.Duration(u.Utime.Nano() + u.Stime.Nano())
		}
	}
	return used
}
