package api_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"goldserve/api"
	"goldserve/gold"
)

// through sends a request as a peer would.
func through(h http.Handler, peer, lines string) *httptest.ResponseRecorder {
	return ask(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.RemoteAddr = peer
		h.ServeHTTP(w, r)
	}), lines)
}

func TestOnlyTrustedProxiesNameTheClient(t *testing.T) { // H60
	for headers, want := range map[string]string{
		"":                                      "10.0.0.1:999",
		"X-Forwarded-For: 203.0.113.7":          "203.0.113.7",
		"X-Forwarded-For: 1.2.3.4, 203.0.113.7": "203.0.113.7",
		"X-Forwarded-For: 1.2.3.4, 203.0.113.7, 10.9.9.9":                                "203.0.113.7",
		"X-Forwarded-For: 203.0.113.7, junk, 10.9.9.9":                                   "10.9.9.9",
		"X-Forwarded-For: ::ffff:203.0.113.7":                                            "203.0.113.7",
		"X-Forwarded-For: [2001:db8::1]:4711":                                            "2001:db8::1",
		"X-Forwarded-For: ":                                                              "10.0.0.1:999",
		`Forwarded: for=1.2.3.4, For="[2001:db8::1]:4711";proto=https`:                   "2001:db8::1",
		`Forwarded: proto=https;for=203.0.113.7:80`:                                      "203.0.113.7",
		"Forwarded: for=unknown":                                                         "10.0.0.1:999",
		"Forwarded: for=1.2.3.4\nX-Forwarded-For: 203.0.113.7":                           "10.0.0.1:999",
		"Forwarded: for=203.0.113.7\nX-Forwarded-For: 203.0.113.7":                       "203.0.113.7",
		"X-Real-Ip: 1.2.3.4":                                                             "10.0.0.1:999",
		"X-Forwarded-For: " + strings.Repeat("1.1.1.1,", 1000) + "203.0.113.7, 10.0.0.2": "203.0.113.7",
	} {
		var log bytes.Buffer
		s := newConfigured(t, api.Config{Reader: newMemory(1), TrustedProxies: []string{"10.0.0.0/8", "::1"}, Logger: slog.New(slog.NewJSONHandler(&log, nil))})
		for peer, client := range map[string]string{"10.0.0.1:999": want, "192.0.2.1:999": "192.0.2.1:999"} {
			log.Reset()
			through(s.Handler(), peer, "GET /livez\n"+headers)
			if !strings.Contains(log.String(), fmt.Sprintf(`"remote":%q`, client)) {
				t.Errorf("%s sends %.60q: want the client %s in %s", peer, headers, client, log.String())
			}
		}
	}
}

// linkURLs have links in their bodies or headers.
var linkURLs = []string{"/", "/m/shop", "/par_pays?limit=1", "/datasets", "/datasets/ca_pays", "/releases?limit=1", "/nope", "/scores/3?x=1", "/stock/Mug,2011-01-26"}

func TestEveryLinkHasTheBasePath(t *testing.T) {
	root := newServer(t, newMemory(2))
	based := newConfigured(t, api.Config{Reader: newMemory(2), BasePath: "/gold/v1/"}).Handler()
	proxied := newConfigured(t, api.Config{Reader: newMemory(2), TrustedProxies: []string{"10.0.0.1"}}).Handler()
	for _, url := range linkURLs {
		want := golden(ask(root, "GET "+url))
		for range 2 { // computed, then cached
			for name, got := range map[string]*httptest.ResponseRecorder{
				"with the base":            ask(based, "GET /gold/v1"+url),
				"without the base":         ask(based, "GET "+url),
				"from a proxy":             through(proxied, "10.0.0.1:1", "GET "+url+"\nX-Forwarded-Prefix: /gold/v1"),
				"from one that strips not": through(proxied, "10.0.0.1:1", "GET /gold/v1"+url+"\nX-Forwarded-Prefix: /gold/v1/"),
			} {
				text := golden(got)
				if !strings.Contains(text, "/gold/v1/") {
					t.Errorf("%s %s: no link has the base", url, name)
				}
				if diff := cmp.Diff(want, strings.ReplaceAll(strings.ReplaceAll(text, "/gold/v1/", "/"), "/gold/v1", "")); diff != "" {
					t.Errorf("%s %s, but for the base (-want +got):\n%s", url, name, diff)
				}
			}
			for name, got := range map[string]*httptest.ResponseRecorder{
				"of somebody":         through(proxied, "10.0.0.2:1", "GET "+url+"\nX-Forwarded-Prefix: /gold/v1"),
				"that ends a header":  through(proxied, "10.0.0.1:1", "GET "+url+"\nX-Forwarded-Prefix: /a>; rel=next"),
				"of another host":     through(proxied, "10.0.0.1:1", "GET "+url+"\nX-Forwarded-Prefix: //evil.com"),
				"of a host":           through(proxied, "10.0.0.1:1", "GET "+url+"\nX-Forwarded-Host: evil.com\nX-Forwarded-Proto: https"),
				"that goes up":        through(proxied, "10.0.0.1:1", "GET "+url+"\nX-Forwarded-Prefix: /../x"),
				"of nothing, a slash": through(proxied, "10.0.0.1:1", "GET "+url+"\nX-Forwarded-Prefix: /"),
			} {
				if diff := cmp.Diff(want, golden(got)); diff != "" {
					t.Errorf("%s with a prefix %s (-want +got):\n%s", url, name, diff)
				}
			}
		}
	}
}

func TestABasePathIsAWholeSegment(t *testing.T) {
	h := newConfigured(t, api.Config{Reader: newMemory(2), BasePath: "/gold"}).Handler()
	for url, want := range map[string]int{
		"/gold": 200, "/gold/": 200, "/gold?x=1": 400, "/gold/kpis": 200, "/goldkpis": 404, "/gold/gold/kpis": 404, "/golden/kpis": 404,
		"/gold/stock/%22Glass%2FShell%2C%20%22%22A%22%22%20+&%22,2011-01-26": 200, "/%67old/kpis": 404, "/%67old/interne/a%2Fb": 404,
		"/gold/datasets/interne/rows/a%2Fb": 200,
	} {
		if w := ask(h, "GET "+url); w.Code != want {
			t.Errorf("%s: %d, want %d\n%s", url, w.Code, want, w.Body)
		}
	}
	for _, bad := range []api.Config{
		{BasePath: "gold"},
		{BasePath: "//evil.com"},
		{BasePath: "/a b"},
		{BasePath: "/../a"},
		{BasePath: "/" + strings.Repeat("a", 200)},
		{TrustedProxies: []string{"everybody"}},
		{TrustedProxies: []string{"10.0.0.0/33"}},
		{TrustedProxies: []string{""}},
	} {
		bad.Reader, bad.Models = newMemory(1), []gold.Model{shop()}
		if _, err := api.New(bad); gold.KindOf(err) != gold.Invalid {
			t.Errorf("%q %q: %v", bad.BasePath, bad.TrustedProxies, err)
		}
	}
}

func TestOneAddressMayNotAskForMoreThanItsShare(t *testing.T) {
	const share = 20
	h := newConfigured(t, api.Config{Reader: newMemory(2), RateLimit: share, TrustedProxies: []string{"10.0.0.1"}, CORSOrigins: []string{"*"}}).Handler()
	refused := 0
	for range 10 * share {
		w := through(h, "192.0.2.1:1", "GET /par_pays\nOrigin: https://shop.example")
		if w.Code == http.StatusOK {
			continue
		}
		if refused++; refused == 1 {
			checkProblem(t, w, http.StatusTooManyRequests, "overloaded")
			if w.Header().Get("Retry-After") != "1" || w.Header().Get("Access-Control-Allow-Origin") != "*" {
				t.Errorf("%v", w.Header())
			}
		}
	}
	if refused == 0 {
		t.Errorf("%d requests at once, none refused", 10*share)
	}
	for _, other := range []string{"192.0.2.2:1", "[2001:db8::1]:1"} {
		if w := through(h, other, "GET /par_pays"); w.Code != http.StatusOK {
			t.Errorf("%s pays for another: %d", other, w.Code)
		}
	}
	perNetwork := 0
	for i := range 10 * share {
		if w := through(h, "10.0.0.1:1", fmt.Sprintf("GET /par_pays\nX-Forwarded-For: 2001:db8:0:1::%x", i)); w.Code != http.StatusOK {
			perNetwork++
		}
	}
	if perNetwork == 0 {
		t.Error("one IPv6 network has as many shares as addresses")
	}
}

func TestTheDescriptionIsBelowTheBasePath(t *testing.T) {
	h := newConfigured(t, api.Config{Reader: newMemory(2), BasePath: "/gold"}).Handler()
	if doc := description(t, h, "/gold/openapi.json"); doc.Servers[0].URL != "/gold/" || doc.Paths.Value("/par_pays") == nil {
		t.Errorf("servers: %+v", doc.Servers[0])
	}
	page := ask(h, "GET /gold/docs").Body.String()
	if strings.Contains(page, `"/docs`) || strings.Contains(page, `"/openapi.json`) || !strings.Contains(page, `"docs/`) || !strings.Contains(page, `openapi.json`) {
		t.Errorf("a link of /docs isn't relative to it:\n%s", page)
	}
	for _, path := range []string{"/gold/docs/swagger-ui.css", "/docs/swagger-ui-bundle.js"} {
		if w := ask(h, "GET "+path); w.Code != http.StatusOK {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}
