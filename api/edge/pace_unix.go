//go:build linux || darwin

package edge

import (
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// limitUnsent bounds the bytes that a socket takes beyond those on their way. Where the system refuses, it takes more.
func limitUnsent(conn net.Conn, bytes int) {
	c, ok := conn.(syscall.Conn)
	if !ok {
		return
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return
	}
	_ = raw.Control(func(fd uintptr) { _ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_NOTSENT_LOWAT, bytes) })
}
