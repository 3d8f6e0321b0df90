//go:build e2e

package e2e

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"goldserve/api"
	"goldserve/gold"
	"goldserve/gold/columnar"
)

// BenchmarkClientRows answers 50 rows of one client from a snapshot, another client each time, with a log record and
// metrics and without keeping the answer: all that BenchmarkSnapshots asks the built program for but net/http's own part.
func BenchmarkClientRows(b *testing.B) {
	p := sqlitePlace(b)
	publishLake(b, p, realLake(b))
	log, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = log.Close() })
	registry := prometheus.NewRegistry()
	reader, err := columnar.New(openPlace(b, p), columnar.Config{Memory: 256 << 20, Metrics: registry})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = reader.Close() })
	s, err := api.New(api.Config{
		Reader: reader, Models: []gold.Model{retail(b).Model}, Version: "test", Logger: slog.New(slog.NewJSONHandler(log, nil)),
		Loopback: true, CacheSize: -1, Metrics: registry, Memory: gold.NewMemory(1 << 30),
	})
	if err != nil {
		b.Fatal(err)
	}
	server := httptest.NewServer(s.Handler())
	b.Cleanup(server.Close)
	const rows = "/datasets/fact_achats/rows?limit=50&id_client="
	requests := make([]*http.Request, 0, 1000)
	for _, client := range clientsOfFifty(b, server.URL) {
		requests = append(requests, httptest.NewRequestWithContext(b.Context(), http.MethodGet, rows+client, http.NoBody))
	}
	waitFor(b, "rows in memory", func() bool {
		_, body := get(b, server.URL, rows+"12347")
		return strings.Contains(string(body), "in memory")
	})
	w := &counted{header: http.Header{}}
	b.ReportAllocs()
	before := processorTimeOf(b, os.Getpid())
	for i := 0; b.Loop(); i++ {
		clear(w.header)
		w.bytes = 0
		s.Handler().ServeHTTP(w, requests[i%len(requests)])
		if w.bytes < 5000 {
			b.Fatalf("%d bytes", w.bytes)
		}
	}
	b.ReportMetric((processorTimeOf(b, os.Getpid())-before).Seconds()*1e6/float64(b.N), "cpu-µs/request")
}

// counted is a ResponseWriter that counts the bytes of a body.
type counted struct {
	header http.Header
	bytes  int
}

func (c *counted) Header() http.Header { return c.header }
func (c *counted) WriteHeader(int)     {}

func (c *counted) SetWriteDeadline(time.Time) error { return nil }

func (c *counted) Write(p []byte) (int, error) {
	c.bytes += len(p)
	return len(p), nil
}
