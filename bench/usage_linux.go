package bench

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// ticks are the units of processor time in /proc, a second: USER_HZ is 100 on every Linux that Go runs on.
const ticks = 100

// usageOf returns the processor seconds of processes and all that they started, and their resident memory in bytes now. What is gone
// counts where its parent waited for it.
func usageOf(roots []int) (processor float64, memory int64) {
	for _, pid := range roots {
		p, m := usageOfTree(pid, 0)
		processor += p
		memory += m
	}
	return processor, memory
}

// maxDepth limits how deep processes start each other.
const maxDepth = 16

func usageOfTree(pid, depth int) (processor float64, memory int64) {
	dir := "/proc/" + strconv.Itoa(pid)
	stat, err := os.ReadFile(dir + "/stat")
	if err != nil || depth > maxDepth {
		return 0, 0
	}
	// The name in brackets may hold anything; utime is the twelfth field after it, stime, cutime and cstime follow, rss is the 22nd.
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	if len(fields) < 22 {
		return 0, 0
	}
	for _, field := range fields[11:15] {
		n, _ := strconv.ParseInt(field, 10, 64)
		processor += float64(n) / ticks
	}
	pages, _ := strconv.ParseInt(fields[21], 10, 64)
	memory = pages * int64(os.Getpagesize())
	lists, _ := filepath.Glob(dir + "/task/*/children")
	for _, list := range lists {
		text, _ := os.ReadFile(list)
		for child := range strings.FieldsSeq(string(text)) {
			n, _ := strconv.Atoi(child)
			p, m := usageOfTree(n, depth+1)
			processor += p
			memory += m
		}
	}
	return processor, memory
}

// peakOf returns the resident memory of the largest process at its peak, in bytes.
func peakOf(state *os.ProcessState) int64 {
	if used, ok := state.SysUsage().(*syscall.Rusage); ok {
		return used.Maxrss << 10
	}
	return 0
}

// Listener returns the process of this machine that listens at a TCP port.
func Listener(port int) (pid int, err error) {
	sockets := map[string]bool{}
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		text, _ := os.ReadFile(table)
		for line := range strings.Lines(string(text)) {
			// Columns: number, local address and port in hexadecimal, remote one, state (0A: listening), … and the inode as the tenth.
			fields := strings.Fields(line)
			if len(fields) > 9 && fields[3] == "0A" && strings.HasSuffix(fields[1], fmt.Sprintf(":%04X", port)) {
				sockets["socket:["+fields[9]+"]"] = true
			}
		}
	}
	if len(sockets) == 0 {
		return 0, errNoProcess
	}
	files, _ := filepath.Glob("/proc/[0-9]*/fd/*")
	for _, file := range files {
		if to, err := os.Readlink(file); err == nil && sockets[to] {
			return strconv.Atoi(strings.Split(file, "/")[2])
		}
	}
	return 0, errNoProcess
}
