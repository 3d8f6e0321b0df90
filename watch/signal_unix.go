//go:build !windows

package watch

import "syscall"

func signaled(s syscall.WaitStatus) bool { return s.Signaled() }
