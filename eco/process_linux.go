package eco

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// tick is the unit of times in /proc: a hundredth of a second on every Linux that Go runs on.
const tick = 10 * time.Millisecond

// readProcess reads what this process, its children that have ended, and those that run have used. A child that ends meanwhile is
// missing once, and is there in the next reading.
func readProcess() processUse {
	use := processUse{processor: usedBySelf()}
	stats := map[int]stat{}
	paths, _ := filepath.Glob("/proc/[0-9]*/stat") // the pattern is valid
	for _, path := range paths {
		text, err := os.ReadFile(path) // #nosec G304 -- of /proc
		if err != nil {
			continue // it has ended
		}
		if pid, s, ok := parseStat(text); ok {
			stats[pid] = s
		}
	}
	self := os.Getpid()
	for pid, s := range stats {
		if !descends(stats, pid, self) {
			continue
		}
		use.memory += s.resident
		if pid != self {
			use.processor += s.used
		}
	}
	return use
}

// stat is a line of /proc/PID/stat.
type stat struct {
	parent   int
	used     time.Duration // by the process and its children that have ended
	resident int64         // bytes
}

// parseStat reads a line of /proc/PID/stat. The second field, a name in parentheses, may contain any character.
func parseStat(text []byte) (pid int, s stat, ok bool) {
	begin, end := bytes.IndexByte(text, ' '), bytes.LastIndexByte(text, ')')
	if begin < 0 || end < begin {
		return 0, stat{}, false
	}
	pid, err := strconv.Atoi(string(text[:begin]))
	fields := strings.Fields(string(text[end+1:]))
	if err != nil || len(fields) < 22 {
		return 0, stat{}, false
	}
	number := func(field int) int64 { // as proc(5) counts them
		n, failed := strconv.ParseInt(fields[field-3], 10, 64)
		if failed != nil {
			err = failed
		}
		return n
	}
	s.parent = int(number(4))
	s.used = time.Duration(number(14)+number(15)+number(16)+number(17)) * tick
	s.resident = number(24) * int64(os.Getpagesize())
	return pid, s, err == nil
}

// descends reports whether a process is the root or below it.
func descends(stats map[int]stat, pid, root int) bool {
	for range len(stats) {
		if pid == root {
			return true
		}
		s, ok := stats[pid]
		if !ok {
			return false
		}
		pid = s.parent
	}
	return false
}
