package edge

import (
	"net/http"
	"net/url"

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

// RouteOf returns the pattern of the route that answers a request; "": none.
func RouteOf(r *http.Request) string { return chi.RouteContext(r.Context()).RoutePattern() }
