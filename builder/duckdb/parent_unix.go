//go:build unix && !linux

package duckdb

import "syscall"

// endWithParent does nothing where the system has no such signal: a child whose parent was killed ends after its query.
func endWithParent(*syscall.SysProcAttr) {}
