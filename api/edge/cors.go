package edge

import (
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/go-chi/cors"

	"goldserve/gold"
)

// origins decides which web pages may read answers.
type origins struct {
	allowed  []string
	all      bool
	loopback bool // pages of this machine
	refused  *refusals
	log      *slog.Logger
}

// parseOrigins checks the configured origins: scheme and host as browsers send them, or "*".
func parseOrigins(allowed []string, loopback bool, log *slog.Logger) (origins, error) {
	o := origins{
		loopback: loopback && len(allowed) == 0,
		refused:  &refusals{},
		log:      log,
	}
	for _, origin := range allowed {
		if origin == "*" {
			o.all = true
			continue
		}
		u, err := url.Parse(origin)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.Scheme+"://"+u.Host != origin {
			return o, gold.Errorf(gold.Invalid, gold.CodeInvalidParameter, "the CORS origin %q can't be used: expected * or an origin such as https://shop.example.com:8443, without a path", origin)
		}
		o.allowed = append(o.allowed, strings.ToLower(origin))
	}
	return o, nil
}

// handler returns the middleware that answers preflights and grants origins.
func (o origins) handler() func(http.Handler) http.Handler {
	options := cors.Options{
		AllowedMethods:     []string{http.MethodGet, http.MethodHead, http.MethodPost},
		AllowedHeaders:     []string{"Accept", "Authorization", "Content-Type", "If-None-Match", "Last-Event-ID", "X-Request-Id"},
		ExposedHeaders:     []string{"ETag", "Link", "Server-Timing", "Retry-After", "Content-Disposition", "Content-Location", "Goldserve-Release", "Goldserve-As-Of", "X-Request-Id"},
		MaxAge:             7200, // the most that Chromium keeps
		OptionsPassthrough: true,
	}
	if o.all {
		options.AllowedOrigins = []string{"*"}
	} else {
		options.AllowOriginFunc = o.allow
	}
	grant := cors.Handler(options)
	return func(next http.Handler) http.Handler {
		return grant(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			// Who may read an answer may read its timings.
			if origin := w.Header().Get("Access-Control-Allow-Origin"); origin != "" {
				w.Header().Set("Timing-Allow-Origin", origin)
			}
			next.ServeHTTP(w, r)
		}))
	}
}

func (o origins) allow(r *http.Request, origin string) bool {
	if slices.Contains(o.allowed, strings.ToLower(origin)) || o.loopback && isLoopback(origin) {
		return true
	}
	if o.refused.first(origin) {
		o.log.LogAttrs(r.Context(), slog.LevelWarn, "origin refused", slog.String("origin", origin), slog.String("setting", "cors-origins"), slog.String("help", "allow "+origin+" if its pages may read answers"))
	}
	return false
}

func isLoopback(origin string) bool {
	u, err := url.Parse(origin)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Scheme+"://"+u.Host != origin {
		return false
	}
	switch u.Hostname() {
	case "localhost", "127.0.0.1", "::1":
		return true
	default:
		return false
	}
}
