package measure

import "strconv"

// mapBytes estimates the memory of a Go map of n entries whose slots have a number of bytes: after a growth it is
// 7/16 full, with a control byte a slot.
func mapBytes(n, slot int) int64 { return int64(n) * int64(slot+1) * 16 / 7 }

// textBytes estimates the memory of a text of n bytes, which the allocator rounds up.
func textBytes(n int) int64 { return int64(n) + 8 }

// formatBytes writes a bound as people give it: 64 MiB.
func formatBytes(n int64) string {
	units := []string{"bytes", "KiB", "MiB", "GiB"}
	unit := 0
	for n >= 1024 && n%1024 == 0 && unit < len(units)-1 {
		n /= 1024
		unit++
	}
	return strconv.FormatInt(n, 10) + " " + units[unit]
}
