package respond

import (
	"net/http"
	"time"

	"goldserve/api/edge"
	"goldserve/gold"
	"goldserve/gold/format"
	"goldserve/gold/query"
	"goldserve/gold/query/body"
)

// CacheStatus says where an answer came from, as Server-Timing has it.
type CacheStatus string

// Where answers come from.
const (
	Hit   CacheStatus = "hit"
	Miss  CacheStatus = "miss"
	Stale CacheStatus = "stale" // it was right when the store was last seen

	NotModified CacheStatus = "not_modified" // the client has it
)

// notModified says that the client has the answer.
func notModified(w http.ResponseWriter, h *head, start time.Time) {
	to := w.Header()
	h.describe(to)
	to["Server-Timing"] = []string{serverTiming(Hit, "", 0, 0, time.Since(start))}
	w.WriteHeader(http.StatusNotModified)
}

// send sends an answer. That a client doesn't take it is known at the edge.
func (s *Responder) send(w http.ResponseWriter, h *head, a *answer, e *encoded, from CacheStatus, start time.Time) {
	to := w.Header()
	h.describe(to)
	h.describeBody(to, a.cut)
	to["Content-Length"] = e.length
	if e.name != nil {
		to["Content-Encoding"] = e.name
	}
	if a.link != nil {
		to["Link"] = a.link
	}
	query, work, answeredBy := a.query, a.work, a.answeredBy
	if from == Hit {
		query, work, answeredBy = 0, 0, ""
	}
	to["Server-Timing"] = []string{serverTiming(from, answeredBy, query, work, time.Since(start))}
	defer s.admission.send(e)()
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(e.bytes) // #nosec G705 -- gold/format and encoding/json escape what clients sent, and no body is HTML
}

// sendStale sends an answer that was right when the store was last seen, and says so. It has no tag: once the store is
// back, the client is to have the answer without the mark.
func sendStale(w http.ResponseWriter, r *http.Request, p *Pending, h *head, a *answer) {
	info := edge.InfoOf(r)
	body := a.plain.bytes
	if a.closed {
		const end, mark = "}}\n", `,"stale":true}}` + "\n"
		body = append(append(make([]byte, 0, len(body)+len(mark)), body[:len(body)-len(end)]...), mark...)
	}
	to := w.Header()
	to["Vary"] = edge.Vary
	to["Content-Type"] = h.headers.contentType
	to.Set("Cache-Control", "no-store")
	to.Set("Server-Timing", serverTiming(Stale, "", 0, 0, time.Since(info.Start)))
	if a.link != nil {
		to["Link"] = a.link
	}
	if a.release != nil {
		info.Release = query.ReleaseTag(a.release)
		to.Set("Goldserve-Release", info.Release)
		to.Set("Goldserve-As-Of", gold.Instant(a.release.AsOf))
		to.Set("Content-Location", p.Location(a.release.Number))
	}
	edge.Send(w, http.StatusOK, body)
}

// SendUncached sends a JSON body, all but its meta, of what isn't read from one release.
func (s *Responder) SendUncached(w http.ResponseWriter, r *http.Request, text []byte, m *body.Meta) {
	start := edge.InfoOf(r).Start
	text = m.Close(text, start, nil)
	to := w.Header()
	to.Set("Content-Type", edge.TypeJSON)
	to.Set("Cache-Control", cacheControl(false, s.maxAge))
	to.Set("Server-Timing", serverTiming(Miss, m.AnsweredBy, m.Took, m.Encode, time.Since(start)))
	if m.Next != "" {
		to.Set("Link", edge.Link(m.Next, "next"))
	}
	edge.Send(w, http.StatusOK, text)
}

// serverTiming says where a request's time went, in milliseconds, and what answered where it is not the dataset asked.
func serverTiming(from CacheStatus, answeredBy string, db, enc, total time.Duration) string {
	b := make([]byte, 0, 120)
	b = append(append(b, "cache;desc="...), from...)
	for _, part := range []struct {
		name, what string
		took       time.Duration
	}{{"db", answeredBy, db}, {"enc", "", enc}, {"total", "", total}} {
		b = append(append(b, ", "...), part.name...)
		if part.what != "" {
			b = append(append(append(b, `;desc="`...), part.what...), '"')
		}
		b = format.AppendScaled(append(b, ";dur="...), part.took.Microseconds(), 3)
	}
	return string(b)
}
