package main

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"goldserve/gold"
)

// watchMetrics tell how the following of a lake goes.
type watchMetrics struct{ watching func() *gold.Watching }

var (
	watchLook     = prometheus.NewDesc("goldserve_watch_last_look_timestamp_seconds", "When the lake that is followed was last listed.", []string{"model"}, nil)
	watchSuccess  = prometheus.NewDesc("goldserve_watch_last_success_timestamp_seconds", "When the store was last known to have what the lake has.", []string{"model"}, nil)
	watchBehind   = prometheus.NewDesc("goldserve_watch_behind_seconds", "For how long the lake has had something else than the store; 0: it has not.", []string{"model"}, nil)
	watchFailures = prometheus.NewDesc("goldserve_watch_failures_total", "Looks at the lake and publishes that failed, and ends of the process that reads it.", []string{"model"}, nil)
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
