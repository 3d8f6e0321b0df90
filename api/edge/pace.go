package edge

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"slices"
	"time"
)

// ExportTime bounds an answer that is sent while it is read, from its first row to its last: a store keeps what was
// replaced meanwhile for as long.
const ExportTime = 5 * time.Minute

// Who takes chunkBytes of an answer in that time gets it to its end, within ExportTime. A chunk has twice that time,
// because bytes leave in steps: those of the socket's queue here and of the client's there.
const (
	chunkBytes       = 64 << 10
	defaultChunkTime = 10 * time.Second
)

// writeGrace is what a client gets to take an answer without a body, which waits in the socket behind others of its own.
const writeGrace = 15 * time.Second

// maxUnsent bounds what a socket holds that is not on its way yet. Without it a socket takes megabytes at once and then
// nothing until a third of them have left, which looks like a client that has stopped.
const maxUnsent = 2 * chunkBytes

// Prompt sets up a connection of a server so that what it takes is what its client takes, as nearly as the system
// allows. It is called for each connection before the first byte is written, beneath TLS.
func Prompt(conn net.Conn) { limitUnsent(conn, maxUnsent) }

// pace gives clients time for what is written to them.
type pace struct {
	log       *slog.Logger
	chunkTime time.Duration // what a client has for each chunk of an answer
}

// write writes a part of an answer, chunk by chunk, until a time at the most.
func (p *pace) write(ctx context.Context, w http.ResponseWriter, body []byte, until time.Time) (n int, err error) {
	for chunk := range slices.Chunk(body, chunkBytes) {
		p.deadline(ctx, w, min(2*p.chunkTime, time.Until(until)))
		written, err := writeAtOnce(ctx, w, chunk)
		n += written
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return n, fmt.Errorf("the client takes less than %d bytes in %s: %w", chunkBytes, p.chunkTime, err)
		}
		if err != nil {
			return n, fmt.Errorf("the client has gone: %w", err)
		}
	}
	return n, nil
}

// deadline bounds the time that a client may take for what is written next.
func (p *pace) deadline(ctx context.Context, w http.ResponseWriter, within time.Duration) {
	if err := http.NewResponseController(w).SetWriteDeadline(time.Now().Add(within)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		p.log.LogAttrs(ctx, slog.LevelDebug, "no write deadline", slog.Any("error", err))
	}
}
