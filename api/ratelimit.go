package api

import (
	"net/http"
	"time"

	"github.com/go-chi/httprate"

	"goldserve/gold"
)

// tooOften is the refusal of one address that asks more than its share: overloaded as 429.
type tooOften struct{ err *gold.Error }

func (e *tooOften) Error() string { return e.err.Error() }
func (e *tooOften) Unwrap() error { return e.err }

// limitRate refuses the requests of an address beyond so many a second; 0: none. Addresses of one IPv6 network of 64
// bits count as one.
func (s *Server) limitRate(perSecond int, next http.Handler) http.Handler {
	if perSecond <= 0 {
		return next
	}
	limiter := httprate.NewRateLimiter(perSecond, time.Second, httprate.WithResponseHeaders(httprate.ResponseHeaders{}))
	refusal := &tooOften{gold.Errorf(gold.Overloaded, gold.CodeOverloaded, "more than %d requests a second come from your address; wait a second", perSecond)}
	refuse := s.observe(securityHeaders(s.origins.handler()(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.fail(w, r, refusal) }))))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		client, _ := parseAddress(r.RemoteAddr)
		if limiter.OnLimit(w, r, httprate.CanonicalizeIP(client.String())) {
			refuse.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}
