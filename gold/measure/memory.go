package measure

// mapBytes estimates the memory of a Go map of n entries whose slots have a number of bytes: after a growth it is
// 7/16 full, with a control byte a slot.
func mapBytes(n, slot int) int64 { return int64(n) * int64(slot+1) * 16 / 7 }

// textBytes estimates the memory of a text of n bytes, which the allocator rounds up.
func textBytes(n int) int64 { return int64(n) + 8 }
