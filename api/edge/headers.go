package edge

import (
	"crypto/rand"
	"net/http"
	"strings"
)

func securityHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		secure(w.Header())
		next.ServeHTTP(w, r)
	})
}

// The values of the headers of every answer, as http.Header holds them.
var (
	contentSecurityPolicy     = []string{"default-src 'none'; frame-ancestors 'none'"}
	contentTypeOptions        = []string{"nosniff"}
	referrerPolicy            = []string{"no-referrer"}
	crossOriginResourcePolicy = []string{"same-origin"}
	acceptRanges              = []string{"none"}
)

func secure(h http.Header) {
	h["Content-Security-Policy"] = contentSecurityPolicy
	h["X-Content-Type-Options"] = contentTypeOptions
	h["Referrer-Policy"] = referrerPolicy
	h["Cross-Origin-Resource-Policy"] = crossOriginResourcePolicy
	h["Accept-Ranges"] = acceptRanges
}

// requestID returns the client's request id where it is harmless, else a new one.
func requestID(h http.Header) string {
	given := h.Get("X-Request-Id")
	harmless := given != "" && len(given) <= 64 && strings.IndexFunc(given, func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-'
	}) < 0
	if harmless {
		return given
	}
	return rand.Text()
}
