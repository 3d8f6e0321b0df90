package api_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"goldserve/api"
	"goldserve/gold"
)

// FuzzRequests sends targets through everything to a plain store: whatever they say is answered, or refused in the one
// shape; nothing panics.
func FuzzRequests(f *testing.F) {
	for _, route := range append(dataRoutes, otherRoutes...) {
		f.Add(route)
		for _, query := range badQueries {
			f.Add(route + "?" + query)
		}
	}
	for _, target := range []string{
		"/par_pays?pays__in=%22a,b%22,c&ca__gte=1&sort=-ca&limit=2&fields=pays", "/datasets/achats/aggregate?group_by=le.month,montant.bins(0,5)&measures=ca:sum(montant),count()&ca__gte=1&totals=true&compare=year",
		"/m/shop/stock/%22Glass%2FShell%22,2011-01-26", "/datasets/achats/rows.csv?dialect=excel-fr&limit=0", "/datasets/achats/values/produit?q=%C3%A9&limit=1", "/kpis?pays=France&compare=previous&describe=true", "//a/%2e%2e?%zz",
	} {
		f.Add(target)
	}
	s, err := api.New(api.Config{Reader: newMemory(2), Models: []gold.Model{shop()}})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, target string) {
		u, err := url.ParseRequestURI(target)
		if err != nil || !strings.HasPrefix(target, "/") {
			return // net/http refuses it before anything here sees it
		}
		w := httptest.NewRecorder()
		r := (&http.Request{Method: http.MethodGet, URL: u, RequestURI: target, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{}, Host: "localhost", Body: http.NoBody}).WithContext(t.Context())
		s.Handler().ServeHTTP(w, r)
		empty := w.Code == http.StatusServiceUnavailable && strings.Contains(w.Body.String(), `"code":"dataset_empty"`)
		if w.Code >= 500 && !empty {
			t.Errorf("%q: %d %s", target, w.Code, w.Body)
		}
		if w.Code >= 400 && (w.Header().Get("Content-Type") != "application/problem+json" || !strings.Contains(w.Body.String(), `"request_id"`)) {
			t.Errorf("%q: %d %s %s", target, w.Code, w.Header().Get("Content-Type"), w.Body)
		}
		for name, values := range w.Header() {
			if strings.ContainsAny(strings.Join(values, ""), "\r\n\x00") {
				t.Errorf("%q: header %s: %q", target, name, values)
			}
		}
	})
}
