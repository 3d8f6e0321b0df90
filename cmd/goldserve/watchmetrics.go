package main

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"goldserve/gold"
)

// watchMetrics are the metrics of a lake that is followed.
type watchMetrics struct{ watching func() *gold.Watching }

var (
	watchLook     = prometheus.NewDesc("goldserve_watch_last_look_timestamp_seconds", "Time of the last listing of the lake that is followed.", []string{"model"}, nil)
	watchSuccess  = prometheus.NewDesc("goldserve_watch_last_success_timestamp_seconds", "Time at which the store was last known to match the lake.", []string{"model"}, nil)
	watchBehind   = prometheus.NewDesc("goldserve_watch_behind_seconds", "How long the store has been behind the lake; 0 if it is not.", []string{"model"}, nil)
	watchFailures = prometheus.NewDesc("goldserve_watch_failures_total", "Failures of listings and publishes of the lake, and of the process that reads it.", []string{"model"}, nil)
)

// Describe names the metrics.
func (m watchMetrics) Describe(descriptions chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{watchLook, watchSuccess, watchBehind, watchFailures} {
		descriptions <- d
	}
}

// Collect reads the last status.
func (m watchMetrics) Collect(values chan<- prometheus.Metric) {
	w := m.watching()
	tell := func(d *prometheus.Desc, of prometheus.ValueType, value float64) {
		values <- prometheus.MustNewConstMetric(d, of, value, w.Model)
	}
	since := func(d *prometheus.Desc, at time.Time) {
		if !at.IsZero() {
			tell(d, prometheus.GaugeValue, float64(at.UnixMilli())/1000)
		}
	}
	since(watchLook, w.LastLook)
	since(watchSuccess, w.LastSuccess)
	tell(watchBehind, prometheus.GaugeValue, w.Behind(time.Now()).Seconds())
	tell(watchFailures, prometheus.CounterValue, float64(w.Failures))
}
