package edge

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/go-chi/httprate"

	"goldserve/gold"
)

// Middleware is what happens to every request that is routed, in its order.
func (e *Edge) Middleware() []func(http.Handler) http.Handler {
	return []func(http.Handler) http.Handler{e.observe, securityHeaders, e.origins.handler(), e.methods, e.limits, e.deadline, e.withoutSlash}
}

// Public returns the handler of clients' requests: next gets those that are addressed to this server and don't exceed
// their client's share, as if the client had connected itself and the server were at the root.
func (e *Edge) Public(next http.Handler) http.Handler {
	return e.CheckHosts(e.proxies.handler(e.limitRate(next)))
}

// Handle returns a handler of what answers a request, or returns the error to answer with, having written nothing.
func (e *Edge) Handle(answer func(w http.ResponseWriter, r *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := answer(w, r); err != nil {
			e.Fail(w, r, err)
		}
	}
}

// misdirected is the answer to a request that is addressed to another host. It names none: whoever sent it knows.
var misdirected = gold.Errorf(gold.Invalid, gold.CodeMisdirected, "this server is not known by the host that the request names; its operator says which those are")

// CheckHosts refuses requests that are addressed to other hosts than Config.AllowedHosts and loopback.
func (e *Edge) CheckHosts(next http.Handler) http.Handler {
	if e.hosts.any {
		return next
	}
	refuse := e.observe(securityHeaders(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := hostOf(r)
		if e.hosts.refused.first(host) {
			e.log.LogAttrs(r.Context(), slog.LevelWarn, "host refused", slog.String("host", host), slog.String("setting", "allowed-hosts"), slog.String("help", "allow "+host+" if the server is to be reached by that name"))
		}
		e.Fail(w, r, misdirected)
	})))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !e.hosts.allow(r, hostOf(r)) {
			refuse.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// limitRate refuses the requests of an address beyond so many a second. Addresses of one IPv6 network of 64 bits count as
// one.
func (e *Edge) limitRate(next http.Handler) http.Handler {
	if e.perSecond <= 0 {
		return next
	}
	limiter := httprate.NewRateLimiter(e.perSecond, time.Second, httprate.WithResponseHeaders(httprate.ResponseHeaders{}))
	refusal := &tooOften{gold.Errorf(gold.Overloaded, gold.CodeOverloaded, "more than %s a second come from your address; wait a second", gold.Counted(e.perSecond, "request"))}
	refuse := e.observe(securityHeaders(e.origins.handler()(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { e.Fail(w, r, refusal) }))))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		client, _ := parseAddress(r.RemoteAddr)
		if limiter.OnLimit(w, r, httprate.CanonicalizeIP(client.String())) {
			refuse.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}
