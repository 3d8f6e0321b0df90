//go:build !linux && !darwin

package edge

import "net"

// limitUnsent can't be asked of other systems: their sockets take little by themselves.
func limitUnsent(net.Conn, int) {}
