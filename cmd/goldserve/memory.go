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

// unknownMemory is the assumed memory of a machine that doesn't report it.
const unknownMemory = 4 << 30

// machineMemory returns the memory that this process may use, in bytes: the machine's, or the limit of its container or
// service.
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

// leastQuestionMemory is the minimum for queries.
const leastQuestionMemory = 16 << 20

// questionMemory returns the memory for queries.
func (a *app) questionMemory() (*gold.Memory, error) {
	if a.config.origins["memory"] == "" {
		return gold.NewMemory(max(leastQuestionMemory, machineMemory()/8>>20<<20)), nil
	}
	if a.config.Memory < leastQuestionMemory {
		return nil, usagef("%s is %s: expected at least %s, for the memory of all running queries", a.config.origin("memory"), a.config.Memory, size(leastQuestionMemory))
	}
	return gold.NewMemory(int64(a.config.Memory)), nil
}

// otherMemory is what a server may use besides snapshots, cached answers and queries: the program, connections, bodies
// in transit, and garbage that has not been collected yet.
const otherMemory = 96 << 20

// limitHeap sets the garbage collector's limit to what the server may use, at most three quarters of the machine or
// container; the rest is for the store's engine. GOMEMLIMIT in the environment has precedence.
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

// groupOf reads the path of the process's control group from /proc/self/cgroup: that of a controller (version 1), or
// the unified one ("", version 2).
func groupOf(text []byte, controller string) string {
	for line := range strings.Lines(string(text)) {
		parts := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(parts) == 3 && slices.Contains(strings.Split(parts[1], ","), controller) {
			return path.Join("/", parts[2])
		}
	}
	return "/"
}

// lowerLimit returns the limit of a control group if it is lower; "max" is no limit.
func lowerLimit(memory int64, text []byte) int64 {
	if n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64); err == nil && n > 0 {
		return min(memory, n)
	}
	return memory
}
