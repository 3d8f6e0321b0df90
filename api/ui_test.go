package api_test

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"goldserve/api"
	"goldserve/gold"
	"goldserve/gold/dashboard"
	"goldserve/web"
)

const browserAccept = "\nAccept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"

func TestBrowsersGetThePageAndOthersTheIndex(t *testing.T) {
	second := shop()
	second.Name = "annex"
	h := newConfigured(t, api.Config{Reader: newMemory(2), Models: []gold.Model{shop(), second}, DefaultModel: "shop", BasePath: "/gold", TrustedProxies: []string{"10.0.0.1"}}).Handler()
	for request, base := range map[string]string{
		"GET /" + browserAccept:                      "/gold/ui/",
		"GET /gold/" + browserAccept:                 "/gold/ui/",
		"GET /?pays=France" + browserAccept:          "/gold/ui/",
		"GET /m/shop" + browserAccept:                "/gold/ui/",
		"GET /m/annex" + browserAccept:               "/gold/m/annex/ui/",
		"GET /ui" + "\nAccept: */*":                  "/gold/ui/",
		"GET /ui" + "":                               "/gold/ui/",
		"GET /gold/ui?pays=France" + browserAccept:   "/gold/ui/",
		"GET /ui/clients/12%2F3" + browserAccept:     "/gold/ui/",
		"GET /m/annex/ui" + browserAccept:            "/gold/m/annex/ui/",
		"GET /m/annex/ui/releases/3" + browserAccept: "/gold/m/annex/ui/",
		"GET /ui\nX-Forwarded-Prefix: /else":         "/else/ui/",
	} {
		w := through(h, "10.0.0.1:1", request)
		if w.Code != http.StatusOK || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") || strings.Count(w.Body.String(), `<base href="`+base+`">`) != 1 {
			t.Errorf("%s: %d %s, want a page with the base %s\n%.300s", request, w.Code, w.Header(), base, w.Body)
		}
		if policy := w.Header().Get("Content-Security-Policy"); !strings.HasPrefix(policy, "default-src 'self';") || !strings.Contains(policy, "base-uri 'self'") || strings.Contains(policy, "script-src") {
			t.Errorf("%s: policy %s", request, policy)
		}
	}
	for _, m := range dashboardOf(t, h, "GET /dashboard").Models {
		if w := ask(h, "GET "+m.URL+browserAccept); w.Code != http.StatusOK {
			t.Errorf("the dashboard leads to the page of %s at %s, which is answered by %d", m.Name, m.URL, w.Code)
		}
	}
	for request, code := range map[string]int{
		"GET /\nAccept: */*":                   http.StatusOK,
		"GET /":                                http.StatusOK,
		"GET /?format=json" + browserAccept:    http.StatusOK,
		"GET /m/nosuch" + browserAccept:        http.StatusNotFound,
		"GET /ui/nothing.js\nAccept: */*":      http.StatusNotFound,
		"GET /m/nosuch/ui" + browserAccept:     http.StatusNotFound,
		"GET /ui/benchmark.json\nAccept: */*":  http.StatusNotFound,
		"GET /nope" + browserAccept:            http.StatusNotFound, // the page stands for nothing that isn't below it
		"GET /datasets/nosuch" + browserAccept: http.StatusNotFound,
	} {
		w := ask(h, request)
		if page := code >= http.StatusBadRequest && strings.HasSuffix(request, browserAccept); w.Code != code || json.Valid(w.Body.Bytes()) == page {
			t.Errorf("%s: %d, want %d, a page: %t\n%.300s", request, w.Code, code, page, w.Body)
		}
	}
}

func TestFilesOfTheDashboardAreAskedForAgainAndSentOnce(t *testing.T) {
	h := newConfigured(t, api.Config{Reader: newMemory(2), Benchmark: bytes.Repeat([]byte(`["a benchmark"]`+"\n"), 200)}).Handler()
	files, err := web.Files()
	if err != nil {
		t.Fatal(err)
	}
	names := []string{"benchmark.json"}
	err = fs.WalkDir(files, ".", func(name string, e fs.DirEntry, err error) error {
		if !e.IsDir() && name != "index.html" {
			names = append(names, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range append(names, "") {
		plain := ask(h, "GET "+strings.TrimSuffix("/ui/"+name, "/"))
		if plain.Code != http.StatusOK || plain.Header().Get("Cache-Control") != "no-cache" || strings.Contains(plain.Header().Get("Content-Type"), "octet") {
			t.Fatalf("%s: %d %v", name, plain.Code, plain.Header())
		}
		for _, encoding := range []string{"zstd", "gzip"} {
			packed := ask(h, "GET "+strings.TrimSuffix("/ui/"+name, "/")+"\nAccept-Encoding: "+encoding)
			if !bytes.Equal(plainBody(t, packed), plain.Body.Bytes()) {
				t.Errorf("%s as %s is another file", name, encoding)
			}
			tag := packed.Header().Get("Etag")
			if smaller := packed.Header().Get("Content-Encoding") == encoding; smaller == (tag == plain.Header().Get("Etag")) {
				t.Errorf("%s: tag %s of an answer with %v", name, tag, packed.Header())
			}
			again := ask(h, "GET "+strings.TrimSuffix("/ui/"+name, "/")+"\nAccept-Encoding: "+encoding+"\nIf-None-Match: "+tag)
			if again.Code != http.StatusNotModified || again.Body.Len() > 0 {
				t.Errorf("%s again: %d", name, again.Code)
			}
		}
		if path.Ext(name) == ".json" && ask(h, "GET /ui/"+name+"\nAccept-Encoding: zstd").Header().Get("Content-Encoding") != "zstd" {
			t.Errorf("%s isn't compressed", name)
		}
	}
}

// dashboardOf returns /dashboard.
func dashboardOf(t *testing.T, h http.Handler, request string) (data struct {
	Model     struct{ Name, Currency string }
	Models    []struct{ Name, URL string }
	Benchmark bool
	Facts     string
	AsOfField string `json:"as_of_field"`
	KPIs      []string
	Metrics   []struct {
		Name, Dataset, Formula string
		Snapshot               bool
	}
	Datasets []struct {
		Name   string
		Fields []struct{ Name string }
	}
	Layout dashboard.Layout
},
) {
	t.Helper()
	w := ask(h, request)
	body := struct{ Data any }{&data}
	if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil || w.Code != http.StatusOK {
		t.Fatalf("%s: %d %v\n%s", request, w.Code, err, w.Body)
	}
	return data
}

func TestTheDashboardShowsWhatTheReleaseHas(t *testing.T) {
	model := shop()
	list := dashboard.Widget{ID: "list", Type: dashboard.ListWidget, Span: 4, Dataset: "client_scores", Fields: []string{"client", "attendu"}, Page: "clients"}
	layout := dashboard.Layout{
		Filters: []dashboard.Filter{{Type: dashboard.PeriodControl}, {Type: dashboard.ChoiceControl, Field: "ville"}, {Type: dashboard.ChoiceControl, Field: "region"}},
		Tables: []dashboard.Table{
			{ID: "clients", Dataset: "client_scores", Fields: []string{"client"}, History: &dashboard.History{Dataset: "achats", On: "client", Metric: "gone"}},
			{ID: "gone", Dataset: "client_scores", Fields: []string{"client", "gone"}},
		},
		Rows: []dashboard.Row{
			{Height: 90, Widgets: []dashboard.Widget{{ID: "cards", Type: dashboard.KPIsWidget, Span: 12, Metrics: []string{"total_ca", "gone", "attendu"}}}},
			{Height: 300, Widgets: []dashboard.Widget{
				list,
				{ID: "gone_field", Type: dashboard.ListWidget, Span: 4, Dataset: "client_scores", Fields: []string{"client", "gone"}},
				{ID: "gone_page", Type: dashboard.ScatterWidget, Span: 2, Dataset: "client_scores", X: "client", Y: "attendu", Page: "gone"},
				{ID: "gone_metric", Type: dashboard.RankingWidget, Span: 2, Dataset: "achats", Group: "pays", Metric: "gone"},
			}},
			{Height: 300, Widgets: []dashboard.Widget{{ID: "gone_dataset", Type: dashboard.CohortsWidget, Span: 12, Dataset: "gone", Group: "a", Count: "b", Value: "c"}}},
			{Height: 300, Widgets: []dashboard.Widget{
				{ID: "lent", Type: dashboard.RankingWidget, Span: 6, Dataset: "achats", Group: "ville", Metric: "total_ca"},
				{ID: "gone_loan", Type: dashboard.RankingWidget, Span: 6, Dataset: "achats", Group: "region", Metric: "total_ca"},
			}},
		},
	}
	h := newConfigured(t, api.Config{Reader: newMemory(2), Models: []gold.Model{model}, Dashboards: map[string]dashboard.Layout{"shop": layout}}).Handler()
	got := dashboardOf(t, h, "GET /dashboard")
	list.Span = 10
	want := dashboard.Layout{
		Filters: layout.Filters[:2],
		Tables:  []dashboard.Table{{ID: "clients", Dataset: "client_scores", Fields: []string{"client"}}},
		Rows: []dashboard.Row{
			{Height: 90, Widgets: []dashboard.Widget{{ID: "cards", Type: dashboard.KPIsWidget, Span: 12, Metrics: []string{"total_ca", "attendu"}}}},
			{Height: 300, Widgets: []dashboard.Widget{
				layout.Rows[1].Widgets[0],
				{ID: "gone_page", Type: dashboard.ScatterWidget, Span: 8, Dataset: "client_scores", X: "client", Y: "attendu"},
			}},
			{Height: 300, Widgets: []dashboard.Widget{{ID: "lent", Type: dashboard.RankingWidget, Span: 12, Dataset: "achats", Group: "ville", Metric: "total_ca"}}},
		},
	}
	if diff := cmp.Diff(want, got.Layout); diff != "" {
		t.Errorf("layout: -want +got:\n%s", diff)
	}
	if got.Model.Currency != "EUR" || got.Facts != "achats" || got.AsOfField != "le" || got.Benchmark || !slices.Equal(got.KPIs, model.KPIs) {
		t.Errorf("got %+v", got)
	}
	for _, m := range got.Metrics {
		if m.Snapshot != (m.Dataset == "client_scores") || m.Name == "panier_moyen" && m.Formula != "total_ca / total_achats" || m.Name == "total_ca" && m.Formula != "sum(montant)" {
			t.Errorf("metric %+v", m)
		}
	}
	if len(got.Datasets) != 2 || got.Datasets[0].Name != "achats" || got.Datasets[1].Name != "client_scores" || len(got.Datasets[1].Fields) != 3 {
		t.Errorf("datasets %+v", got.Datasets)
	}
}

// The layout is the program's: with another one the same release gives another answer, under another tag, and what names
// its release isn't kept for ever.
// Lists that hold nothing are lists, as the description says: described compares.
func TestTheDashboardOfAModelWithoutFigures(t *testing.T) {
	reader := newMemory(1)
	reader.releases[0].KPIs, reader.releases[0].Facts = nil, ""
	h := described(t, newConfigured(t, api.Config{Reader: reader}).Handler())
	if w := ask(h, "GET /dashboard"); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `"kpis":[]`) {
		t.Errorf("%d %.400s", w.Code, w.Body)
	}
}

func TestTheDashboardIsTaggedByItsLayout(t *testing.T) {
	plain := ask(newConfigured(t, api.Config{Reader: newMemory(2)}).Handler(), "GET /dashboard?release=2")
	layout := dashboard.Layout{Rows: []dashboard.Row{{Height: 90, Widgets: []dashboard.Widget{{ID: "cards", Type: dashboard.KPIsWidget, Span: 12, Metrics: []string{"total_ca"}}}}}}
	other := ask(newConfigured(t, api.Config{Reader: newMemory(2), Dashboards: map[string]dashboard.Layout{"shop": layout}}).Handler(), "GET /dashboard?release=2")
	if plain.Header().Get("Etag") == "" || plain.Header().Get("Etag") == other.Header().Get("Etag") || plain.Header().Get("Cache-Control") != "no-cache" {
		t.Errorf("%v\n%v", plain.Header(), other.Header())
	}
}
