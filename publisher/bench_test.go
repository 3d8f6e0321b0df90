package publisher_test

import (
	"crypto/rand"
	"log/slog"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"goldserve/gold"
	"goldserve/gold/contract"
	"goldserve/gold/mongostore"
	"goldserve/gold/sqlitestore"
	"goldserve/gold/storetest"
	"goldserve/models"
	"goldserve/publisher"
	"goldserve/test/fixture"
)

// BenchmarkPublish publishes the real lake (about 424,000 rows in all its datasets) into a fresh store: files to a
// served release. The raw-insert ceiling beside it is BenchmarkLoad of each store.
func BenchmarkPublish(b *testing.B) {
	b.Run("sqlite", func(b *testing.B) {
		benchmarkPublish(b, func() gold.Store {
			store, err := sqlitestore.Open(b.Context(), filepath.Join(b.TempDir(), "gold.db"), sqlitestore.Options{Logger: slog.New(slog.DiscardHandler)})
			if err != nil {
				b.Fatal(err)
			}
			return store
		})
	})
	b.Run("mongodb", func(b *testing.B) {
		server, err := url.Parse(storetest.MongoDB(b))
		if err != nil {
			b.Fatal(err)
		}
		benchmarkPublish(b, func() gold.Store {
			server.Path = "/bench_" + strings.ToLower(rand.Text()[:8])
			store, err := mongostore.Open(b.Context(), server.String(), mongostore.Options{Logger: slog.New(slog.DiscardHandler)})
			if err != nil {
				b.Fatal(err)
			}
			return store
		})
	})
}

func benchmarkPublish(b *testing.B, open func() gold.Store) {
	all, _, err := contract.LoadAll(contract.Overlays{}, models.FS)
	if err != nil {
		b.Fatal(err)
	}
	source := fixture.OpenLake(b, fixture.RealLake(b))
	rows := int64(0)
	for b.Loop() {
		b.StopTimer()
		store := open()
		b.StartTimer()
		report, err := publisher.New(publisher.Config{Store: store, Logger: slog.New(slog.DiscardHandler), Holder: "bench"}).
			Publish(b.Context(), publisher.Request{Model: all[0], Lake: source})
		if err != nil {
			b.Fatal(err)
		}
		rows += report.Rows
		b.StopTimer()
		if err := store.Close(); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
	b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
}
