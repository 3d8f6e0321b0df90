package api

import (
	"net/http"
	"net/url"

	"github.com/go-chi/chi/v5"
)

// route is one URL. Those of a model exist twice: bare, for the default model, and under /m/{model}.
type route struct {
	pattern string
	handle  handler
	model   bool
	doc     string // one line for the index; "": not listed there
}

// routes are all URLs. The last two follow from the contracts of the release that answers.
func (s *Server) routes() []route {
	return []route{
		{"/", s.handleIndex, true, "this index"},
		{"/health", s.handleHealth, true, "whether the model can be answered"},
		{"/livez", s.handleLive, false, "whether the process runs"},
		{"/readyz", s.handleReady, false, "for each dataset whether it can be answered, and why not"},
		{"/version", s.handleVersion, false, "name and version of the program"},
		{"/kpis", s.handleKPIs, true, "the model's key figures"},
		{"/releases", s.handleReleases, true, "releases, newest first"},
		{"/releases/current", s.handleCurrentRelease, true, "the current release with its datasets and quality results"},
		{"/releases/{release}", s.handleRelease, true, "one release by number"},
		{"/datasets", s.handleDatasets, true, "datasets with their rows"},
		{"/datasets/{dataset}", s.handleDataset, true, "one dataset: fields, filters, key, metrics"},
		{"/datasets/{dataset}/schema", s.handleSchema, true, "JSON Schema of one row"},
		{"/datasets/{dataset}/quality", s.handleQuality, true, "what became of the contract's rules"},
		{"/datasets/{dataset}/rows", s.handleRows, true, "rows, with limit, sort, fields and filters"},
		{"/datasets/{dataset}/rows/{key}", s.handleRow, true, "one row by its key"},
		{"/datasets/{dataset}/aggregate", s.handleAggregate, true, "groups with measures or metrics of each"},
		{"/datasets/{dataset}/values/{field}", s.handleValues, true, "distinct values of a field with their numbers of rows"},
		{"/{endpoint}", s.handleEndpoint, true, ""},
		{"/{endpoint}/{key}", s.handleEndpointRow, true, ""},
	}
}

const modelPrefix = "/m/{model}"

// router builds the handler: what happens to every request, then the routes.
func (s *Server) router() http.Handler {
	r := chi.NewRouter()
	r.Use(s.observe, securityHeaders, s.origins.handler(), methods(s.fail), limits(s.fail), s.deadline)
	r.NotFound(s.adapt(handleNotFound))
	for _, route := range s.routes() {
		r.Get(route.pattern, s.adapt(route.handle))
		if route.model {
			pattern := modelPrefix
			if route.pattern != "/" {
				pattern += route.pattern
			}
			r.Get(pattern, s.adapt(route.handle))
		}
	}
	return r
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
