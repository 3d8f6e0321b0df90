package edge

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"

	"goldserve/gold"
	"goldserve/gold/query/param"
)

// served returns an edge in front of handlers, what it counts, and its log.
func served(t *testing.T, c Config, handlers map[string]func(http.ResponseWriter, *http.Request) error) (h http.Handler, counted *[]string, log *bytes.Buffer) {
	t.Helper()
	counted, log = new([]string), &bytes.Buffer{}
	c.Logger, c.Timeout = slog.New(slog.NewJSONHandler(log, nil)), time.Minute
	c.Counted = func(route, result string, _ time.Duration) { *counted = append(*counted, route+" "+result) }
	e, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	router := chi.NewRouter()
	router.Use(e.Middleware()...)
	router.NotFound(e.Handle(func(_ http.ResponseWriter, r *http.Request) error { return NothingAt(r) }))
	for pattern, handle := range handlers {
		router.Get(pattern, e.Handle(handle))
	}
	return e.Public(router), counted, log
}

// TestEveryRequestIsAnsweredCountedAndLogged goes through what a handler can do, without models or stores.
func TestEveryRequestIsAnsweredCountedAndLogged(t *testing.T) {
	h, counted, log := served(t, Config{BasePath: "/gold", AllowedHosts: []string{"gold.example.com"}}, map[string]func(http.ResponseWriter, *http.Request) error{
		"/key/{key}": func(w http.ResponseWriter, r *http.Request) error {
			key, _ := PathParam(r, "key")
			return SendJSON(w, http.StatusOK, key)
		},
		"/error": func(http.ResponseWriter, *http.Request) error {
			return gold.Errorf(gold.Overloaded, gold.CodeOverloaded, "too much")
		},
		"/secret": func(http.ResponseWriter, *http.Request) error { return errors.New("password") },
		"/panic":  func(http.ResponseWriter, *http.Request) error { panic("password") },
	})
	for _, c := range []struct {
		method, url, host string
		status            int
		body, counted     string
	}{
		{"GET", "/gold/key/a%2Fb%20c", "", 200, `"a/b c"`, "/key/{key} 200"},
		{"GET", "/key/x", "gold.example.com", 200, `"x"`, "/key/{key} 200"},
		{"HEAD", "/key/x", "", 200, "", "/key/{key} 200"},
		{"GET", "/key/x/", "", 308, "", " 308"},
		{"POST", "/key/x", "", 405, "method_not_allowed", " 405"},
		{"GET", "/key/x", "evil.example", 421, "misdirected_request", " 421"},
		{"GET", "/none", "", 404, "not_found", " 404"},
		{"GET", "/error", "", 503, "overloaded", "/error 503"},
		{"GET", "/secret", "", 500, "internal", "/secret 500"},
		{"GET", "/panic", "", 500, "internal", "/panic 500"},
		{"GET", "/key/" + strings.Repeat("x", param.MaxURL), "", 414, "uri_too_long", " 414"},
	} {
		name := fmt.Sprintf("%s %.20s for %q", c.method, c.url, c.host)
		*counted = nil
		log.Reset()
		r := httptest.NewRequest(c.method, c.url, http.NoBody)
		r.Host = c.host
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != c.status || !strings.Contains(w.Body.String(), c.body) || strings.Contains(w.Body.String(), "password") {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
		if w.Code >= http.StatusBadRequest {
			var p Problem
			if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || p.Status != w.Code || p.RequestID != w.Header().Get("X-Request-Id") || !strings.HasPrefix(p.Type, "/gold/problems/") {
				t.Errorf("%s: %+v %v", name, p, err)
			}
		}
		if !slices.Equal(*counted, []string{c.counted}) {
			t.Errorf("%s is counted as %q, want %q", name, *counted, c.counted)
		}
		if w.Header().Get("X-Content-Type-Options") != "nosniff" || w.Header().Get("X-Request-Id") == "" {
			t.Errorf("%s: %v", name, w.Header())
		}
	}
	if text := log.String(); !strings.Contains(text, "414") {
		t.Errorf("the last request has no record: %s", text)
	}
}
