package api_test

import (
	"net/http"
	"strings"
	"testing"

	"goldserve/api"
	"goldserve/gold"
)

func TestASlashAtTheEndLeadsToThePathWithoutIt(t *testing.T) {
	second := shop()
	second.Name = "annex"
	h := newConfigured(t, api.Config{Reader: newMemory(2), Models: []gold.Model{shop(), second}, DefaultModel: "shop", BasePath: "/gold", TrustedProxies: []string{"10.0.0.1"}}).Handler()
	for request, want := range map[string]string{
		"GET /par_pays/":                                 "/gold/par_pays",
		"HEAD /par_pays/":                                "/gold/par_pays",
		"GET /gold/par_pays/":                            "/gold/par_pays",
		"GET /par_pays/?pays=France&x=%2F":               "/gold/par_pays?pays=France&x=%2F",
		"GET /par_pays.csv/":                             "/gold/par_pays.csv",
		"GET /par_pays/France/":                          "/gold/par_pays/France",
		"GET /stock/a%2Fb,2011-01-26/":                   "/gold/stock/a%2Fb,2011-01-26",
		"GET /datasets/":                                 "/gold/datasets",
		"GET /datasets/achats/":                          "/gold/datasets/achats",
		"GET /datasets/achats/rows/1/":                   "/gold/datasets/achats/rows/1",
		"GET /m/annex/":                                  "/gold/m/annex",
		"GET /m/annex/par_pays/":                         "/gold/m/annex/par_pays",
		"GET /ui/":                                       "/gold/ui",
		"GET /ui/?pays=France":                           "/gold/ui?pays=France",
		"GET /m/annex/ui/" + browserAccept:               "/gold/m/annex/ui",
		"GET /docs/":                                     "/gold/docs",
		"GET /swagger":                                   "/gold/docs",
		"GET /redoc":                                     "/gold/docs",
		"GET /nope/":                                     "/gold/nope",
		"GET /evil.example/":                             "/gold/evil.example",
		"GET /par_pays/\nX-Forwarded-Prefix: /else":      "/else/par_pays",
		"GET /par_pays/\nX-Forwarded-Prefix: //evil":     "/gold/par_pays",
		"GET /par_pays/\nX-Forwarded-Host: evil.example": "/gold/par_pays",
	} {
		w := through(h, "10.0.0.1:1", request)
		if got := w.Header().Get("Location"); w.Code != http.StatusPermanentRedirect || got != want || w.Body.Len() > 0 {
			t.Errorf("%s: %d to %s, want %s", request, w.Code, got, want)
		}
	}
	bare := newConfigured(t, api.Config{Reader: newMemory(2), Models: []gold.Model{shop()}}).Handler()
	for _, path := range []string{
		"//evil.example/", "///", "//", "/par_pays//", "//par_pays/", "/\\evil.example/", "/%5Cevil.example/", "/%5cevil.example/", "/%2f/", "/%2F/", "/%2Fevil.example/",
		"/%2fevil.example/%2e%2e/", "/datasets//rows/", "/datasets/achats/rows/", "/m/shop/datasets/achats/rows/", "/par_pays", "/nope",
	} {
		for _, accept := range []string{"", browserAccept} {
			w := ask(bare, "GET "+path+accept)
			if w.Header().Get("Location") != "" || w.Code != http.StatusNotFound && path != "/par_pays" {
				t.Errorf("%s: %d %s", path, w.Code, w.Header())
			}
		}
	}
	if w := ask(bare, "POST /par_pays/"); w.Code != http.StatusMethodNotAllowed {
		t.Errorf("POST: %d", w.Code)
	}
	if w := ask(bare, "GET /favicon.ico"); w.Code != http.StatusOK || w.Header().Get("Content-Type") != "image/svg+xml" {
		t.Errorf("the icon: %d %s", w.Code, w.Header())
	}
}

func TestBrowsersGetErrorsAsAPage(t *testing.T) {
	h := newConfigured(t, api.Config{Reader: newMemory(2), BasePath: "/gold"}).Handler()
	for path, want := range map[string]struct {
		code int
		says []string
	}{
		"/par_pays?pay=France&limit=x":          {http.StatusBadRequest, []string{"<h1>Invalid parameter</h1>", "2 parameters can&#39;t be used", "<code>pay</code>", "did you mean <code>pays</code>?", `<a href="/gold/problems/invalid_parameter">`, `<a href="/gold/ui">`}},
		"/par_pay":                              {http.StatusNotFound, []string{"did you mean /par_pays?"}},
		"/achats":                               {http.StatusNotFound, []string{"shop/2 has no endpoint /achats (did you mean /datasets/achats/rows?)"}},
		"/achats/99%2F9":                        {http.StatusNotFound, []string{"shop/2 has no endpoint /achats (did you mean /datasets/achats/rows/99%2F9?)"}},
		"/dashbord":                             {http.StatusNotFound, []string{"did you mean /dashboard?"}},
		"/a/b/c/%3Cscript%3E1%3C%2Fscript%3E/d": {http.StatusNotFound, []string{"/a/b/c/&lt;script&gt;1"}},
		"/par_pays?%3Cimg%20src%3Dx%3E=1":       {http.StatusBadRequest, []string{"&lt;img src"}},
		"/par_pays?segment=%22%27%3E%3Cb%3E":    {http.StatusBadRequest, nil},
		"/rien":                                 {http.StatusServiceUnavailable, []string{"rien"}},
	} {
		w := ask(h, "GET "+path+browserAccept)
		body := w.Body.String()
		if w.Code != want.code || w.Header().Get("Content-Type") != "text/html; charset=utf-8" || w.Header().Get("Cache-Control") != "no-store" || !strings.Contains(w.Header().Get("Vary"), "Accept") {
			t.Errorf("%s: %d %v", path, w.Code, w.Header())
		}
		if got := w.Header().Get("Content-Security-Policy"); got != "default-src 'none'; frame-ancestors 'none'" {
			t.Errorf("%s: policy %s", path, got)
		}
		for _, says := range append(want.says, "<code>"+w.Header().Get("X-Request-Id")+"</code>") {
			if !strings.Contains(body, says) {
				t.Errorf("%s: the page lacks %s:\n%s", path, says, body)
			}
		}
		for _, bad := range []string{"<script", "<img", "<b>", "style"} {
			if strings.Contains(body, bad) {
				t.Errorf("%s: %s is in the page:\n%s", path, bad, body)
			}
		}
		for _, accept := range []string{"", "\nAccept: */*", "\nAccept: application/json, text/html;q=0.9", "\nAccept: application/problem+json", "\nAccept: text/html;q=0.5, */*"} {
			if w := ask(h, "GET "+path+accept); w.Header().Get("Content-Type") != "application/problem+json" {
				t.Errorf("%s%s: %s", path, accept, w.Header().Get("Content-Type"))
			}
		}
	}
}
