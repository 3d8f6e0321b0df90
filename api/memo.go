package api

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/maypok86/otter/v2"

	"goldserve/api/respond"
)

// memo remembers which answer requests ask for, by their bytes: what was asked before needs no parsing, as long as the
// release is current. It holds no bodies.
type memo struct {
	tickets *otter.Cache[memoKey, *ticket]
}

// memoKey is what of a request chooses its answer.
type memoKey struct{ base, target, accept, acceptEncoding string }

const (
	memoBudget = 2 << 20 // bytes
	maxMemoKey = 2 << 10 // bytes: longer requests are parsed each time
)

func newMemo() (*memo, error) {
	tickets, err := otter.New(&otter.Options[memoKey, *ticket]{
		MaximumWeight: memoBudget,
		Weigher: func(k memoKey, t *ticket) uint32 {
			const overhead = 1 << 10
			size := len(k.target) + len(k.accept) + len(k.acceptEncoding) + len(t.headers.location) + overhead
			return uint32(min(size, memoBudget)) // #nosec G115 -- bounded
		},
	})
	return &memo{tickets}, err
}

// keyOf returns the key of a request, false for one that isn't remembered.
func keyOf(base string, r *http.Request) (key memoKey, ok bool) {
	key.base, key.target = base, r.RequestURI
	accept, encoding := r.Header["Accept"], r.Header["Accept-Encoding"]
	if len(accept) > 1 || len(encoding) > 1 {
		return key, false
	}
	if len(accept) == 1 {
		key.accept = accept[0]
	}
	if len(encoding) == 1 {
		key.acceptEncoding = encoding[0]
	}
	return key, len(key.target)+len(key.accept)+len(key.acceptEncoding) <= maxMemoKey
}

// keep remembers the ticket of a request for the current release.
func (m *memo) keep(base string, r *http.Request, t *ticket, doubtful bool) {
	if key, ok := keyOf(base, r); ok && !doubtful && t.headers.etag != nil && t.catalog.current() {
		m.tickets.Set(key, t)
	}
}

// find returns the ticket of a request, or nil.
func (m *memo) find(base string, r *http.Request) *ticket {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return nil
	}
	key, ok := keyOf(base, r)
	if !ok {
		return nil
	}
	t, _ := m.tickets.GetIfPresent(key)
	if t == nil || !t.catalog.current() {
		return nil
	}
	return t
}

// again answers a request that was asked before, of the release that is still current, from what is kept. It reports
// whether it did; if not, it has written nothing.
func (s *Server) again(w http.ResponseWriter, r *http.Request) bool {
	t := s.memo.find(s.baseOf(r), r)
	if t == nil {
		return false
	}
	start := time.Now()
	var e *respond.Body
	var a *respond.Answer
	has := respond.IfNoneMatch(r, t.headers.etag[0])
	if has != respond.TagMatch && (has != respond.AnyMatch || t.perhaps) {
		if a = s.kept.Get(t.key); a == nil || has == respond.AnyMatch {
			return false
		}
		if e = a.In(t.rep.encoding); e == nil {
			return false
		}
	}
	h := w.Header()
	id := requestID(r.Header)
	h["X-Request-Id"] = []string{id}
	secure(h)
	if _, crossOrigin := r.Header["Origin"]; crossOrigin {
		s.grant.ServeHTTP(w, r)
	}
	status, aborted, from, level := http.StatusNotModified, false, verdictNotModified, slog.LevelDebug
	out := &direct{ResponseWriter: w, server: s, ctx: r.Context()}
	if a == nil {
		s.writeDeadline(r.Context(), w, writeGrace)
		s.notModified(w, t, start)
	} else {
		status, from = http.StatusOK, verdictHit
		if r.Method == http.MethodHead {
			e = &respond.Body{Length: e.Length, Name: e.Name}
		}
		if err := s.send(out, t, a, e, verdictHit, start); err != nil {
			aborted, level = true, slog.LevelInfo
		}
	}
	attr, label := result(status, aborted)
	s.metrics.request(t.route, label, time.Since(start))
	s.metrics.answer(from)
	if s.log.Enabled(r.Context(), level) {
		s.log.LogAttrs(
			r.Context(), level, "request",
			slog.String("method", r.Method), slog.String("path", r.URL.Path), slog.String("query", r.URL.RawQuery),
			attr, slog.Int("bytes", out.bytes), slog.Duration("duration", time.Since(start)),
			slog.String("request_id", id), slog.String("remote", r.RemoteAddr), slog.String("release", t.catalog.tag[0]), slog.String("cache", string(verdictHit)),
		)
	}
	return true
}

// direct gives the client of a kept answer time for it.
type direct struct {
	http.ResponseWriter
	server *Server
	ctx    context.Context
	bytes  int
}

func (d *direct) Write(p []byte) (n int, err error) {
	n, err = d.server.write(d.ctx, d.ResponseWriter, p, time.Now().Add(exportTime))
	d.bytes += n
	return n, err
}
