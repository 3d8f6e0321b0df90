package edge

import (
	"context"
	"fmt"
	"net/http"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/go-chi/chi/v5"

	"goldserve/gold"
	"goldserve/gold/query"
	"goldserve/gold/query/param"
)

// methods lets GET pass, and HEAD as a GET without a body; and POST alone where a body asks a question, which stores nothing.
// Routing is by the escaped path, so that a key may hold %2F.
func (e *Edge) methods(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		method, allowed := http.MethodGet, "GET, HEAD, OPTIONS"
		asks := isQuery(r.URL.EscapedPath())
		if asks {
			method, allowed = http.MethodPost, "POST, OPTIONS"
		}
		switch {
		case r.Method == method, r.Method == http.MethodHead && !asks:
			route := chi.RouteContext(r.Context())
			route.RouteMethod = method
			r = escaped(r)
			route.RoutePath = r.URL.EscapedPath()
			next.ServeHTTP(w, r)
		case r.Method == http.MethodOptions:
			w.Header().Set("Allow", allowed)
			w.Header().Set("Cache-Control", "no-store")
			w.WriteHeader(http.StatusNoContent)
		default:
			w.Header().Set("Allow", allowed)
			e.Fail(w, r, gold.Errorf(gold.Invalid, gold.CodeMethodNotAllowed, "this API is read only: use %s", allowed))
		}
	})
}

// escaped returns the request with every byte of its path escaped that must be. Where one isn't, as curl sends a raw
// quote, net/url forgets how the path was escaped, and a key's %2F would become a slash.
func escaped(r *http.Request) *http.Request {
	if r.URL.RawPath == "" {
		return r
	}
	const unescaped = "-._~!$&'()*+,;=:@/%"
	var path strings.Builder
	for _, c := range []byte(r.URL.RawPath) {
		if 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte(unescaped, c) >= 0 {
			path.WriteByte(c)
		} else {
			fmt.Fprintf(&path, "%%%02X", c)
		}
	}
	copied, target := *r, *r.URL
	target.RawPath = path.String()
	copied.URL = &target
	return &copied
}

// limits refuses URLs that are too long or whose path isn't text, and bodies but those of queries, which are bounded.
func (e *Edge) limits(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		length, limit := len(r.RequestURI), param.MaxURL
		if strings.HasPrefix(r.URL.RawQuery, "cursor=") || strings.Contains(r.URL.RawQuery, "&cursor=") {
			limit = param.MaxCursorURL
		}
		switch {
		case length > limit:
			e.Fail(w, r, gold.Errorf(gold.Invalid, gold.CodeURITooLong, "the URL has %d bytes; at most %d are allowed", length, limit))
			return
		case !utf8.ValidString(r.URL.Path) || strings.ContainsRune(r.URL.Path, 0):
			e.Fail(w, r, query.InvalidParameters([]gold.Problem{{Parameter: "path", Code: gold.CodeInvalidEncoding, Detail: "expected a path of valid UTF-8 without NUL"}}))
			return
		}
		if r.Body != nil {
			most := int64(0)
			if isQuery(r.URL.EscapedPath()) {
				most = param.MaxDocument
			}
			r.Body = http.MaxBytesReader(w, r.Body, most)
		}
		next.ServeHTTP(w, r)
	})
}

// deadline bounds the work for a request: resolving, the cursor's loop, encoding.
func (e *Edge) deadline(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), e.timeout)
		defer cancel()
		e.pace.deadline(ctx, w, e.timeout+writeGrace)
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// withoutSlash leads from a path with a slash at its end to the one without it. It leaves alone what could lead out of
// here: a browser takes //host/ for another server, and /\host/ too. The empty key of a row is no slash too many.
func (e *Edge) withoutSlash(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := r.URL.EscapedPath()
		target, slash := strings.CutSuffix(path, "/")
		if !slash || !leadsHere(target) || isRows(target) {
			next.ServeHTTP(w, r)
			return
		}
		Move(w, RelativeURL(e.Base(r)+target, r.URL.RawQuery))
	})
}

// leadsHere reports whether an escaped path begins with exactly one slash, however a browser may read it, and has no
// empty segment.
func leadsHere(path string) bool {
	first, absolute := strings.CutPrefix(path, "/")
	first = strings.ToLower(first[:min(3, len(first))])
	return absolute && first != "" && first != "%2f" && first != "%5c" && first[0] != '\\' && !strings.Contains(path+"/", "//")
}

// isRows reports whether a path is /datasets/{dataset}/rows, of a model or not.
func isRows(escaped string) bool { return matches(escaped, "/datasets/*/rows", "/m/*/datasets/*/rows") }

// isQuery reports whether a path is one where a body asks a question: /query, /datasets/{dataset}/query or /score, of a model or not.
func isQuery(escaped string) bool {
	return matches(strings.TrimSuffix(escaped, "/"), "/query", "/m/*/query", "/datasets/*/query", "/m/*/datasets/*/query", "/score", "/m/*/score")
}

func matches(escaped string, patterns ...string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		ok, err := path.Match(pattern, escaped)
		return ok && err == nil
	})
}
