//go:build !linux

package bench

import "os"

// usageOf knows nothing of other processes here.
func usageOf([]int) (processor float64, memory int64) { return 0, 0 }

// peakOf knows no peak here.
func peakOf(*os.ProcessState) int64 { return 0 }

// Listener knows no listeners here.
func Listener(int) (pid int, err error) { return 0, errNoProcess }
