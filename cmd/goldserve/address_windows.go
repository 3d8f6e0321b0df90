package main

import "golang.org/x/sys/windows"

// errAddressInUse is the system's error of an address that another program listens on. syscall.EADDRINUSE is a number
// that Go made up here.
const errAddressInUse = windows.WSAEADDRINUSE
