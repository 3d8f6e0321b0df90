package respond

import (
	"net/http"
	"time"
)

// Again answers a request that was asked before, of the release that is still current, from the cache. It reports whether
// it did; if not, it has written nothing.
func (s *Responder) Again(w http.ResponseWriter, r *http.Request) bool {
	h := s.requests.find(s.edge.Base(r), r)
	if h == nil {
		return false
	}
	start := time.Now()
	var e *encoded
	var a *answer
	has := IfNoneMatch(r, h.headers.etag[0])
	if has != TagMatch && (has != AnyMatch || h.mayBeMissing) {
		if a = s.Cache.get(h.key); a == nil || has == AnyMatch {
			return false
		}
		if e = a.in(h.form.Encoding); e == nil {
			return false
		}
	}
	out, from := s.edge.Begin(w, r), NotModified
	if a == nil {
		notModified(out, h, start)
	} else {
		from = Hit
		if r.Method == http.MethodHead {
			e = &encoded{length: e.length, name: e.name}
		}
		s.send(out, h, a, e, Hit, start)
	}
	out.End(start, h.route, h.release.Tag[0])
	s.answered(from)
	return true
}
