package api_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"goldserve/api"
	"goldserve/gold"
)

// TestAnOlderProgramServesTheLastReleaseThatItUnderstands publishes what needs a newer program under one that serves, and
// under one that starts after it.
func TestAnOlderProgramServesTheLastReleaseThatItUnderstands(t *testing.T) {
	store := openStore(t)
	publish(t, store, 1)
	running := newConfigured(t, api.Config{Reader: store, Poll: time.Millisecond, StaleMax: time.Nanosecond})
	h := running.Handler()
	watch(t, running)
	await(t, func() bool { return ask(h, "GET /par_pays").Code == http.StatusOK })
	if w := ask(h, "GET /readyz"); strings.Contains(w.Body.String(), "behind") {
		t.Errorf("ready before: %s", w.Body)
	}

	lease := must(store.Acquire(t.Context(), "shop", "a newer program", time.Minute))(t)
	current := must(store.Resolve(t.Context(), gold.Selector{Model: "shop"}))(t)
	next := *current
	next.Requires = gold.Knows + 1
	must(store.Publish(t.Context(), gold.Publication{Lease: *lease, From: 1, Release: &next}))(t)
	await(t, func() bool { return strings.Contains(ask(h, "GET /readyz").Body.String(), "behind") })
	for what, h := range map[string]http.Handler{"the running one": h, "one that starts": newServer(t, store)} {
		w := ask(h, "GET /readyz")
		if want := `"behind":[{"model":"shop","release":1,"current":2,"reason":"version_skew"}]`; w.Code != http.StatusOK || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: ready: %d %s, want %s", what, w.Code, w.Body, want)
		}
		for _, target := range []string{"/par_pays", "/par_pays?release=1", "/kpis", "/datasets", "/releases", "/releases/current", "/releases/1", "/releases/2", "/health"} {
			if w := ask(h, "GET "+target); w.Code != http.StatusOK {
				t.Errorf("%s: %s: %d %s", what, target, w.Code, w.Body)
			}
		}
		if w := ask(h, "GET /par_pays"); w.Header().Get("Goldserve-Release") != "shop/1" || strings.Contains(w.Body.String(), `"stale":true`) {
			t.Errorf("%s: answered from %s: %s", what, w.Header().Get("Goldserve-Release"), w.Body)
		}
		for _, target := range []string{"/par_pays?release=2", "/par_pays?as_of=2999-12-31", "/kpis?release=2"} {
			checkProblem(t, ask(h, "GET "+target), http.StatusServiceUnavailable, "version_skew")
		}
	}
}
