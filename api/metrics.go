package api

import (
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"goldserve/api/respond"
	"goldserve/gold"
)

// metrics are the server's counters. A nil one counts nothing.
type metrics struct {
	requests    *prometheus.CounterVec
	durations   *prometheus.HistogramVec
	answers     *prometheus.CounterVec
	storeErrors *prometheus.CounterVec
	refusals    *prometheus.CounterVec
	rewrites    *prometheus.CounterVec
}

// noRoute is the label of requests that no route is for, or that were refused before one was looked for.
const noRoute = "none"

// newMetrics returns the server's counters, none registered yet; nil where there is no registry.
func newMetrics(registry prometheus.Registerer) *metrics {
	if registry == nil {
		return nil
	}
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "goldserve_http_requests_total", Help: "Requests, by route and the status of their answer; aborted if it was cut before its end.",
		}, []string{"route", "status"}),
		durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "goldserve_http_request_duration_seconds", Help: "Time from a request's headers to the end of its answer, by route; event streams are left out.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"route"}),
		answers: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "goldserve_cache_answers_total", Help: "Answers of a release by where they came from: hit, miss, stale, or not_modified where the client had it.",
		}, []string{"result"}),
		storeErrors: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "goldserve_store_errors_total", Help: "Reads of the store that failed, by the error's code.",
		}, []string{"code"}),
		rewrites: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "goldserve_query_rewrites_total", Help: "Rewrites of questions, by rewrite and the reason why it did not apply: applied where it did. explain=true shows those of one question.",
		}, []string{"rewrite", "reason"}),
		refusals: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "goldserve_refusals_total", Help: "Questions that were refused, by reason: busy, memory (what others hold leaves no room) or size (it would not fit alone).",
		}, []string{"reason"}),
	}
	for reason := range refusalReasons {
		m.refusals.WithLabelValues(reason)
	}
	return m
}

// refusalReasons say why questions are refused.
var refusalReasons = map[string]func(error) bool{
	"busy":   func(err error) bool { return errors.Is(err, respond.Overloaded) },
	"memory": func(err error) bool { return errors.Is(err, gold.Crowded) },
	"size":   func(err error) bool { return gold.CodeOf(err) == gold.CodeMemoryLimit },
}

// refused counts a question that was refused, where that is what an error says.
func (m *metrics) refused(err error) {
	if m == nil {
		return
	}
	for reason, is := range refusalReasons {
		if is(err) {
			m.refusals.WithLabelValues(reason).Inc()
		}
	}
}

// request counts a request; took is negative for one that has no meaningful duration.
func (m *metrics) request(route, result string, took time.Duration) {
	if m == nil {
		return
	}
	if route == "" {
		route = noRoute
	}
	m.requests.WithLabelValues(route, result).Inc()
	if took >= 0 {
		m.durations.WithLabelValues(route).Observe(took.Seconds())
	}
}

// answer counts where an answer came from.
func (m *metrics) answer(from respond.CacheStatus) {
	if m != nil {
		m.answers.WithLabelValues(string(from)).Inc()
	}
}

// storeError counts a read that failed and says nothing of the question.
func (m *metrics) storeError(err error) {
	if m == nil || err == nil {
		return
	}
	m.refused(err)
	if kind := gold.KindOf(err); respond.IsOutage(err) || kind == gold.Internal {
		m.storeErrors.WithLabelValues(string(gold.CodeOf(err))).Inc()
	}
}
