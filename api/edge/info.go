package edge

import (
	"context"
	"net/http"
	"time"
)

// Info is what is known of one request while it is answered.
type Info struct {
	ID        string
	Start     time.Time
	Release   string          // "shop/12", once resolved
	Err       error           // that was answered
	Canceled  bool            // the client has gone before its answer began
	Aborted   bool            // the answer was cut after its first bytes
	Refused   bool            // the client took no more, or too slowly
	Cached    bool            // the answer wasn't computed for this request
	Client    context.Context // ends when the client goes, and not before
	InProcess bool            // the program's own request: nobody is counted
	Stream    bool            // a stream that ends with its client
	failed    func(error)     // gets the error that is answered; may be nil
}

type infoKey struct{}

// InfoOf returns what is known of a request.
func InfoOf(r *http.Request) *Info {
	info, ok := r.Context().Value(infoKey{}).(*Info)
	if !ok {
		info = &Info{Start: time.Now()}
	}
	return info
}

// InProcess returns the context of a request that the program makes itself; failed gets the error that is answered.
func InProcess(ctx context.Context, failed func(error)) context.Context {
	return context.WithValue(ctx, infoKey{}, &Info{InProcess: true, failed: failed})
}
