package api

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"slices"
	"time"
)

// Who takes chunkBytes of an answer in chunkTime gets it to its end, within exportTime. A chunk has twice that time,
// because bytes leave in steps: those of the socket's queue here and of the client's there.
const (
	chunkBytes = 64 << 10
	chunkTime  = 10 * time.Second
)

// maxUnsent bounds what a socket holds that is not on its way yet. Without it a socket takes megabytes at once and then
// nothing until a third of them have left, which looks like a client that has stopped.
const maxUnsent = 2 * chunkBytes

// Prompt sets up a connection of a server so that what it takes is what its client takes, as nearly as the system
// allows. It is called for each connection before the first byte is written, beneath TLS.
func Prompt(conn net.Conn) { limitUnsent(conn, maxUnsent) }

// write writes a part of an answer, chunk by chunk, until a time at the most.
func (s *Server) write(ctx context.Context, w http.ResponseWriter, p []byte, until time.Time) (n int, err error) {
	for chunk := range slices.Chunk(p, chunkBytes) {
		s.writeDeadline(ctx, w, min(2*s.chunkTime, time.Until(until)))
		written, err := w.Write(chunk)
		n += written
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return n, fmt.Errorf("the client takes less than %d bytes in %s: %w", chunkBytes, s.chunkTime, err)
		}
		if err != nil {
			return n, fmt.Errorf("the client has gone: %w", err)
		}
	}
	return n, nil
}
