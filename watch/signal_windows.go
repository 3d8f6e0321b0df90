package watch

import "syscall"

// signaled reports false: a process that is ended has an exit code.
func signaled(syscall.WaitStatus) bool { return false }
