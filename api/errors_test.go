package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"goldserve/api"
	"goldserve/gold"
)

// dataRoutes are requests that succeed, one of each kind of URL that reads a release.
var dataRoutes = []string{
	"/par_pays", "/m/shop/par_pays", "/scores/3", "/kpis", "/datasets", "/datasets/achats", "/datasets/achats/schema",
	"/datasets/achats/rows?limit=1", "/datasets/achats/rows/1", "/datasets/achats/values/pays",
	"/datasets/achats/aggregate?group_by=pays,le.month&compare=previous&totals=true", "/datasets/achats/rows?limit=1&ville=Paris&fields=ville",
	"/par_jour?pays=France", "/croissance?pays=France", "/repartition?ville=Paris", "/kpis?ville=Lyon&compare=year",
}

var otherRoutes = []string{
	"/", "/m/shop", "/health", "/livez", "/readyz", "/version", "/releases", "/releases/current", "/releases/1", "/problems", "/problems/internal",
}

// badQueries are parameters that no URL takes.
var badQueries = []string{
	"nope=1", "filter[$ne]=1", "filter[$gt]=", "callback=x", "offset=1000000000000", "a=1;b=2", "limit=%zz", "limit=%00",
	"x%00=1", "pays=%ff%fe", "pays=%c0%af", "limit=1&limit=999", "nope=1&nope=2", "$where=1", "%0d%0aSet-Cookie:x=1",
	"group_by=pays", "%F0%9F%98%80=1", strings.Repeat("a=1&", 60), strings.Repeat("q=1&", 3000)[:4000],
}

func TestEveryErrorHasTheOneShape(t *testing.T) {
	reader := newMemory(2)
	h := newServer(t, reader)
	ask(h, "GET /livez")
	ask(h, "GET /version")
	asked := reader.asked.Load()
	for _, route := range append(dataRoutes, otherRoutes...) {
		separator := "?"
		if strings.Contains(route, "?") {
			separator = "&"
		}
		for _, query := range badQueries {
			checkProblem(t, ask(h, "GET "+route+separator+query), http.StatusBadRequest, "invalid_parameter")
		}
		checkProblem(t, ask(h, "GET "+route+separator+"x="+strings.Repeat("a", 4096)), http.StatusRequestURITooLong, "uri_too_long")
		for _, method := range []string{"POST", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "get", "BREW"} {
			w := ask(h, method+" "+route)
			checkProblem(t, w, http.StatusMethodNotAllowed, "method_not_allowed")
			if got := w.Header().Get("Allow"); got != "GET, HEAD, OPTIONS" {
				t.Errorf("%s %s allows %q", method, route, got)
			}
		}
	}
	for _, route := range dataRoutes {
		checkProblem(t, ask(h, "GET "+route+"\nAccept: image/png;q=0.9, application/xml"), http.StatusNotAcceptable, "not_acceptable")
	}
	for path, code := range map[string]string{
		"/nope": "unknown_dataset", "/nope/1": "unknown_dataset", "/datasets/nope": "unknown_dataset", "/datasets/nope/rows": "unknown_dataset",
		"/datasets/nope/schema": "unknown_dataset", "/datasets/nope/rows/1": "unknown_dataset", "/datasets/nope/values/pays": "unknown_dataset", "/datasets/nope/aggregate": "unknown_dataset", "/datasets/aggregate/rows/": "not_found",
		"/m/nope": "unknown_model", "/m/nope/kpis": "unknown_model", "/m/nope/health": "unknown_model", "/m/nope/releases": "unknown_model",
		"/a/b/c": "not_found", "/par_pays//": "not_found", "/PAR_PAYS": "unknown_dataset", "/%2e%2e/etc/passwd": "not_found",
		"/..%2fetc": "unknown_dataset", "/p%D0%B0r_pays": "unknown_dataset", "/par_pays%E2%80%8D": "unknown_dataset",
		"//evil.com/%2e%2e": "not_found", "/datasets//": "not_found", "/m//": "not_found", "/scores/99": "row_not_found",
	} {
		checkProblem(t, ask(h, "GET "+path), http.StatusNotFound, code)
	}
	for _, path := range []string{"/par_pays%00", "/scores/%00", "/%ff%fe", "/scores/%c0%af", "/datasets/%00/rows"} {
		checkProblem(t, ask(h, "GET "+path), http.StatusBadRequest, "invalid_parameter")
	}
	// The one row that isn't found is the one question.
	if n := reader.asked.Load() - asked; n != 1 {
		t.Errorf("%d questions reached the store, want 1", n)
	}
}

// checkProblem asserts status, code, and the one shape.
func checkProblem[C ~string](t *testing.T, w *httptest.ResponseRecorder, status int, want C) {
	t.Helper()
	code := string(want)
	if w.Code != status || w.Header().Get("Content-Type") != "application/problem+json" || w.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("answered %d %s %s, want a problem %d\n%s", w.Code, w.Header().Get("Content-Type"), w.Header().Get("Cache-Control"), status, w.Body)
		return
	}
	var p struct {
		Type, Title, Code, Detail, Error, Instance string
		Status                                     int
		RequestID                                  string `json:"request_id"`
		Errors                                     []struct{ Parameter, Code, Detail string }
	}
	decoder := json.NewDecoder(strings.NewReader(w.Body.String()))
	if err := decoder.Decode(&p); err != nil {
		t.Errorf("%v\n%s", err, w.Body)
		return
	}
	if p.Code != code || p.Type != "/problems/"+code || p.Status != status || p.Title == "" || p.Detail == "" || p.Error == "" || p.RequestID != w.Header().Get("X-Request-Id") {
		t.Errorf("want %d %s, got %s", status, code, w.Body)
	}
	if (code == "invalid_parameter") != (len(p.Errors) > 0) {
		t.Errorf("problems are missing, or out of place: %s", w.Body)
	}
	for _, e := range p.Errors {
		if e.Code == "" || e.Detail == "" {
			t.Errorf("a problem says nothing: %s", w.Body)
		}
	}
	keys, members := topKeys(t, w.Body.Bytes()), []string{"type", "title", "status", "code", "detail", "error", "instance", "request_id"}
	if len(keys) > len(members) {
		members = append(members, "errors")
	}
	if diff := cmp.Diff(members, keys); diff != "" {
		t.Errorf("members of the body (-want +got):\n%s", diff)
	}
}

func topKeys(t *testing.T, body []byte) []string {
	t.Helper()
	var keys []string
	d := json.NewDecoder(bytes.NewReader(body))
	depth := 0
	for expectKey := false; ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return keys
		}
		if err != nil {
			t.Fatal(err)
		}
		switch v := token.(type) {
		case json.Delim:
			if v == '{' || v == '[' {
				depth++
			} else {
				depth--
			}
			expectKey = depth == 1
		default:
			if depth == 1 && expectKey {
				keys = append(keys, token.(string))
				expectKey = false
			} else if depth == 1 {
				expectKey = true
			}
		}
	}
}

func TestAStoreThatFails(t *testing.T) {
	secret := errors.New("dial tcp 10.1.2.3:27017: mongodb://user:hunter2@db")
	for name, c := range map[string]struct {
		err    error
		status int
		code   gold.Code
	}{
		"down":         {gold.Errorf(gold.Unavailable, gold.CodeStoreUnavailable, "can't reach the store: %w", secret), 503, "store_unavailable"},
		"broken":       {gold.Errorf(gold.Internal, gold.CodeStoreFailed, "the store failed: %w", secret), 500, "store_failed"},
		"plain":        {secret, 500, "internal"},
		"inconsistent": {&gold.Error{Kind: gold.Internal, Code: gold.CodeReleaseInconsistent, Message: "rows are missing", Err: secret}, 500, "release_inconsistent"},
		"slow":         {context.DeadlineExceeded, 504, "query_timeout"},
		"pruned":       {&gold.Error{Kind: gold.Gone, Code: gold.CodeReleasePruned, Message: "gone", Err: secret}, 410, "release_pruned"},
		"busy":         {&gold.Error{Kind: gold.Overloaded, Code: gold.CodeOverloaded, Message: "too many", Err: secret}, 503, "overloaded"},
	} {
		for _, where := range []string{"Rows", "Next", "Aggregate"} {
			t.Run(name+" in "+where, func(t *testing.T) {
				reader := newMemory(2)
				h := newServer(t, reader)
				ask(h, "GET /par_pays")
				reader.fail = func(method string) error {
					if method == where {
						return c.err
					}
					return nil
				}
				url := "/par_pays?pays=France"
				if where == "Aggregate" {
					url = "/kpis"
				}
				w := ask(h, "GET "+url)
				checkProblem(t, w, c.status, c.code)
				if strings.Contains(w.Body.String(), "hunter2") || strings.Contains(w.Body.String(), "10.1.2.3") {
					t.Errorf("the cause leaked: %s", w.Body)
				}
				if retry := w.Header().Get("Retry-After"); (c.status == 503) != (retry != "") {
					t.Errorf("Retry-After is %q for a %d", retry, c.status)
				}
			})
		}
	}
}

// askingMore are requests that ask the store more than once, but for hints, without which an answer stands.
var askingMore = []string{
	"/kpis?ville=Lyon&compare=previous&le=2011-07-02", "/kpis?compare=year", "/datasets/achats/rows?fields=id,ville&limit=3", "/datasets/achats/rows/1?fields=depuis",
	"/par_jour?pays=France&limit=1&count=exact", "/croissance?pays=France&limit=1&count=exact", "/repartition?ville=Paris", "/repartition?ville=Paris&count=exact&limit=1",
	"/datasets/achats/aggregate?group_by=le.month&measures=panier_moyen&compare=previous&totals=true&sort=-panier_moyen", "/datasets/achats/aggregate?group_by=pays&le=2011-07-02&compare=previous",
}

func TestAnyQuestionOfAnAnswerMayFail(t *testing.T) {
	for _, url := range askingMore {
		failed := 0
		for at := 1; ; at++ {
			reader := newMemory(2)
			h := newServer(t, reader)
			ask(h, "GET /livez")
			ask(h, "GET /par_pays")
			asked := 0
			reader.fail = func(method string) error {
				if asked++; asked == at {
					return gold.Errorf(gold.Unavailable, gold.CodeStoreUnavailable, "down in %s", method)
				}
				return nil
			}
			w := ask(h, "GET "+url)
			if asked < at {
				if w.Code != http.StatusOK {
					t.Errorf("%s: %d %s", url, w.Code, w.Body)
				}
				break
			}
			failed++
			checkProblem(t, w, http.StatusServiceUnavailable, "store_unavailable")
		}
		if failed < 3 {
			t.Errorf("%s asked the store %d times", url, failed)
		}
	}
}

func TestWhatIsLookedUpInAnUnpublishedDatasetIsUnavailable(t *testing.T) {
	reader := newMemory(2)
	last := &reader.releases[1]
	last.Versions = slices.DeleteFunc(last.Versions, func(v gold.Version) bool { return v.Dataset.Name == "clients" })
	h := newServer(t, reader)
	for _, url := range []string{
		"/datasets/achats/rows?ville=Paris", "/datasets/achats/rows?fields=ville", "/datasets/achats/rows/1?fields=ville", "/datasets/achats/values/ville",
		"/datasets/achats/aggregate?group_by=ville", "/datasets/achats/aggregate?ville=Paris", "/par_jour?ville=Paris", "/par_ville?pays=France",
	} {
		checkProblem(t, ask(h, "GET "+url), http.StatusServiceUnavailable, "dataset_empty")
	}
	for _, url := range []string{"/releases/1/diff/clients", "/releases/2/diff/clients", "/releases/2/diff/nobody"} {
		checkProblem(t, ask(h, "GET "+url), http.StatusNotFound, "unknown_dataset")
	}
	if w := ask(h, "GET /kpis?ville=Paris&compare=previous&le=2011-07-02"); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `"total_ca":null`) || !strings.Contains(w.Body.String(), "clients has no rows") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := ask(h, "GET /par_jour?pays=France"); w.Code != http.StatusOK {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestAPanicIsAProblemAndIsLoggedOnce(t *testing.T) {
	reader := newMemory(2)
	var log bytes.Buffer
	s, err := api.New(api.Config{Reader: reader, Models: []gold.Model{shop()}, Logger: slog.New(slog.NewJSONHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	ask(s.Handler(), "GET /par_pays")
	log.Reset()
	reader.fail = func(string) error { panic("boom") }
	checkProblem(t, ask(s.Handler(), "GET /scores"), 500, "internal")
	if n := strings.Count(log.String(), "\n"); n != 1 || !strings.Contains(log.String(), `"level":"ERROR"`) || !strings.Contains(log.String(), "boom") {
		t.Errorf("want one record of level error with the cause, got %s", log.String())
	}
}

func TestARequestHasADeadline(t *testing.T) {
	reader := newMemory(2)
	s, err := api.New(api.Config{Reader: reader, Models: []gold.Model{shop()}, Timeout: 20 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	ask(s.Handler(), "GET /par_pays")
	reader.wait = func(ctx context.Context) { <-ctx.Done() }
	checkProblem(t, ask(s.Handler(), "GET /stock"), 504, "query_timeout")
	// A store that calls a passed deadline an outage doesn't make it one.
	reader.fail = func(method string) error {
		if method == "Next" {
			return gold.Errorf(gold.Unavailable, gold.CodeStoreUnavailable, "connection closed")
		}
		return nil
	}
	checkProblem(t, ask(s.Handler(), "GET /scores"), 504, "query_timeout")
}

func TestAClientThatHasGoneGetsNothing(t *testing.T) {
	reader := newMemory(2)
	h := newServer(t, reader)
	ask(h, "GET /par_pays")
	ctx, cancel := context.WithCancel(t.Context())
	reader.wait = func(context.Context) { cancel() }
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(ctx, http.MethodGet, "/scores", http.NoBody))
	if w.Body.Len() != 0 {
		t.Errorf("wrote %s", w.Body)
	}
}

func TestRowsThatAStoreLostAreNoShorterAnswer(t *testing.T) {
	reader := newMemory(2)
	for i := range reader.tables {
		reader.tables[i].Rows = nil
	}
	h := newServer(t, reader)
	checkProblem(t, ask(h, "GET /par_pays"), 500, "release_inconsistent")
	checkProblem(t, ask(h, "GET /scores"), 500, "release_inconsistent")
}
