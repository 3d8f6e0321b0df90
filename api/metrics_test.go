package api_test

import (
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"goldserve/api"
	"goldserve/gold"
)

func TestMetrics(t *testing.T) {
	reader, registry := newMemory(2), prometheus.NewPedanticRegistry()
	h := newConfigured(t, api.Config{Reader: reader, Metrics: registry}).Handler()
	for _, lines := range []string{
		"GET /par_pays", "GET /par_pays", "GET /m/shop/scores/3", "GET /scores/1?_=%22%3E", "GET /nope", "GET /a/b/c/d", "GET /livez", "HEAD /events", "BREW /par_pays",
	} {
		ask(h, lines)
	}
	tag := tagOf(t, h, "/par_pays")
	ask(h, "GET /par_pays\nIf-None-Match: "+tag)
	reader.fail = func(string) error { return gold.Errorf(gold.Unavailable, gold.CodeStoreUnavailable, "down") }
	ask(h, "GET /par_pays?limit=1")
	ask(h, "GET /par_pays?limit=x")

	if problems, err := testutil.GatherAndLint(registry); err != nil || len(problems) > 0 {
		t.Errorf("names: %v %v", problems, err)
	}
	want := `
# HELP goldserve_http_requests_total Requests, by route and the status of their answer; aborted if it was cut before its end.
# TYPE goldserve_http_requests_total counter
goldserve_http_requests_total{route="/events",status="200"} 1
goldserve_http_requests_total{route="/livez",status="200"} 1
goldserve_http_requests_total{route="/m/{model}/{endpoint}/{key}",status="200"} 1
goldserve_http_requests_total{route="/{endpoint}",status="200"} 3
goldserve_http_requests_total{route="/{endpoint}",status="304"} 1
goldserve_http_requests_total{route="/{endpoint}",status="400"} 1
goldserve_http_requests_total{route="/{endpoint}",status="404"} 1
goldserve_http_requests_total{route="/{endpoint}",status="503"} 1
goldserve_http_requests_total{route="/{endpoint}/{key}",status="200"} 1
goldserve_http_requests_total{route="none",status="404"} 1
goldserve_http_requests_total{route="none",status="405"} 1
# HELP goldserve_cache_answers_total Answers of a release by where they came from: hit, miss, stale, or not_modified where the client had it.
# TYPE goldserve_cache_answers_total counter
goldserve_cache_answers_total{result="hit"} 2
goldserve_cache_answers_total{result="miss"} 3
goldserve_cache_answers_total{result="not_modified"} 1
# HELP goldserve_release_number Number of the current release.
# TYPE goldserve_release_number gauge
goldserve_release_number{model="shop"} 2
# HELP goldserve_release_as_of_timestamp_seconds Instant that the current release's data is of.
# TYPE goldserve_release_as_of_timestamp_seconds gauge
goldserve_release_as_of_timestamp_seconds{model="shop"} 1.77228e+09
# HELP goldserve_store_errors_total Reads of the store that failed, by the error's code.
# TYPE goldserve_store_errors_total counter
goldserve_store_errors_total{code="store_unavailable"} 1
# HELP goldserve_store_up 1 where the last look at the model's current release worked, else 0.
# TYPE goldserve_store_up gauge
goldserve_store_up{model="shop"} 1
`
	if err := testutil.GatherAndCompare(registry, strings.NewReader(want), "goldserve_http_requests_total", "goldserve_cache_answers_total", "goldserve_release_number",
		"goldserve_release_as_of_timestamp_seconds", "goldserve_store_errors_total", "goldserve_store_up"); err != nil {
		t.Error(err)
	}
	if n, err := testutil.GatherAndCount(registry, "goldserve_http_request_duration_seconds"); err != nil || n != 5 {
		t.Errorf("%d routes have durations, want all but the event stream: %v", n, err)
	}
}
