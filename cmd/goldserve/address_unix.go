//go:build unix

package main

import "syscall"

// errAddressInUse is the system's error of an address that another program listens on.
const errAddressInUse = syscall.EADDRINUSE
