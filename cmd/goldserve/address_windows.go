package main

import "golang.org/x/sys/windows"

// errAddressInUse is the system's error for an address that another program listens on. On Windows, syscall.EADDRINUSE
// is a number that Go invented.
const errAddressInUse = windows.WSAEADDRINUSE
