package columnar

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"goldserve/gold"
)

// metrics are the reader's counters. A nil one counts nothing.
type metrics struct {
	answers   *prometheus.CounterVec
	fallbacks *prometheus.CounterVec
	loads     *prometheus.GaugeVec
}

// newMetrics registers the reader's metrics; nil where there is no registry.
func newMetrics(registry prometheus.Registerer, r *Reader) (*metrics, error) {
	if registry == nil {
		return nil, nil
	}
	m := &metrics{
		answers: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "goldserve_snapshot_answers_total", Help: "Questions answered from snapshots in memory, by dataset.",
		}, []string{"model", "dataset"}),
		fallbacks: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "goldserve_snapshot_fallbacks_total", Help: "Questions about accelerated datasets that the store answered, by reason: absent, lender, size or meaning.",
		}, []string{"reason"}),
		loads: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "goldserve_snapshot_load_seconds", Help: "Time that the last load of a dataset's snapshot took.",
		}, []string{"model", "dataset"}),
	}
	for _, c := range []prometheus.Collector{m.answers, m.fallbacks, m.loads, sizes{r}} {
		if err := registry.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}

func (m *metrics) answered(v *gold.Version) {
	if m != nil {
		m.answers.WithLabelValues(v.Dataset.Model, v.Dataset.Name).Inc()
	}
}

func (m *metrics) fellBack(why fallback) {
	if m != nil {
		m.fallbacks.WithLabelValues(string(why)).Inc()
	}
}

func (m *metrics) loaded(v *gold.Version, took time.Duration) {
	if m != nil {
		m.loads.WithLabelValues(v.Dataset.Model, v.Dataset.Name).Set(took.Seconds())
	}
}

// sizes tells of the snapshots that are held.
type sizes struct{ reader *Reader }

var (
	snapshotBytes = prometheus.NewDesc("goldserve_snapshot_bytes", "Bytes of the snapshots that are held, by dataset.", []string{"model", "dataset"}, nil)
	budgetBytes   = prometheus.NewDesc("goldserve_snapshot_budget_bytes", "Bytes that snapshots may take together.", nil, nil)
)

// Describe names the metrics.
func (s sizes) Describe(descriptions chan<- *prometheus.Desc) {
	descriptions <- snapshotBytes
	descriptions <- budgetBytes
}

// Collect adds up the snapshots.
func (s sizes) Collect(values chan<- prometheus.Metric) {
	type dataset struct{ model, name string }
	bytes := map[dataset]int64{}
	for _, h := range *s.reader.held.Load() {
		bytes[dataset{h.model, h.dataset}] += h.snapshot.size
	}
	for d, n := range bytes {
		values <- prometheus.MustNewConstMetric(snapshotBytes, prometheus.GaugeValue, float64(n), d.model, d.name)
	}
	values <- prometheus.MustNewConstMetric(budgetBytes, prometheus.GaugeValue, float64(s.reader.budget))
}
