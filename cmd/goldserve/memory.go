package main

import (
	"bufio"
	"bytes"
	"os"
	"path"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"

	"goldserve/gold"
)

// unknownMemory is what a machine is taken to have that doesn't tell.
const unknownMemory = 4 << 30

// machineMemory returns the bytes of memory that this process may use: the machine's, or less where a container or a
// service is given less.
func machineMemory() int64 {
	memory := int64(unknownMemory)
	if text, err := os.ReadFile("/proc/meminfo"); err == nil {
		memory = totalMemory(text)
	}
	group, oldGroup := "/", "/"
	if text, err := os.ReadFile("/proc/self/cgroup"); err == nil {
		group, oldGroup = groupOf(text, ""), groupOf(text, "memory")
	}
	for ; ; group = path.Dir(group) {
		if text, err := os.ReadFile(path.Join("/sys/fs/cgroup", group, "memory.max")); err == nil {
			memory = lowerLimit(memory, text)
		}
		if group == "/" || group == "." {
			break
		}
	}
	const first = "/sys/fs/cgroup/memory" // version 1; a container sees its own group as the root
	for _, group := range []string{"/", oldGroup} {
		if text, err := os.ReadFile(path.Join(first, group, "memory.limit_in_bytes")); err == nil {
			memory = lowerLimit(memory, text)
		}
	}
	return memory
}

// leastQuestionMemory is what questions need to hold at least.
const leastQuestionMemory = 16 << 20

// questionMemory returns what questions may hold together.
func (a *app) questionMemory() (*gold.Memory, error) {
	if a.config.origins["memory"] == "" {
		return gold.NewMemory(max(leastQuestionMemory, machineMemory()/8>>20<<20)), nil
	}
	if a.config.Memory < leastQuestionMemory {
		return nil, usagef("%s is %s: expected at least %s, for the memory of all running queries", a.config.origin("memory"), a.config.Memory, size(leastQuestionMemory))
	}
	return gold.NewMemory(int64(a.config.Memory)), nil
}

// otherMemory is what a server may take besides snapshots, kept answers and questions: the program, connections, bodies on
// their way, and what the garbage collector has not found yet.
const otherMemory = 96 << 20

// limitHeap makes the garbage collector keep the heap within what the server may hold, and leave a quarter of the machine
// or container to the store's engine. A GOMEMLIMIT of the environment stays as it is.
func (a *app) limitHeap(questions, machine int64) {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(min(int64(a.config.AccelerateMemory)+int64(a.config.CacheSize)+questions+otherMemory, machine/4*3))
	}
}

// totalMemory reads MemTotal of /proc/meminfo.
func totalMemory(text []byte) int64 {
	for scanner := bufio.NewScanner(bytes.NewReader(text)); scanner.Scan(); {
		fields := strings.Fields(scanner.Text())
		if len(fields) == 3 && fields[0] == "MemTotal:" && fields[2] == "kB" {
			if n, err := strconv.ParseInt(fields[1], 10, 64); err == nil {
				return n << 10
			}
		}
	}
	return unknownMemory
}

// groupOf reads the path of the process' control group in /proc/self/cgroup: that of a controller (version 1), or of all of
// them ("", version 2).
func groupOf(text []byte, controller string) string {
	for line := range strings.Lines(string(text)) {
		parts := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(parts) == 3 && slices.Contains(strings.Split(parts[1], ","), controller) {
			return path.Join("/", parts[2])
		}
	}
	return "/"
}

// lowerLimit returns a control group's limit where it is lower; "max" is none.
func lowerLimit(memory int64, text []byte) int64 {
	if n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64); err == nil && n > 0 {
		return min(memory, n)
	}
	return memory
}
