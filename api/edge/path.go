package edge

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/go-chi/chi/v5"
)

// PathParam returns one segment of the path, decoded once: %2F is part of a key. It reports whether the route has it.
func PathParam(r *http.Request, name string) (string, bool) {
	params := &chi.RouteContext(r.Context()).URLParams
	for i, key := range params.Keys {
		if key == name {
			// Requests are routed by the escaped path, whose escapes net/url has checked.
			value, err := url.PathUnescape(params.Values[i])
			return value, err == nil
		}
	}
	return "", false
}

// Param is a part of a path, decoded.
type Param struct{ Name, Value string }

// Reroute makes another route that of a request, with these parameters.
func Reroute(r *http.Request, pattern string, params ...Param) {
	c := chi.RouteContext(r.Context())
	c.RoutePatterns, c.URLParams = []string{pattern}, chi.RouteParams{}
	for _, p := range params {
		c.URLParams.Add(p.Name, url.PathEscape(p.Value))
	}
}

// Segments returns the segments of a request's path, each decoded once.
func Segments(r *http.Request) []string {
	segments := strings.Split(strings.Trim(r.URL.EscapedPath(), "/"), "/")
	for i, s := range segments {
		segments[i], _ = url.PathUnescape(s) // net/url has checked the escapes
	}
	return segments
}

// RouteOf returns the pattern of the route that answers a request; "": none.
func RouteOf(r *http.Request) string { return chi.RouteContext(r.Context()).RoutePattern() }
