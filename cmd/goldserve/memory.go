package main

import (
	"bufio"
	"bytes"
	"os"
	"path"
	"strconv"
	"strings"
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
	group := "/"
	if text, err := os.ReadFile("/proc/self/cgroup"); err == nil {
		group = groupOf(text)
	}
	for ; ; group = path.Dir(group) {
		if text, err := os.ReadFile(path.Join("/sys/fs/cgroup", group, "memory.max")); err == nil {
			memory = lowerLimit(memory, text)
		}
		if group == "/" || group == "." {
			break
		}
	}
	if text, err := os.ReadFile("/sys/fs/cgroup/memory/memory.limit_in_bytes"); err == nil { // version 1
		memory = lowerLimit(memory, text)
	}
	return memory
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

// groupOf reads the path of the process' control group, version 2, of /proc/self/cgroup.
func groupOf(text []byte) string {
	for line := range strings.Lines(string(text)) {
		if group, ok := strings.CutPrefix(strings.TrimSpace(line), "0::/"); ok {
			return path.Join("/", group)
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
