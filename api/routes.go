package api

import (
	"net/http"
	"strings"

	"github.com/go-chi/chi/v5"
)

// route is a URL.
type route struct {
	method  string
	pattern string
	handle  handler
	model   bool // it exists twice: bare, for the default model, and under /m/{model}
	formats bool // a suffix chooses the form of its answer: /monthly.csv
}

// routes returns all URLs: the table's, and those that no client of the API calls, which nothing describes.
func (s *Server) routes() []route {
	routes := []route{
		{http.MethodGet, "/docs/{file}", s.docs.handleDocsFile, false, false},
		{http.MethodGet, "/favicon.ico", s.handleIcon, false, false},
		{http.MethodGet, "/redoc", s.handleMovedDocs, false, false},
		{http.MethodGet, "/swagger", s.handleMovedDocs, false, false},
		{http.MethodGet, "/ui/*", s.handleUI, true, false},
	}
	for i := range s.operations {
		o := &s.operations[i]
		routes = append(routes, route{o.Method(), o.Path, o.handle, !o.Shared, o.Tabular() && o.Asked == ""})
	}
	return routes
}

const modelPrefix = "/m/{model}"

// suffixPattern is the end of a URL that names a format.
var suffixPattern = ".{format:" + strings.Join(formatNames(), "|") + "}"

// router builds the handler: what happens to every request, then the routes.
func (s *Server) router() http.Handler {
	r := chi.NewRouter()
	r.Use(s.edge.Middleware()...)
	r.NotFound(s.edge.Handle(s.handleDeeper))
	for _, route := range s.routes() {
		for _, pattern := range route.patterns() {
			r.Method(route.method, pattern, s.edge.Handle(route.handle))
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
