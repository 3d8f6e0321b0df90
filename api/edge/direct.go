package edge

import (
	"log/slog"
	"net/http"
	"time"
)

// Direct is the response to a request that takes the short way: no route is looked for and nothing is computed. It gives
// the client time for it.
type Direct struct {
	http.ResponseWriter
	edge    *Edge
	request *http.Request
	bytes   int
	status  uint16
	aborted bool
}

// Begin returns the response to a request that was asked before, with the headers that every answer has.
func (e *Edge) Begin(w http.ResponseWriter, r *http.Request) *Direct {
	d := &Direct{ResponseWriter: w, edge: e, request: r}
	h := w.Header()
	h["X-Request-Id"] = []string{requestID(r.Header)}
	secure(h)
	if _, crossOrigin := r.Header["Origin"]; crossOrigin {
		e.grant.ServeHTTP(w, r)
	}
	return d
}

// WriteHeader implements http.ResponseWriter.
func (d *Direct) WriteHeader(status int) {
	if d.status = uint16(status); status == http.StatusNotModified { // #nosec G115 -- three digits
		d.edge.pace.deadline(d.request.Context(), d.ResponseWriter, writeGrace)
	}
	d.ResponseWriter.WriteHeader(status)
}

func (d *Direct) Write(p []byte) (n int, err error) {
	n, err = d.edge.pace.write(d.request.Context(), d.ResponseWriter, p, time.Now().Add(ExportTime))
	d.bytes += n
	d.aborted = d.aborted || err != nil
	return n, err
}

// End counts the request, which began at start, and writes its log record.
func (d *Direct) End(start time.Time, route, release string) {
	r, log := d.request, d.edge.log
	attr, label := result(int(d.status), d.aborted)
	d.edge.counted(route, label, time.Since(start))
	level := slog.LevelDebug
	if d.aborted {
		level = slog.LevelInfo
	}
	if log.Enabled(r.Context(), level) {
		log.LogAttrs(
			r.Context(), level, "request",
			slog.String("method", r.Method), slog.String("path", r.URL.Path), slog.String("query", r.URL.RawQuery),
			attr, slog.Int("bytes", d.bytes), slog.Duration("duration", time.Since(start)),
			slog.String("request_id", d.Header().Get("X-Request-Id")), slog.String("remote", r.RemoteAddr), slog.String("release", release), slog.String("cache", "hit"),
		)
	}
}
