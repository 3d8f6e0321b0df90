package api_test

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"goldserve/api"
	"goldserve/gold"
)

// holding is a reader whose every question holds a number of bytes of its request's share.
type holding struct {
	gold.Reader
	bytes *atomic.Int64
}

func (h holding) Rows(ctx context.Context, q gold.Query) (gold.Rows, error) {
	if err := gold.ShareOf(ctx).Account().Set(h.bytes.Load()); err != nil {
		return nil, err
	}
	return h.Reader.Rows(ctx, q)
}

func (h holding) Aggregate(ctx context.Context, a gold.Aggregation) (gold.Rows, error) {
	if err := gold.ShareOf(ctx).Account().Set(h.bytes.Load()); err != nil {
		return nil, err
	}
	return h.Reader.Aggregate(ctx, a)
}

// TestQuestionsStayWithinTheMemory asks what fits, what fits only alone, and what fits nowhere. What a request holds is
// given back with its answer, downloads and failures included.
func TestQuestionsStayWithinTheMemory(t *testing.T) {
	memory, registry := gold.NewMemory(10<<20), prometheus.NewPedanticRegistry()
	reader := holding{newMemory(2), new(atomic.Int64)}
	h := newConfigured(t, api.Config{Reader: reader, Memory: memory, Metrics: registry, CacheSize: -1}).Handler()
	get := func(bytes int64, url string, status int, code gold.Code) {
		t.Helper()
		reader.bytes.Store(bytes)
		w := ask(h, "GET "+url)
		switch {
		case code != "":
			checkProblem(t, w, status, code)
		case w.Code != status:
			t.Errorf("%s while it holds %d bytes: %d %s", url, bytes, w.Code, w.Body)
		}
		if status == http.StatusServiceUnavailable && w.Header().Get("Retry-After") == "" {
			t.Error("refused for now without Retry-After")
		}
		if status == http.StatusRequestEntityTooLarge && !strings.Contains(w.Body.String(), "10 MiB of memory: narrow the filter, group by fewer fields") {
			t.Errorf("refused without saying what to do: %s", w.Body)
		}
	}
	const tables = "/datasets/achats/aggregate?group_by=pays&measures=count()"
	for _, url := range []string{"/par_pays?sort=pays", "/par_pays?format=csv", tables} {
		get(8<<20, url, http.StatusOK, "")
		get(11<<20, url, http.StatusRequestEntityTooLarge, gold.CodeMemoryLimit)
	}
	others := memory.Share().Account()
	if err := others.Set(5 << 20); err != nil {
		t.Fatal(err)
	}
	get(8<<20, "/par_pays?sort=pays", http.StatusServiceUnavailable, gold.CodeOverloaded)
	get(gold.Uncounted, "/par_pays?sort=pays", http.StatusOK, "")
	want := `
# HELP goldserve_question_bytes Bytes that questions hold while they are computed.
# TYPE goldserve_question_bytes gauge
goldserve_question_bytes 5.177344e+06
# HELP goldserve_question_budget_bytes Bytes that questions may hold together while they are computed.
# TYPE goldserve_question_budget_bytes gauge
goldserve_question_budget_bytes 1.048576e+07
# HELP goldserve_refusals_total Questions that were refused, by reason: busy, memory (what others hold leaves no room) or size (it would not fit alone).
# TYPE goldserve_refusals_total counter
goldserve_refusals_total{reason="busy"} 0
goldserve_refusals_total{reason="memory"} 1
goldserve_refusals_total{reason="size"} 3
`
	if err := testutil.GatherAndCompare(registry, strings.NewReader(want), "goldserve_question_bytes", "goldserve_question_budget_bytes", "goldserve_refusals_total"); err != nil {
		t.Error(err)
	}
	others.Close()
	if held := memory.Held(); held != 0 {
		t.Errorf("%d bytes are held by nobody", held)
	}
}
