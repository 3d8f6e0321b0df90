package api

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/go-chi/chi/v5"
)

// route is one URL. Those of a model exist twice: bare, for the default model, and under /m/{model}.
type route struct {
	pattern string
	handle  handler
	model   bool
	table   bool   // it answers in every format, and a suffix chooses one: /monthly.csv
	doc     string // one line for the index; "": not listed there
}

// routes are all URLs. The last two follow from the contracts of the release that answers.
func (s *Server) routes() []route {
	return []route{
		{"/", s.handleIndex, true, false, "this index; the dashboard in a browser"},
		{"/health", s.handleHealth, true, false, "whether the model can be answered"},
		{"/livez", s.handleLive, false, false, "whether the process runs"},
		{"/readyz", s.handleReady, false, false, "for each dataset whether it can be answered, and why not"},
		{"/version", s.handleVersion, false, false, "name and version of the program"},
		{"/openapi.json", s.handleOpenAPI, true, false, "this API as OpenAPI 3.1"},
		{"/openapi.yaml", s.handleOpenAPIYAML, true, false, "the same as YAML"},
		{"/docs", s.handleDocs, false, false, "the same in a browser, to try"},
		{"/swagger", s.handleMovedDocs, false, false, ""},
		{"/redoc", s.handleMovedDocs, false, false, ""},
		{"/favicon.ico", s.handleIcon, false, false, ""},
		{"/docs/{file}", s.handleDocsFile, false, false, ""},
		{"/events", s.handleEvents, true, false, "a stream of events, one for each release that becomes current"},
		{"/problems", s.handleProblems, false, false, "every code of an error"},
		{"/problems/{code}", s.handleProblemPage, false, false, "what an error's code means, and what to do"},
		{"/dashboard", s.handleDashboard, true, false, "what the dashboard shows, and where"},
		{"/ui", s.handleUI, true, false, "the dashboard, in a browser"},
		{"/ui/*", s.handleUI, true, false, ""},
		{"/kpis", s.handleKPIs, true, false, "the model's key figures"},
		{"/releases", s.handleReleases, true, false, "releases, newest first"},
		{"/releases/current", s.handleCurrentRelease, true, false, "the current release with its datasets and quality results"},
		{"/releases/{release}", s.handleRelease, true, false, "one release by number"},
		{"/datasets", s.handleDatasets, true, false, "datasets with their rows"},
		{"/datasets/{dataset}", s.handleDataset, true, false, "one dataset: fields, filters, key, metrics"},
		{"/datasets/{dataset}/schema", s.handleSchema, true, false, "JSON Schema of one row"},
		{"/datasets/{dataset}/quality", s.handleQuality, true, false, "what became of the contract's rules"},
		{"/datasets/{dataset}/rows", s.handleRows, true, true, "rows, with limit, sort, fields and filters"},
		{"/datasets/{dataset}/rows/{key}", s.handleRow, true, false, "one row by its key"},
		{"/datasets/{dataset}/aggregate", s.handleAggregate, true, true, "groups with measures or metrics of each"},
		{"/datasets/{dataset}/values/{field}", s.handleValues, true, true, "distinct values of a field with their numbers of rows"},
		{"/datasets/{dataset}/concentration/{field}", s.handleConcentration, true, true, "how much of a measure the largest groups have"},
		{"/{endpoint}", s.handleEndpoint, true, true, ""},
		{"/{endpoint}/{key}", s.handleEndpointRow, true, false, ""},
	}
}

const modelPrefix = "/m/{model}"

// suffixPattern is the end of a table's URL that names a format.
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
	if r.table {
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
