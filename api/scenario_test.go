package api_test

import (
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"goldserve/api"
	"goldserve/gold"
)

var update = flag.Bool("update", false, "write the golden files")

// newServer serves the shop from a reader. Its answers are held against its description.
func newServer(t *testing.T, reader gold.Reader) http.Handler {
	t.Helper()
	s, err := api.New(api.Config{Reader: reader, Models: []gold.Model{shop()}, Version: "1.2.3"})
	if err != nil {
		t.Fatal(err)
	}
	return described(t, s.Handler())
}

// ask sends a request line such as "GET /scores" with headers in lines of their own.
func ask(h http.Handler, lines string) *httptest.ResponseRecorder {
	first, headers, _ := strings.Cut(lines, "\n")
	method, target, _ := strings.Cut(first, " ")
	r := httptest.NewRequest(method, target, http.NoBody)
	for line := range strings.Lines(headers) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// shownHeaders are those whose values a golden answer holds.
var shownHeaders = []string{"Allow", "Cache-Control", "Content-Location", "Content-Type", "Goldserve-As-Of", "Goldserve-Release", "Link", "Location", "Retry-After"}

var volatile = []struct {
	pattern *regexp.Regexp
	with    string
}{
	{regexp.MustCompile(`"(query|total)_ms":[0-9.]+`), `"${1}_ms":0`},
	{regexp.MustCompile(`"published_at":"[^"]+"`), `"published_at":"…"`},
	{regexp.MustCompile(`"modified":"[^"]+"`), `"modified":"…"`},
	{regexp.MustCompile(`"request_id":"[^"]+"`), `"request_id":"…"`},
	{regexp.MustCompile(`"go":"[^"]+"`), `"go":"…"`},
}

// golden writes an answer as golden files hold it: status, headers, body, without what changes from run to run.
func golden(w *httptest.ResponseRecorder) string {
	var b strings.Builder
	fmt.Fprintln(&b, w.Code)
	for _, name := range shownHeaders {
		for _, v := range w.Header().Values(name) {
			fmt.Fprintf(&b, "%s: %s\n", name, v)
		}
	}
	body := w.Body.String()
	for _, v := range volatile {
		body = v.pattern.ReplaceAllString(body, v.with)
	}
	return b.String() + "\n" + body
}

// scenarios runs each request of testdata/name.txtar, whose file names are request lines, against its golden answer.
func scenarios(t *testing.T, name string, h http.Handler) {
	t.Helper()
	path := filepath.Join("testdata", name+".txtar")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	archive := txtar.Parse(data)
	for i := range archive.Files {
		f := &archive.Files[i]
		got := golden(ask(h, f.Name))
		if *update {
			f.Data = []byte(got)
			continue
		}
		if diff := cmp.Diff(string(f.Data), got); diff != "" {
			t.Errorf("%s: %s (-want +got):\n%s", path, f.Name, diff)
		}
	}
	if *update {
		if err := os.WriteFile(path, txtar.Format(archive), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

var scenarioNames = []string{"rows", "grammar", "connectives", "row", "kpis", "about", "releases", "diff", "values", "concentration", "errors", "lend", "rollup", "aggregate", "compare", "explain"}

func TestScenarios(t *testing.T) {
	for _, name := range scenarioNames {
		t.Run(name, func(t *testing.T) { scenarios(t, name, newServer(t, newMemory(2))) })
	}
	t.Run("unpublished", func(t *testing.T) { scenarios(t, "unpublished", newServer(t, newMemory(0))) })
}
