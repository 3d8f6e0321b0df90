package respond

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"

	"goldserve/api/edge"
	"goldserve/gold"
	"goldserve/gold/format"
	"goldserve/gold/query/body"
)

// none is a store that nobody asks.
type none struct{ gold.Reader }

func (none) Embedded() bool { return true }

// responder returns a responder and what it counts.
func responder(t *testing.T) (*Responder, *[]CacheStatus) {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	e, err := edge.New(edge.Config{Logger: log, Timeout: time.Minute, Counted: func(string, string, time.Duration) {}})
	if err != nil {
		t.Fatal(err)
	}
	counted := &[]CacheStatus{}
	s, err := New(Config{
		Reader: none{}, Edge: e, Logger: log, Timeout: time.Minute, CacheSize: 1 << 20, MaxAge: time.Minute,
		Answered: func(from CacheStatus) { *counted = append(*counted, from) }, Failed: func(error) {},
	})
	if err != nil {
		t.Fatal(err)
	}
	return s, counted
}

// pending returns a response of a release that is the current one, to a question whose answer is its text.
func pending(number int64, question string) *Pending {
	release := &Release{
		Record: &gold.Release{Model: "shop", Number: number}, Identity: Identity{byte(number)}, Tag: []string{"shop/1"}, AsOf: []string{"then"},
		Current: func() bool { return true }, Previous: func() (Identity, bool) { return Identity{byte(number - 1)}, true },
	}
	p := &Pending{
		Release: release, Form: Form{Format: format.JSON, ContentType: edge.TypeJSON}, Location: func(int64) string { return "/here" },
		Compute: func(_ context.Context, dst []byte) ([]byte, *body.Meta, error) {
			return append(append(append(dst, `{"data":"`...), question...), `",`...), &body.Meta{}, nil
		},
	}
	p.Question.Text(question)
	return p
}

// TestAResponseNeedsNoModels goes through where an answer can come from: computed, cached, known to the client, asked for
// again without a handler, prepared, and of the release before while the store is down.
func TestAResponseNeedsNoModels(t *testing.T) {
	s, counted := responder(t)
	ask := func(p *Pending, tag string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodGet, "/question", http.NoBody)
		if tag != "" {
			r.Header.Set("If-None-Match", tag)
		}
		w := httptest.NewRecorder()
		if p == nil {
			if !s.Again(w, r) {
				t.Error("a request that was asked before isn't remembered")
			}
			return w
		}
		if err := s.Respond(w, r.WithContext(context.WithValue(r.Context(), chi.RouteCtxKey, chi.NewRouteContext())), p); err != nil {
			t.Fatal(err)
		}
		return w
	}
	first := ask(pending(1, "a"), "")
	tag := first.Header().Get("Etag")
	if first.Code != http.StatusOK || !strings.Contains(first.Body.String(), `"data":"a"`) || !strings.HasPrefix(tag, `W/"r1-`) || first.Header().Get("Cache-Control") != "max-age=60" {
		t.Errorf("the first answer: %d %v %s", first.Code, first.Header(), first.Body)
	}
	if again := ask(pending(1, "a"), ""); again.Body.String() != first.Body.String() {
		t.Errorf("the cached answer is %s, want %s", again.Body, first.Body)
	}
	if again := ask(nil, ""); again.Body.String() != first.Body.String() || again.Header().Get("Etag") != tag {
		t.Errorf("without a handler: %v %s", again.Header(), again.Body)
	}
	if w := ask(pending(1, "a"), tag); w.Code != http.StatusNotModified || w.Body.Len() > 0 {
		t.Errorf("a client that has the answer: %d %s", w.Code, w.Body)
	}
	prepared := pending(1, "b")
	if err := s.Prepare(t.Context(), prepared); err != nil {
		t.Fatal(err)
	}
	prepared.Compute = func(context.Context, []byte) ([]byte, *body.Meta, error) { panic("it is cached") }
	ask(prepared, "")
	down := pending(2, "a")
	down.Compute = func(context.Context, []byte) ([]byte, *body.Meta, error) {
		return nil, nil, gold.Errorf(gold.Unavailable, gold.CodeStoreUnavailable, "no store")
	}
	if w := ask(down, ""); !strings.Contains(w.Body.String(), `"data":"a"`) || !strings.Contains(w.Body.String(), `"stale":true`) || w.Header().Get("Etag") != "" || w.Header().Get("Goldserve-Release") != "shop/1" {
		t.Errorf("while the store is down: %v %s", w.Header(), w.Body)
	}
	if want := []CacheStatus{Miss, Hit, Hit, NotModified, Hit, Stale}; !slices.Equal(*counted, want) {
		t.Errorf("the answers came from %v, want %v", *counted, want)
	}
}
