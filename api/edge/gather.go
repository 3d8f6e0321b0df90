package edge

import (
	"cmp"
	"context"
	"net/http"
)

// Gatherer is a connection that can hold back what is written to it. What net/http writes in two pieces, since an answer
// with its head is longer than its buffer, leaves in one then, and costs the system and the client half.
type Gatherer interface {
	// Hold holds back what is written from now on.
	Hold()
	// Send sends what is held back, and returns how many bytes of that could not be sent, and why.
	Send() (unsent int, err error)
}

type gathererKey struct{}

// WithGatherer returns the context of a connection's requests, for http.Server.ConnContext. One goroutine at a time
// writes to the connection: it is one of HTTP/1.
func WithGatherer(ctx context.Context, g Gatherer) context.Context {
	return context.WithValue(ctx, gathererKey{}, g)
}

// Shorter parts of an answer than leastGathered fit into net/http's buffer, and those longer than mostGathered take longer
// to be copied than to be sent in pieces.
const (
	leastGathered = 2 << 10
	mostGathered  = 32 << 10
)

// writeAtOnce writes a part of an answer, in one piece where its connection can do that.
func writeAtOnce(ctx context.Context, w http.ResponseWriter, p []byte) (n int, err error) {
	g, ok := ctx.Value(gathererKey{}).(Gatherer)
	if !ok || len(p) < leastGathered || len(p) > mostGathered {
		return w.Write(p)
	}
	g.Hold()
	n, err = w.Write(p)
	if err == nil {
		err = http.NewResponseController(w).Flush()
	}
	unsent, sendErr := g.Send()
	return max(0, n-unsent), cmp.Or(err, sendErr)
}
