package watch

import (
	"os"
	"syscall"
)

// exitCrashed is the exit code of a Go program that ended by an error of its own: a panic, or no more memory.
const exitCrashed = 2

// faultOf returns what the content did to a process that ended while it published; empty: nothing that is known. Somebody else may
// have killed it.
func faultOf(state *os.ProcessState, outOfMemory bool) string {
	status, ok := state.Sys().(syscall.WaitStatus)
	switch {
	case state.ExitCode() == exitCrashed:
		return "crashed"
	case !ok || !signaled(status):
	case outOfMemory && status.Signal() == syscall.SIGKILL:
		return "was killed because memory ran out"
	case status.Signal() != syscall.SIGKILL && status.Signal() != syscall.SIGTERM:
		return "crashed: " + status.Signal().String()
	}
	return ""
}
