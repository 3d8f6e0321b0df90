package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"goldserve/api"
	"goldserve/gold"
)

func TestARealStoreGivesTheSameBytes(t *testing.T) {
	if *update {
		t.Skip("golden files come from the plain reader")
	}
	store := openStore(t)
	scenarios(t, "unpublished", newServer(t, store))
	publish(t, store, 1)
	publish(t, store, 2)
	h := newServer(t, store)
	for _, name := range scenarioNames {
		scenarios(t, name, h)
	}
	t.Run("pages", func(t *testing.T) { checkPages(t, h) })
}

func TestHintsAskForTheValuesOfAFieldOnce(t *testing.T) {
	reader := newMemory(2)
	h := newServer(t, reader)
	for i, want := range []int64{2, 3, 4} {
		ask(h, fmt.Sprintf("GET /par_pays?pays=france&limit=%d", i+1))
		if n := reader.asked.Load(); n != want {
			t.Errorf("%d questions after %d requests, want %d", n, i+1, want)
		}
	}
	reader.fail = func(method string) error {
		if method == "Aggregate" {
			return gold.Errorf(gold.Unavailable, gold.CodeStoreUnavailable, "down")
		}
		return nil
	}
	if w := ask(h, "GET /par_pays?release=1&pays=france"); w.Code != http.StatusOK || strings.Contains(w.Body.String(), "hints") {
		t.Errorf("an answer without its hints: %d %s", w.Code, w.Body)
	}
}

func TestARequestNeverReadsTheCurrentRelease(t *testing.T) {
	reader := newMemory(2)
	h := newServer(t, reader)
	for range 5 {
		for _, route := range append(dataRoutes, otherRoutes...) {
			if w := ask(h, "GET "+route); w.Code != http.StatusOK {
				t.Errorf("%s: %d %s", route, w.Code, w.Body)
			}
		}
		ask(h, "GET /par_pays?release=2")
	}
	if n := reader.resolved.Load(); n != 1 {
		t.Errorf("the release was read %d times, want once", n)
	}
}

func TestTheLastReleaseSeenIsServedWhileTheStoreIsDown(t *testing.T) {
	reader := newSwitched(newMemory(0))
	var log bytes.Buffer
	s, err := api.New(api.Config{Reader: reader, Models: []gold.Model{shop()}, Poll: time.Millisecond, Logger: slog.New(slog.NewJSONHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	h := s.Handler()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); s.Watch(ctx) }()
	await(t, func() bool { return ask(h, "GET /par_pays").Code == http.StatusServiceUnavailable })
	published := newMemory(1)
	reader.set(published)
	await(t, func() bool { return ask(h, "GET /par_pays").Code == http.StatusOK })
	down := newMemory(1)
	down.releases, down.fail = published.releases, outage("Resolve")
	reader.set(down)
	await(t, func() bool { return ask(h, "GET /health").Code == http.StatusServiceUnavailable })
	if w := ask(h, "GET /par_pays"); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `"stale":true`) {
		t.Errorf("answered %d while the release is known: %s", w.Code, w.Body)
	}
	if w := ask(h, "GET /readyz"); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `"degraded"`) || !strings.Contains(w.Body.String(), "store_unavailable") {
		t.Errorf("ready: %d %s", w.Code, w.Body)
	}
	if w := ask(h, "GET /livez"); w.Code != http.StatusOK {
		t.Errorf("not alive: %d", w.Code)
	}
	cancel()
	<-done
	if n := strings.Count(log.String(), "current release can't be read"); n != 1 {
		t.Errorf("an outage was logged %d times, want once", n)
	}
	if w := ask(h, "GET /readyz"); w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), "leaving") {
		t.Errorf("ready while leaving: %d %s", w.Code, w.Body)
	}
}

func TestNoStoreAtAll(t *testing.T) {
	reader := newMemory(0)
	reader.fail = func(string) error { return gold.Errorf(gold.Unavailable, gold.CodeStoreUnavailable, "down") }
	h := newServer(t, reader)
	for _, route := range append(dataRoutes, "/nope", "/releases", "/releases/current") {
		checkProblem(t, ask(h, "GET "+route), http.StatusServiceUnavailable, "store_unavailable")
	}
	if n := reader.resolved.Load(); n != 1 {
		t.Errorf("the store was asked %d times, want once: looking again is Watch's", n)
	}
}

func TestHeadIsGetWithoutABody(t *testing.T) {
	h := newServer(t, newMemory(2))
	for _, route := range append(append(dataRoutes, otherRoutes...), "/nope", "/rien", "/par_pays?limit=x") {
		get, head := ask(h, "GET "+route), ask(h, "HEAD "+route)
		if head.Code != get.Code || head.Body.Len() != 0 {
			t.Errorf("HEAD %s: %d with %d bytes, GET: %d", route, head.Code, head.Body.Len(), get.Code)
		}
		for _, name := range append(shownHeaders, "Server-Timing") {
			if name != "Server-Timing" && head.Header().Get(name) != get.Header().Get(name) || (head.Header().Get(name) == "") != (get.Header().Get(name) == "") {
				t.Errorf("%s: %s is %q for HEAD, %q for GET", route, name, head.Header().Get(name), get.Header().Get(name))
			}
		}
	}
}

func TestHeadersOfEveryAnswer(t *testing.T) {
	h := newServer(t, newMemory(2))
	for _, lines := range []string{"GET /par_pays", "GET /nope", "POST /", "GET /livez", "OPTIONS /par_pays", "GET /par_pays?x=1"} {
		w := ask(h, lines)
		for name, want := range map[string]string{
			"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'", "X-Content-Type-Options": "nosniff",
			"Referrer-Policy": "no-referrer", "Cross-Origin-Resource-Policy": "same-origin",
		} {
			if got := w.Header().Get(name); got != want {
				t.Errorf("%s: %s is %q", lines, name, got)
			}
		}
		if w.Header().Get("Cache-Control") == "" {
			t.Errorf("%s: no Cache-Control", lines)
		}
	}
	w := ask(h, "GET /scores")
	if got := w.Header().Get("Server-Timing"); !regexp.MustCompile(`^cache;desc=miss, db;dur=[0-9.]+, enc;dur=[0-9.]+, total;dur=[0-9.]+$`).MatchString(got) {
		t.Errorf("Server-Timing is %q", got)
	}
}

func TestRequestIDs(t *testing.T) {
	h := newServer(t, newMemory(2))
	if got := ask(h, "GET /livez\nX-Request-Id: abc-123").Header().Get("X-Request-Id"); got != "abc-123" {
		t.Errorf("a harmless request id became %q", got)
	}
	seen := map[string]bool{}
	for _, bad := range []string{"", "<script>", strings.Repeat("a", 65), strings.Repeat("a", 10<<10), "a b", "é"} {
		got := ask(h, "GET /livez\nX-Request-Id: "+bad).Header().Get("X-Request-Id")
		if !regexp.MustCompile(`^[A-Za-z0-9-]{1,64}$`).MatchString(got) || seen[got] {
			t.Errorf("request id %.10q became %q", bad, got)
		}
		seen[got] = true
	}
}

func TestOrigins(t *testing.T) {
	for name, c := range map[string]struct {
		config  api.Config
		allowed []string
		refused []string
	}{
		"loopback": {
			api.Config{Loopback: true},
			[]string{"http://localhost:5173", "https://127.0.0.1", "http://[::1]:3000"},
			[]string{"https://evil.com", "null", "http://localhost.evil.com", "http://127.0.0.1.evil.com", "http://evil.com#localhost", "ftp://localhost", "http://user@localhost", "http://localhost/x"},
		},
		"elsewhere": {api.Config{}, nil, []string{"http://localhost:5173", "https://evil.com", "null"}},
		"given": {
			api.Config{Loopback: true, CORSOrigins: []string{"https://good.com"}},
			[]string{"https://good.com"},
			[]string{"http://localhost:5173", "https://good.com.evil.com", "http://good.com", "https://good.com:8443"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			c.config.Reader, c.config.Models = newMemory(2), []gold.Model{shop()}
			c.config.Logger = slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelWarn}))
			s, err := api.New(c.config)
			if err != nil {
				t.Fatal(err)
			}
			for _, origin := range c.allowed {
				w := ask(s.Handler(), "GET /par_pays\nOrigin: "+origin)
				if w.Header().Get("Access-Control-Allow-Origin") != origin || w.Header().Get("Timing-Allow-Origin") != origin || !strings.Contains(w.Header().Get("Access-Control-Expose-Headers"), "Goldserve-Release") {
					t.Errorf("%s isn't granted: %v", origin, w.Header())
				}
				w = ask(s.Handler(), "OPTIONS /par_pays\nOrigin: "+origin+"\nAccess-Control-Request-Method: GET")
				if w.Code != http.StatusNoContent || w.Header().Get("Access-Control-Allow-Origin") != origin || w.Header().Get("Access-Control-Max-Age") != "7200" {
					t.Errorf("preflight of %s: %d %v", origin, w.Code, w.Header())
				}
				if w = ask(s.Handler(), "GET /nope\nOrigin: "+origin); w.Header().Get("Access-Control-Allow-Origin") != origin {
					t.Errorf("%s can't read errors", origin)
				}
			}
			for range 2 {
				for _, origin := range c.refused {
					w := ask(s.Handler(), "GET /par_pays\nOrigin: "+origin)
					if w.Code != http.StatusOK || w.Header().Get("Access-Control-Allow-Origin") != "" || !strings.Contains(strings.Join(w.Header().Values("Vary"), ","), "Origin") {
						t.Errorf("%s: %d %v", origin, w.Code, w.Header())
					}
					w = ask(s.Handler(), "OPTIONS /par_pays\nOrigin: "+origin+"\nAccess-Control-Request-Method: DELETE")
					if w.Code != http.StatusNoContent || w.Header().Get("Access-Control-Allow-Methods") != "" {
						t.Errorf("preflight of %s: %d %v", origin, w.Code, w.Header())
					}
				}
			}
			if n := strings.Count(log.String(), "origin refused"); n != len(c.refused) || n > 0 && !strings.Contains(log.String(), `"setting":"cors-origins"`) {
				t.Errorf("%d records for %d refused origins: %s", n, len(c.refused), log.String())
			}
		})
	}
}

func TestAccept(t *testing.T) {
	h := newServer(t, newMemory(2))
	for accept, want := range map[string]int{
		"": 200, "*/*": 200, "application/json": 200, "application/*": 200, "text/html,application/xhtml+xml,*/*;q=0.8": 200,
		"application/json;q=0.1, text/csv": 200, "text/csv": 200, "*/*;q=0": 406, "application/json;q=0, */*": 200,
		"application/xml": 406, "junk": 406, "application/json; charset=utf-8": 200, strings.Repeat("a/b,", 2500): 406,
	} {
		if w := ask(h, "GET /par_pays\nAccept: "+accept); w.Code != want {
			t.Errorf("Accept %.40q: %d, want %d", accept, w.Code, want)
		}
	}
}

func TestSeveralModels(t *testing.T) {
	other := shop()
	other.Name = "other"
	config := api.Config{Reader: newMemory(2), Models: []gold.Model{shop(), other}}
	s, err := api.New(config)
	if err != nil {
		t.Fatal(err)
	}
	checkProblem(t, ask(s.Handler(), "GET /par_pays"), http.StatusNotFound, "unknown_model")
	if w := ask(s.Handler(), "GET /m/shop/par_pays"); w.Code != http.StatusOK {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := ask(s.Handler(), "GET /datasets"); w.Code != http.StatusNotFound {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	var index struct {
		Models []struct {
			Name      string
			Endpoints []struct{ URL string }
		}
	}
	if err := json.Unmarshal(ask(s.Handler(), "GET /").Body.Bytes(), &index); err != nil || len(index.Models) != 2 || !strings.HasPrefix(index.Models[1].Endpoints[0].URL, "/m/shop/") {
		t.Errorf("index: %v %+v", err, index)
	}
	config.DefaultModel = "shop"
	if s, err = api.New(config); err != nil {
		t.Fatal(err)
	}
	if w := ask(s.Handler(), "GET /par_pays"); w.Code != http.StatusOK {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	for what, bad := range map[string]api.Config{
		"no models":        {Reader: newMemory(1)},
		"unknown default":  {Reader: newMemory(1), Models: []gold.Model{shop()}, DefaultModel: "nope"},
		"twice":            {Reader: newMemory(1), Models: []gold.Model{shop(), shop()}},
		"a path as origin": {Reader: newMemory(1), Models: []gold.Model{shop()}, CORSOrigins: []string{"https://a.com/"}},
	} {
		if _, err := api.New(bad); gold.KindOf(err) != gold.Invalid {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestOverARealConnection(t *testing.T) {
	server := httptest.NewServer(newServer(t, newMemory(2)))
	defer server.Close()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodHead, server.URL+"/stock/%22Glass%2FShell%2C%20%22%22A%22%22%20+&%22,2011-01-26", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	response, err := server.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK || response.ContentLength <= 0 {
		t.Errorf("%d with %d bytes announced", response.StatusCode, response.ContentLength)
	}
}
