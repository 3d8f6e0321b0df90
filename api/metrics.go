package api

import (
	"errors"
	"runtime"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"goldserve/api/respond"
	"goldserve/gold"
	"goldserve/gold/query"
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

// newMetrics registers the server's metrics; nil where there is no registry.
func newMetrics(c *Config, s *Server) (*metrics, error) {
	registry := c.Metrics
	if registry == nil {
		return nil, nil
	}
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "goldserve_http_requests_total", Help: "Requests, by route and the status of their answer; aborted where it was given up before its end.",
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
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "goldserve_build_info", Help: "1, with the version of the program.",
		ConstLabels: prometheus.Labels{"version": s.version, "goversion": runtime.Version()},
	})
	build.Set(1)
	for _, c := range []prometheus.Collector{
		m.requests, m.durations, m.answers, m.storeErrors, m.refusals, m.rewrites, build,
		releases{s},
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "goldserve_cache_bytes", Help: "Bytes of the answers that are kept."},
			func() float64 { return float64(s.CacheBytes()) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "goldserve_event_listeners", Help: "Clients that listen to events."},
			func() float64 { return float64(s.listeners.Load()) }),
	} {
		if err := registry.Register(c); err != nil {
			return nil, err
		}
	}
	s.engine.Rewritten = func(o query.Outcome) { m.rewrites.WithLabelValues(o.Rewrite.String(), o.Reason.String()).Inc() }
	for reason := range refusalReasons {
		m.refusals.WithLabelValues(reason)
	}
	if memory := c.Memory; memory != nil {
		for _, c := range []prometheus.Collector{
			prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "goldserve_question_bytes", Help: "Bytes that questions hold while they are computed."},
				func() float64 { return float64(memory.Held()) }),
			prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "goldserve_question_budget_bytes", Help: "Bytes that questions may hold together while they are computed."},
				func() float64 { return float64(memory.Limit()) }),
		} {
			if err := registry.Register(c); err != nil {
				return nil, err
			}
		}
	}
	return m, nil
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

// releases tells of the models' current releases as they were last seen.
type releases struct{ server *Server }

var (
	releaseNumber    = prometheus.NewDesc("goldserve_release_number", "Number of the current release.", []string{"model"}, nil)
	releaseAsOf      = prometheus.NewDesc("goldserve_release_as_of_timestamp_seconds", "Instant that the current release's data is of.", []string{"model"}, nil)
	releasePublished = prometheus.NewDesc("goldserve_release_published_timestamp_seconds", "When the current release was published, by the store's clock.", []string{"model"}, nil)
	storeUp          = prometheus.NewDesc("goldserve_store_up", "1 where the last look at the model's current release worked, else 0.", []string{"model"}, nil)
)

// Describe names the metrics.
func (c releases) Describe(descriptions chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{releaseNumber, releaseAsOf, releasePublished, storeUp} {
		descriptions <- d
	}
}

// Collect reads what was last seen; it never asks the store.
func (c releases) Collect(values chan<- prometheus.Metric) {
	for _, m := range c.server.models {
		seen := m.seen.Load()
		if seen == nil {
			continue
		}
		gauge := func(d *prometheus.Desc, value float64) {
			values <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, m.contracts.Name)
		}
		up := 1.0
		if seen.err != nil {
			up = 0
		}
		gauge(storeUp, up)
		if r := seen.catalog.Release; r != nil {
			gauge(releaseNumber, float64(r.Number))
			gauge(releaseAsOf, seconds(r.AsOf))
			gauge(releasePublished, seconds(r.PublishedAt))
		}
	}
}

func seconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }
