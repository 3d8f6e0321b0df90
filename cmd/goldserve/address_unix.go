//go:build unix

package main

import "syscall"

// errAddressInUse is the system's error for an address that another program listens on.
const errAddressInUse = syscall.EADDRINUSE
