package api

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/go-chi/chi/v5"
)

// route is a URL.
type route struct {
	pattern string
	handle  handler
	model   bool // it exists twice: bare, for the default model, and under /m/{model}
	formats bool // a suffix chooses the form of its answer: /monthly.csv
}

// routes returns all URLs: the table's, and those that no client of the API calls, which nothing describes.
func (s *Server) routes() []route {
	routes := []route{
		{"/docs/{file}", s.handleDocsFile, false, false},
		{"/favicon.ico", s.handleIcon, false, false},
		{"/redoc", s.handleMovedDocs, false, false},
		{"/swagger", s.handleMovedDocs, false, false},
		{"/ui/*", s.handleUI, true, false},
	}
	for i := range s.operations {
		o := &s.operations[i]
		routes = append(routes, route{o.Path, o.handle, !o.Shared, o.Tabular()})
	}
	return routes
}

const modelPrefix = "/m/{model}"

// suffixPattern is the end of a URL that names a format.
var suffixPattern = ".{format:" + strings.Join(formatNames(), "|") + "}"

// router builds the handler: what happens to every request, then the routes.
func (s *Server) router() http.Handler {
	r := chi.NewRouter()
	r.Use(s.observe, securityHeaders, s.origins.handler(), methods(s.fail), limits(s.fail), s.deadline, s.withoutSlash)
	r.NotFound(s.adapt(handleNotFound))
	for _, route := range s.routes() {
		for _, pattern := range route.patterns() {
			r.Get(pattern, s.adapt(route.handle))
		}
	}
	return r
}

// patterns returns the URLs of a route.
func (r *route) patterns() []string {
	patterns := []string{r.pattern}
	if r.formats {
		patterns = append(patterns, r.pattern+suffixPattern)
	}
	if !r.model {
		return patterns
	}
	for _, pattern := range patterns {
		patterns = append(patterns, modelPrefix+strings.TrimSuffix(pattern, "/"))
	}
	return patterns
}

// handler answers a request, or returns the error to answer with, having written nothing.
type handler func(w http.ResponseWriter, r *http.Request) error

func (s *Server) adapt(h handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := h(w, r); err != nil {
			s.fail(w, r, err)
		}
	}
}

// pathParam returns one segment of the path, decoded once: %2F is part of a key. It reports whether the route has it.
func pathParam(r *http.Request, name string) (string, bool) {
	params := &chi.RouteContext(r.Context()).URLParams
	for i, key := range params.Keys {
		if key == name {
			// The middleware routes by the escaped path, whose escapes net/url has checked.
			value, err := url.PathUnescape(params.Values[i])
			return value, err == nil
		}
	}
	return "", false
}
