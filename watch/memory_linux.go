package watch

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
)

// heldBy returns the bytes of memory that a process holds besides files that it maps; 0 where they can't be told.
func heldBy(pid int) int64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	return numberAfter(text, "RssAnon:") << 10
}

// offerToKernel has the kernel end this process, and no other, where memory runs out.
func offerToKernel(pid int) {
	_ = os.WriteFile(fmt.Sprintf("/proc/%d/oom_score_adj", pid), []byte("1000"), 0) // else the kernel chooses
}

// outOfMemoryKills counts the processes of this machine that the kernel ended for want of memory.
func outOfMemoryKills() int64 {
	text, err := os.ReadFile("/proc/vmstat")
	if err != nil {
		return 0
	}
	return numberAfter(text, "\noom_kill ")
}

// numberAfter returns the number that follows a word; 0 where there is none.
func numberAfter(text []byte, word string) int64 {
	_, rest, found := bytes.Cut(text, []byte(word))
	if !found {
		return 0
	}
	fields := bytes.Fields(rest[:min(len(rest), 64)])
	if len(fields) == 0 {
		return 0
	}
	n, _ := strconv.ParseInt(string(fields[0]), 10, 64)
	return n
}
