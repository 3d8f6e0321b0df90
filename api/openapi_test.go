package api

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/go-chi/chi/v5"
)

// undescribed are routes that no client of the API calls.
var undescribed = []string{"/docs/{file}", "/swagger", "/redoc", "/favicon.ico", "/ui/*", modelPrefix + "/ui/*"}

// CheckRoutes compares the routes of a server with a description: each has the other, by the method GET. prefix is what
// stands before the described paths: "" for the bare ones.
func CheckRoutes(t *testing.T, s *Server, doc *openapi3.T, prefix string) {
	t.Helper()
	routes, _ := s.router().(chi.Routes)
	described := map[string]bool{}
	for path, item := range doc.Paths.Map() {
		method := http.MethodGet
		if item.Post != nil {
			method = http.MethodPost
		}
		if item.GetOperation(method) == nil || len(item.Operations()) != 1 {
			t.Errorf("%s: expected GET or POST alone", path)
		}
		own, ok := strings.CutPrefix(path, prefix)
		if !ok {
			t.Errorf("%s: expected it to start with %s", path, prefix)
		}
		var target strings.Builder
		for i, part := range strings.FieldsFunc(own, func(c rune) bool { return c == '{' || c == '}' }) {
			if strings.Contains(own, "{"+part+"}") {
				part = "x"
			}
			if i >= 0 {
				target.WriteString(part)
			}
		}
		rc := chi.NewRouteContext()
		request := prefix + target.String()
		if !routes.Match(rc, method, request) {
			t.Errorf("%s is described, and there is no route", path)
		}
		described[rc.RoutePattern()] = true
	}
	err := chi.Walk(routes, func(method, pattern string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		ofModel := strings.HasPrefix(pattern, modelPrefix)
		pattern = strings.TrimSuffix(pattern, suffixPattern) // short for format=, as the parameter says
		if ofModel == (prefix != "") && !slices.Contains(undescribed, pattern) && !described[pattern] {
			t.Errorf("%s %s is a route, and nothing describes it", method, pattern)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
