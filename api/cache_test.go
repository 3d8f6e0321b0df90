package api_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/klauspost/compress/zstd"

	"goldserve/api"
	"goldserve/gold"
)

// newConfigured returns a server of a configuration whose model is the shop.
func newConfigured(t *testing.T, c api.Config) *api.Server {
	t.Helper()
	if c.Version = "1.2.3"; c.Models == nil {
		c.Models = []gold.Model{shop()}
	}
	s, err := api.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func tagOf(t *testing.T, h http.Handler, lines string) string {
	t.Helper()
	w := ask(h, "GET "+lines)
	if w.Code != http.StatusOK || !strings.HasPrefix(w.Header().Get("ETag"), `W/"`) {
		t.Fatalf("%s: %d with the tag %q\n%s", lines, w.Code, w.Header().Get("ETag"), w.Body)
	}
	return w.Header().Get("ETag")
}

// dataURLs are URLs whose answers are of a release, one of each kind.
var dataURLs = []string{
	"/kpis", "/kpis?pays=France&compare=previous&le=2011-07-02", "/par_pays", "/par_pays?pays=france", "/scores?limit=2", "/scores/3", "/datasets", "/datasets/achats", "/datasets/achats/schema",
	"/datasets/client_scores/quality", "/datasets/achats/rows?limit=3", "/datasets/achats/rows/2?fields=ville", "/datasets/achats/values/produit", "/datasets/achats/aggregate?group_by=pays&measures=total_ca",
	"/par_jour?pays=France", "/m/shop/par_pays", "/par_pays?release=2", "/par_pays?as_of=2026-02-28",
}

func TestAClientThatHasTheAnswerCostsNoRead(t *testing.T) {
	tags := map[string]string{}
	h := newServer(t, newMemory(2))
	for _, url := range dataURLs {
		tags[url] = tagOf(t, h, url)
	}
	// Another server, as after a restart: the tag is known before anything is read.
	reader := newMemory(2)
	for i := range reader.releases {
		reader.releases[i].PublishedAt = time.Unix(1e9, 0)
	}
	first, second := newServer(t, reader), newServer(t, reader)
	for _, url := range dataURLs {
		if strings.Contains(url, "as_of") {
			continue // only the store knows which release is meant
		}
		tag := tagOf(t, first, url)
		if tag == tags[url] {
			t.Errorf("%s: releases of two times share the tag %s", url, tag)
		}
		asked, resolved := reader.asked.Load(), reader.resolved.Load()
		for range 2 { // parsed, then remembered
			for _, method := range []string{"GET", "HEAD"} {
				for _, list := range []string{tag, `"a", ` + tag, strings.TrimPrefix(tag, "W/"), `W/"b,c" , "d",` + tag} {
					w := ask(second, method+" "+url+"\nIf-None-Match: "+list)
					if w.Code != http.StatusNotModified || w.Body.Len() != 0 || w.Header().Get("ETag") != tag || w.Header().Get("Goldserve-Release") != "shop/2" || w.Header().Get("Content-Location") == "" {
						t.Errorf("%s %s with %s: %d %v", method, url, list, w.Code, w.Header())
					}
				}
			}
		}
		if reader.asked.Load() != asked || reader.resolved.Load() > resolved+1 {
			t.Errorf("%s: a 304 asked the store", url)
		}
		for _, list := range []string{`"nope"`, tag[:len(tag)-1], "W/", "nope", strings.Repeat(`"a",`, 1000) + tag} {
			if w := ask(second, "GET "+url+"\nIf-None-Match: "+list); w.Code != http.StatusOK {
				t.Errorf("%s with the tags %.30s: %d", url, list, w.Code)
			}
		}
	}
	for url, want := range map[string]int{"/par_pays": 304, "/scores/3": 304, "/scores/99": 404, "/rien": 503, "/par_pays?x=1": 400} {
		for range 2 {
			if w := ask(h, "GET "+url+"\nIf-None-Match: *"); w.Code != want {
				t.Errorf("%s for whoever has any answer: %d, want %d", url, w.Code, want)
			}
		}
	}
}

func TestEqualQuestionsShareOneAnswer(t *testing.T) { // H58
	reader := newMemory(2)
	h := newServer(t, reader)
	for _, same := range [][]string{
		{"/par_pays", "/par_pays?release=2", "/par_pays?sort=-ca", "/par_pays?sort=ca:desc", "/par_pays?sort=-ca,pays", "/par_pays?fields=pays,ca", "/par_pays?limit=10000", "/par_pays?_=7", "/par_pays?format=json", "/par%5Fpays"},
		{"/scores?segment=VIP&limit=2", "/scores?limit=2&segment=VIP", "/scores?segment__eq=VIP&limit=2", "/scores?limit=2&segment=VIP&release=2&fields=client,attendu,segment"},
		{"/datasets/achats/rows?le=2011-06-30&limit=8", "/datasets/achats/rows?le__gte=2011-06-30&le__lte=2011-06-30", "/datasets/achats/rows?le__gte=2011-06-30T00:00:00Z&le__lte=2011-06-30T23:59:59.999Z"},
		{"/par_pays?pays__in=France,Belgique", "/par_pays?pays__in=Belgique,France,France", "/par_pays?pays__in=%22France%22,Belgique"},
		{"/datasets/achats/aggregate?group_by=pays&measures=total_ca&pays=France&limit=8", "/datasets/achats/aggregate?measures=total_ca&pays__eq=France&group_by=pays"},
		{"/kpis?pays=France", "/kpis?pays__eq=France&release=2"},
	} {
		tag := tagOf(t, h, same[0])
		body := ask(h, "GET "+same[0]).Body.String()
		asked := reader.asked.Load()
		for _, url := range same[1:] {
			w := ask(h, "GET "+url)
			if w.Header().Get("ETag") != tag || w.Body.String() != body {
				t.Errorf("%s isn't the answer of %s: %s, want %s", url, same[0], w.Header().Get("ETag"), tag)
			}
		}
		if reader.asked.Load() != asked {
			t.Errorf("%s: %d questions for spellings of an answer that is kept", same[0], reader.asked.Load()-asked)
		}
	}
	seen := map[string]string{}
	for _, url := range append(dataURLs, "/par_pays?release=1", "/par_pays?limit=2", "/par_pays?sort=ca", "/par_pays?sort=pays", "/par_pays?fields=ca", "/par_pays?fields=ca,pays", "/par_pays?count=exact",
		"/par_pays?pays=France", "/par_pays?pays__ne=France", "/par_pays?pays__in=France", "/par_pays?ca=1", "/datasets/ca_pays/rows", "/kpis?describe=true", "/scores/2", "/scores?segment=VIP", "/scores?segment=Actifs",
		"/datasets/achats/aggregate?group_by=pays", "/datasets/achats/aggregate?group_by=p:pays", "/datasets/achats/aggregate?group_by=montant.bins(1,2)", "/datasets/achats/aggregate?group_by=montant.bins(1,3)",
		"/datasets/achats/aggregate?group_by=pays&totals=true", "/datasets/achats/aggregate?group_by=pays&measures=n:count()&n__gte=2", "/datasets/achats/values/produit?q=mug", "/datasets/achats/rows?ville=Paris", "/datasets/achats/rows?pays=Paris",
	) {
		if url == "/par_pays?release=2" || strings.Contains(url, "as_of") {
			continue
		}
		tag := tagOf(t, h, url)
		if other, taken := seen[tag]; taken {
			t.Errorf("%s and %s share a tag", url, other)
		}
		seen[tag] = url
	}
}

func TestPagesOfASharedAnswerGoOn(t *testing.T) {
	h := newServer(t, newMemory(2))
	for _, spellings := range [][2]string{
		{"/scores?limit=2&segment__eq=VIP", "/scores?segment=VIP&limit=2"},
		{"/datasets/achats/rows?limit=2&le=2011-06-30", "/datasets/achats/rows?le__gte=2011-06-30&le__lte=2011-06-30&limit=2"},
		{"/scores", "/scores?limit=3&sort=-attendu"},
	} {
		rowsOf(t, h, spellings[0])
		first := rowsOf(t, h, spellings[1])
		_, query, _ := strings.Cut(spellings[1], "?")
		for _, url := range []string{first.Meta.Next, first.Meta.Next + "&" + query} {
			if page := rowsOf(t, h, url); len(page.Data) == 0 {
				t.Errorf("%s: no rows", url)
			}
		}
	}
}

// unpack returns the plain body of an answer.
func unpack(t *testing.T, w *httptest.ResponseRecorder) string {
	t.Helper()
	body := io.Reader(w.Body)
	if w.Body.Len() == 0 {
		return ""
	}
	switch w.Header().Get("Content-Encoding") {
	case "zstd":
		body = must(zstd.NewReader(w.Body))(t)
	case "gzip":
		body = must(gzip.NewReader(w.Body))(t)
	}
	return string(must(io.ReadAll(body))(t))
}

func TestEncodings(t *testing.T) {
	h := newServer(t, newMemory(2))
	const long, short = "/datasets/achats", "/par_pays?limit=1"
	plain := ask(h, "GET "+long).Body.String()
	tags := map[string]string{}
	for accept, want := range map[string]string{
		"": "", "gzip": "gzip", "zstd": "zstd", "gzip, deflate, br, zstd": "zstd", "gzip;q=1, zstd;q=0.5": "gzip", "gzip;q=0": "", "zstd;q=0, gzip": "gzip", "*": "zstd", "*;q=0": "", "gzip;q=0.5, *;q=0": "gzip",
		"br": "", "identity;q=1, gzip;q=0.5": "", "identity;q=0": "", "GZIP": "gzip", "gzip;q=x": "", "gzip; q=0.1": "gzip", strings.Repeat("x,", 1000) + "gzip": "", ";;,": "",
	} {
		for _, again := range []bool{false, true} {
			w := ask(h, "GET "+long+"\nAccept-Encoding: "+accept)
			if got := w.Header().Get("Content-Encoding"); got != want || w.Header().Get("Vary") != "Accept, Accept-Encoding, Origin" {
				t.Errorf("Accept-Encoding %.30q (again %v): %q, want %q", accept, again, got, want)
			}
			if other, known := tags[want]; known && other != w.Header().Get("ETag") || w.Header().Get("Content-Length") != fmt.Sprint(w.Body.Len()) {
				t.Errorf("Accept-Encoding %.30q: %v", accept, w.Header())
			}
			tags[want] = w.Header().Get("ETag")
			if body := unpack(t, w); body != plain {
				t.Errorf("Accept-Encoding %.30q: another body:\n%s", accept, body)
			}
		}
		if w := ask(h, "GET "+short+"\nAccept-Encoding: "+accept); w.Header().Get("Content-Encoding") != "" {
			t.Errorf("a short body was compressed")
		}
	}
	if len(tags) != 3 || tags["gzip"] == tags["zstd"] || tags[""] == tags["gzip"] {
		t.Errorf("encodings share tags: %v", tags)
	}
}

// TestARememberedRequestHasTheSameHeaders holds the answer of a request that was asked before against the first one.
func TestARememberedRequestHasTheSameHeaders(t *testing.T) {
	reader := newMemory(2)
	s := newConfigured(t, api.Config{Reader: reader, Loopback: true})
	ask(s.Handler(), "GET /livez")
	for _, url := range append(dataURLs, "/par_pays?limit=1", "/scores?limit=2&sort=client") {
		for _, method := range []string{"GET", "HEAD"} {
			for _, headers := range []string{"", "\nOrigin: http://localhost:5173", "\nOrigin: https://evil.com", "\nX-Request-Id: abc", "\nAccept-Encoding: gzip", "\nIf-None-Match: *", "\nAccept: application/*;q=0.5"} {
				lines := method + " " + url + headers
				ask(s.Handler(), lines)
				again := ask(s.Handler(), lines)
				// The same question in bytes that were never seen.
				separator := "?"
				if strings.Contains(url, "?") {
					separator = "&"
				}
				first := ask(s.Handler(), method+" "+url+separator+"_="+headers)
				volatile := cmpopts.IgnoreMapEntries(func(name string, _ []string) bool { return name == "Server-Timing" || name == "X-Request-Id" })
				if diff := cmp.Diff(first.Header(), again.Header(), volatile); diff != "" || first.Code != again.Code || unpack(t, first) != unpack(t, again) {
					t.Errorf("%q: %d, then %d (-first +again):\n%s", lines, first.Code, again.Code, diff)
				}
				if (first.Header().Get("X-Request-Id") == again.Header().Get("X-Request-Id")) != strings.Contains(headers, "abc") {
					t.Errorf("%q: request ids %q, %q", lines, first.Header().Get("X-Request-Id"), again.Header().Get("X-Request-Id"))
				}
				if timing := again.Header().Get("Server-Timing"); !strings.HasPrefix(timing, "cache;desc=hit, ") {
					t.Errorf("%q: Server-Timing is %q", lines, timing)
				}
			}
		}
	}
}

func TestConcurrentRequestsAreComputedOnce(t *testing.T) {
	reader := newMemory(2)
	server := newConfigured(t, api.Config{Reader: reader})
	h := server.Handler()
	ask(h, "GET /livez")
	ask(h, "GET /datasets")
	let := make(chan struct{})
	reader.wait = func(context.Context) { <-let }
	leader, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	all.Go(func() {
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(leader, http.MethodGet, "/par_pays", http.NoBody))
	})
	await(t, func() bool { return reader.asked.Load() == 1 })
	bodies := make([]string, 20)
	for i := range bodies {
		all.Go(func() { bodies[i] = ask(h, "GET /par_pays").Body.String() })
	}
	await(t, func() bool { return server.Waiting() == int64(1+len(bodies)) })
	cancel() // who asked first goes
	close(let)
	all.Wait()
	if n := reader.asked.Load(); n != 1 {
		t.Errorf("%d questions for one answer", n)
	}
	for _, body := range bodies {
		if body != bodies[0] || !strings.Contains(body, "France") {
			t.Errorf("bodies differ:\n%s\n%s", body, bodies[0])
		}
	}
}

func TestErrorsAreNotCached(t *testing.T) {
	reader := newMemory(2)
	h := newServer(t, reader)
	ask(h, "GET /livez")
	reader.fail = func(method string) error {
		if method == "Rows" {
			return gold.Errorf(gold.Unavailable, gold.CodeStoreUnavailable, "down")
		}
		return nil
	}
	checkProblem(t, ask(h, "GET /par_pays"), http.StatusServiceUnavailable, "store_unavailable")
	checkProblem(t, ask(h, "GET /scores/99"), http.StatusServiceUnavailable, "store_unavailable")
	reader.fail = nil
	if w := ask(h, "GET /par_pays"); w.Code != http.StatusOK {
		t.Errorf("%d after the store is back", w.Code)
	}
	for range 2 {
		asked := reader.asked.Load()
		checkProblem(t, ask(h, "GET /scores/99"), http.StatusNotFound, "row_not_found")
		if reader.asked.Load() == asked {
			t.Error("a 404 was kept")
		}
	}
}

func TestTheCacheIsBounded(t *testing.T) {
	for name, c := range map[string]struct {
		size int64
		kept bool // of one answer asked twice
	}{"none": {-1, false}, "small": {64 << 10, true}, "too small for it": {8 << 10, false}} {
		t.Run(name, func(t *testing.T) {
			reader := newMemory(2)
			s := newConfigured(t, api.Config{Reader: reader, CacheSize: c.size})
			for range 2 {
				ask(s.Handler(), "GET /datasets/achats/rows\nAccept-Encoding: gzip")
			}
			if kept := reader.asked.Load() == 1; kept != c.kept {
				t.Errorf("%d questions, kept: %v", reader.asked.Load(), kept)
			}
			for i := range 500 {
				ask(s.Handler(), fmt.Sprintf("GET /datasets/achats/rows?limit=8&id__lte=%d\nAccept-Encoding: zstd", i))
			}
			if held := s.CacheBytes(); held > max(c.size, 0) {
				t.Errorf("%d bytes are kept, %d are the bound", held, c.size)
			}
		})
	}
}

// body is what every body says of its release.
type body struct {
	Data []json.RawMessage
	Meta struct {
		Release int64
		Stale   bool
	}
}

func decodeBody(t *testing.T, w *httptest.ResponseRecorder) body {
	t.Helper()
	var b body
	if err := json.Unmarshal(w.Body.Bytes(), &b); err != nil {
		t.Fatalf("%v in %s", err, w.Body)
	}
	return b
}

func outage(methods ...string) func(string) error {
	return func(method string) error {
		if slices.Contains(methods, method) {
			return gold.Errorf(gold.Unavailable, gold.CodeStoreUnavailable, "down")
		}
		return nil
	}
}

func TestWhileTheStoreIsDownTheLastGoodAnswerIsGiven(t *testing.T) {
	reader := newSwitched(newMemory(1))
	s := newConfigured(t, api.Config{Reader: reader, Poll: time.Millisecond, CacheSize: 1 << 20})
	h := s.Handler()
	watch(t, s)
	await(t, func() bool { return rowsOf(t, h, "/par_pays?fields=ca").Meta.Release == 1 })
	reader.set(newMemory(2))
	await(t, func() bool { return rowsOf(t, h, "/scores?fields=client").Meta.Release == 2 })

	t.Run("of an earlier release where the query can't be answered", func(t *testing.T) {
		down := newMemory(2)
		down.releases = reader.now().releases
		down.fail = outage("Rows", "Aggregate")
		reader.set(down)
		w := ask(h, "GET /par_pays?fields=ca\nAccept-Encoding: gzip")
		if b := decodeBody(t, w); b.Meta.Release != 1 || !b.Meta.Stale || len(b.Data) != 3 || w.Header().Get("Goldserve-Release") != "shop/1" || w.Header().Get("Content-Location") != "/par_pays?fields=ca&release=1" {
			t.Errorf("%v\n%s", w.Header(), w.Body)
		}
		if w.Header().Get("ETag") != "" || w.Header().Get("Cache-Control") != "no-store" || !strings.HasPrefix(w.Header().Get("Server-Timing"), "cache;desc=stale") {
			t.Errorf("headers of a stale answer: %v", w.Header())
		}
		checkProblem(t, ask(h, "GET /par_pays?fields=ca&release=2"), http.StatusServiceUnavailable, "store_unavailable")
		if w := ask(h, "GET /scores?fields=client"); decodeBody(t, w).Meta.Stale || decodeBody(t, w).Meta.Release != 2 {
			t.Errorf("what is kept of the current release is right: %s", w.Body)
		}
	})
	t.Run("marked where the current release can't be looked up", func(t *testing.T) {
		tag := tagOf(t, h, "/scores?fields=client")
		down := newMemory(2)
		down.releases = reader.now().releases
		down.fail = outage("Resolve", "Rows", "Aggregate")
		reader.set(down)
		await(t, func() bool { return ask(h, "GET /health").Code == http.StatusServiceUnavailable })
		for range 2 {
			w := ask(h, "GET /scores?fields=client\nIf-None-Match: "+tag)
			if b := decodeBody(t, w); w.Code != http.StatusOK || b.Meta.Release != 2 || !b.Meta.Stale || w.Header().Get("ETag") != "" {
				t.Errorf("%d %v\n%s", w.Code, w.Header(), w.Body)
			}
			if b := decodeBody(t, ask(h, "GET /scores?fields=client&release=2")); b.Meta.Stale {
				t.Error("an answer that names its release is right for ever")
			}
		}
		if w := ask(h, "GET /health"); !strings.Contains(w.Body.String(), `"stale":true`) {
			t.Errorf("health: %s", w.Body)
		}
		checkProblem(t, ask(h, "GET /stock?limit=1"), http.StatusServiceUnavailable, "store_unavailable")
	})
	t.Run("fresh again", func(t *testing.T) {
		back := newMemory(2)
		back.releases = reader.now().releases
		reader.set(back)
		await(t, func() bool { return ask(h, "GET /health").Code == http.StatusOK })
		for _, url := range []string{"/scores?fields=client", "/par_pays?fields=ca"} {
			if w := ask(h, "GET "+url); decodeBody(t, w).Meta.Stale || decodeBody(t, w).Meta.Release != 2 || w.Header().Get("ETag") == "" {
				t.Errorf("%s: %v\n%s", url, w.Header(), w.Body)
			}
		}
	})
}

func TestStaleAnswersEnd(t *testing.T) {
	for name, longest := range map[string]time.Duration{"after the time": 20 * time.Millisecond, "before they begin": -1} {
		t.Run(name, func(t *testing.T) {
			reader := newSwitched(newMemory(2))
			s := newConfigured(t, api.Config{Reader: reader, Poll: time.Millisecond, StaleMax: longest})
			watch(t, s)
			await(t, func() bool { return ask(s.Handler(), "GET /par_pays").Code == http.StatusOK })
			down := newMemory(2)
			down.fail = outage("Resolve", "Rows")
			reader.set(down)
			await(t, func() bool { return ask(s.Handler(), "GET /par_pays").Code == http.StatusServiceUnavailable })
			checkProblem(t, ask(s.Handler(), "GET /par_pays"), http.StatusServiceUnavailable, "store_unavailable")
			if w := ask(s.Handler(), "GET /readyz"); w.Code != http.StatusServiceUnavailable {
				t.Errorf("ready: %d %s", w.Code, w.Body)
			}
		})
	}
}

// switched is a reader that can be replaced while requests run.
type switched struct{ reader atomic.Pointer[memory] }

func newSwitched(m *memory) *switched {
	s := &switched{}
	s.set(m)
	return s
}

// Embedded is false, as of a server's store.
func (s *switched) Embedded() bool { return false }

func (s *switched) set(m *memory) { s.reader.Store(m) }
func (s *switched) now() *memory  { return s.reader.Load() }

func (s *switched) Resolve(ctx context.Context, sel gold.Selector) (*gold.Release, error) {
	return s.now().Resolve(ctx, sel)
}

func (s *switched) Releases(ctx context.Context, q gold.ReleaseQuery) ([]gold.Release, error) {
	return s.now().Releases(ctx, q)
}

func (s *switched) Rows(ctx context.Context, q gold.Query) (gold.Rows, error) {
	return s.now().Rows(ctx, q)
}

func (s *switched) Aggregate(ctx context.Context, a gold.Aggregation) (gold.Rows, error) {
	return s.now().Aggregate(ctx, a)
}

// TestTagBodyAndReleaseAgreeWhileReleasesSwitch hammers a server whose current release goes to and fro.
func TestTagBodyAndReleaseAgreeWhileReleasesSwitch(t *testing.T) { // H39
	one, two := newMemory(1), newMemory(2)
	two.releases[0], one.tables = one.releases[0], two.tables
	reader := newSwitched(one)
	s := newConfigured(t, api.Config{Reader: reader, Poll: time.Millisecond, CacheSize: 40 << 10})
	h := s.Handler()
	watch(t, s)
	stop := make(chan struct{})
	var switching, all sync.WaitGroup
	var switches atomic.Int64
	switching.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			case <-time.After(3 * time.Millisecond):
				reader.set([]*memory{one, two}[i%2])
				switches.Add(1)
			}
		}
	})
	rows := map[int64]int{1: 3, 2: 4}
	var tags sync.Map // tag → release
	for worker := range 4 {
		all.Go(func() {
			tag := ""
			for i := 0; i < 400 || switches.Load() < 50; i++ {
				lines := []string{"GET /par_pays", "GET /par_pays?limit=100", "GET /par_pays?sort=-ca", "GET /par_pays?release=1"}[(i+worker)%4]
				w := ask(h, lines+"\nIf-None-Match: "+tag)
				release := map[string]int64{"shop/1": 1, "shop/2": 2}[w.Header().Get("Goldserve-Release")]
				got := w.Header().Get("ETag")
				if known, _ := tags.LoadOrStore(got, release); known != release || release == 0 {
					t.Errorf("%s: the tag %s is of releases %v and %d", lines, got, known, release)
				}
				if w.Code == http.StatusNotModified {
					if got != tag {
						t.Errorf("%s: 304 for %s with %s", lines, tag, got)
					}
				} else if b := decodeBody(t, w); b.Meta.Release != release || len(b.Data) != rows[release] || b.Meta.Stale {
					t.Errorf("%s: %d rows of release %d, headers say %d", lines, len(b.Data), b.Meta.Release, release)
				}
				tag = got
			}
		})
	}
	all.Wait()
	close(stop)
	switching.Wait()
}

func TestANewReleaseIsWarmed(t *testing.T) {
	for _, base := range []string{"", "/data"} {
		var ready messages
		s := newConfigured(t, api.Config{Reader: newMemory(2), Poll: time.Hour, Logger: slog.New(&ready), BasePath: base})
		watch(t, s)
		await(t, func() bool { return ready.hold("answers are ready") })
		for _, url := range []string{"/kpis", "/par_pays", "/scores", "/stock", "/par_jour"} {
			if timing := ask(s.Handler(), "GET "+base+url).Header().Get("Server-Timing"); !strings.HasPrefix(timing, "cache;desc=hit") {
				t.Errorf("%s%s: %s", base, url, timing)
			}
		}
	}
}

// messages is a log that remembers its messages.
type messages struct{ seen sync.Map }

func (m *messages) hold(message string) bool { _, ok := m.seen.Load(message); return ok }

func (m *messages) Enabled(context.Context, slog.Level) bool { return true }
func (m *messages) WithAttrs([]slog.Attr) slog.Handler       { return m }
func (m *messages) WithGroup(string) slog.Handler            { return m }

func (m *messages) Handle(_ context.Context, r slog.Record) error {
	m.seen.Store(r.Message, true)
	return nil
}

func TestCacheControl(t *testing.T) {
	s := newConfigured(t, api.Config{Reader: newMemory(2), CacheMaxAge: time.Minute})
	for url, want := range map[string]string{
		"/par_pays": "max-age=60", "/par_pays?release=2": "max-age=31536000, immutable", "/par_pays?as_of=2026-02-28": "max-age=60", "/nope": "no-store", "/rien": "no-store", "/health": "no-store",
	} {
		for range 2 {
			if got := ask(s.Handler(), "GET "+url).Header().Get("Cache-Control"); got != want {
				t.Errorf("%s: %q, want %q", url, got, want)
			}
		}
	}
}

// BenchmarkMiss answers from the store each time.
func BenchmarkMiss(b *testing.B) {
	s, err := api.New(api.Config{Reader: newMemory(2), Models: []gold.Model{shop()}, CacheSize: -1})
	if err != nil {
		b.Fatal(err)
	}
	h := s.Handler()
	for name, target := range map[string]string{"rows": "/par_pays", "row": "/par_pays/France", "kpis": "/kpis", "csv": "/par_pays.csv"} {
		b.Run(name, func(b *testing.B) {
			r := httptest.NewRequest(http.MethodGet, target, http.NoBody)
			w := &discarded{header: http.Header{}}
			b.ReportAllocs()
			for b.Loop() {
				clear(w.header)
				h.ServeHTTP(w, r)
			}
		})
	}
}

func BenchmarkHit(b *testing.B) {
	s, err := api.New(api.Config{Reader: newMemory(2), Models: []gold.Model{shop()}})
	if err != nil {
		b.Fatal(err)
	}
	h := s.Handler()
	tag := ask(h, "GET /par_pays").Header().Get("ETag")
	for name, lines := range map[string]string{"200": "GET /par_pays", "304": "GET /par_pays\nIf-None-Match: " + tag} {
		b.Run(name, func(b *testing.B) {
			first, headers, _ := strings.Cut(lines, "\n")
			r := httptest.NewRequest(http.MethodGet, strings.TrimPrefix(first, "GET "), http.NoBody)
			if _, value, ok := strings.Cut(headers, ": "); ok {
				r.Header.Set("If-None-Match", value)
			}
			w := &discarded{header: http.Header{}}
			b.ReportAllocs()
			for b.Loop() {
				clear(w.header)
				h.ServeHTTP(w, r)
			}
		})
	}
}

// discarded is a ResponseWriter that nobody reads.
type discarded struct {
	header http.Header
	body   bytes.Buffer
}

func (d *discarded) Header() http.Header { return d.header }
func (d *discarded) WriteHeader(int)     { d.body.Reset() }
func (d *discarded) Write(p []byte) (int, error) {
	return d.body.Write(p)
}
