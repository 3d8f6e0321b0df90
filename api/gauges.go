package api

import (
	"runtime"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"goldserve/gold"
	"goldserve/gold/query"
)

// register registers the server's metrics: its counters, and gauges of what it holds. memory is that of its questions,
// nil for any.
func (s *service) register(registry prometheus.Registerer, memory *gold.Memory) error {
	if registry == nil {
		return nil
	}
	m := s.metrics
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "goldserve_build_info", Help: "1, with the version of the program.",
		ConstLabels: prometheus.Labels{"version": s.version, "goversion": runtime.Version()},
	})
	build.Set(1)
	collectors := []prometheus.Collector{
		m.requests, m.durations, m.answers, m.storeErrors, m.refusals, m.rewrites, build,
		releases{s.models},
		gauge("goldserve_cache_bytes", "Bytes of the answers that are cached.", s.responder.Cache.Bytes),
		gauge("goldserve_event_listeners", "Clients that listen to events.", s.listeners.Load),
	}
	if memory != nil {
		collectors = append(
			collectors,
			gauge("goldserve_question_bytes", "Bytes that questions hold while they are computed.", memory.Held),
			gauge("goldserve_question_budget_bytes", "Bytes that questions may hold together while they are computed.", memory.Limit),
		)
	}
	for _, c := range collectors {
		if err := registry.Register(c); err != nil {
			return err
		}
	}
	s.engine.Rewritten = func(o query.Outcome) { m.rewrites.WithLabelValues(o.Rewrite.String(), o.Reason.String()).Inc() }
	return nil
}

// gauge returns a gauge of what read returns.
func gauge(name, help string, read func() int64) prometheus.Collector {
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, func() float64 { return float64(read()) })
}

// releases are gauges of the models' current releases as they were last seen.
type releases struct{ models []*model }

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
	for _, m := range c.models {
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
