package publisher_test

import (
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"

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
	all = all[slices.IndexFunc(all, func(m *contract.Model) bool { return m.Name == "retail" }):]
	source := fixture.OpenLake(b, fixture.RealLake(b))
	rows := int64(0)
	for b.Loop() {
		b.StopTimer()
		store := open()
		b.StartTimer()
		report, err := publisher.New(publisher.Config{Store: store, Logger: slog.New(slog.DiscardHandler), Holder: "bench"}).
			Publish(b.Context(), publisher.Request{Model: all[slices.IndexFunc(all, func(m *contract.Model) bool { return m.Name == "retail" })], Lake: source})
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

// BenchmarkAppendTenMillion publishes parts of 10,000 rows each beside a part of 10 million: files to a served release, with the
// BI database, of a dataset with a key, metrics and rules, and one that is derived from it.
func BenchmarkAppendTenMillion(b *testing.B) {
	for name, open := range map[string]func() gold.Store{
		"sqlite":  func() gold.Store { return openSQLite(b) },
		"mongodb": func() gold.Store { return openBenchMongoDB(b) },
	} {
		b.Run(name, func(b *testing.B) { benchmarkAppend(b, open()) })
	}
}

func openBenchMongoDB(b *testing.B) gold.Store {
	server, err := url.Parse(storetest.MongoDB(b))
	if err != nil {
		b.Fatal(err)
	}
	server.Path = "/bench_" + strings.ToLower(rand.Text()[:8])
	store, err := mongostore.Open(b.Context(), server.String(), mongostore.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = store.Close() })
	return store
}

func benchmarkAppend(b *testing.B, store gold.Store) {
	const base, added = 10_000_000, 10_000
	s := newStream(b, 1)
	s.model = factsModel(b)
	part := func(n, first, rows int) {
		path := filepath.Join(s.folder, "visits.parquet", fmt.Sprintf("part-%d.parquet", n))
		if err := writeFacts(path, first, rows); err != nil {
			b.Fatal(err)
		}
	}
	part(0, 0, base)
	start := time.Now()
	report := s.mustPublish(b, store)
	b.Logf("%d rows loaded in %v", report.Rows, time.Since(start))
	next := base
	for n := 1; b.Loop(); n++ {
		b.StopTimer()
		part(n, next, added)
		next += added
		b.StartTimer()
		if report = s.mustPublish(b, store); report.Rows > 2*added {
			b.Fatalf("%d rows were loaded", report.Rows)
		}
	}
	b.StopTimer()
	if v := report.Release.Version("visits"); v.Rows != int64(next) {
		b.Errorf("the release has %d rows, expected %d", v.Rows, next)
	}
}

// fact is a row of nine fields.
type fact struct {
	ID      int64   `parquet:"id"`
	Client  int64   `parquet:"client"`
	At      int64   `parquet:"at,timestamp(millisecond)"`
	Amount  float64 `parquet:"amount"`
	Product string  `parquet:"product,dict"`
	Country string  `parquet:"country,dict"`
	Day     string  `parquet:"day,dict"`
	Month   string  `parquet:"month,dict"`
	Units   int64   `parquet:"units"`
}

func writeFacts(path string, first, rows int) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	w := parquet.NewGenericWriter[fact](f, parquet.MaxRowsPerRowGroup(250_000))
	batch := make([]fact, 0, 10_000)
	for i := first; i < first+rows && err == nil; i++ {
		month, day := i/900_000%12+1, i/30_000%28+1
		batch = append(batch, fact{
			int64(i), int64(i % 4_000), 1_300_000_000_000 + int64(i)*1_000, float64(i%10_000) / 7, fmt.Sprint("PRODUCT NUMBER ", i%3_800), "United Kingdom",
			fmt.Sprintf("2011-%02d-%02d", month, day), fmt.Sprintf("2011-%02d", month), int64(i % 12),
		})
		if len(batch) == cap(batch) {
			_, err = w.Write(batch)
			batch = batch[:0]
		}
	}
	return errors.Join(err, w.Close(), f.Close())
}

func factsModel(b *testing.B) *contract.Model {
	b.Helper()
	return modelOf(b, map[string]string{
		"visits": `    properties:
      - {name: id, logicalType: integer, required: true, primaryKey: true}
      - {name: client, logicalType: integer, required: true}
      - {name: at, logicalType: timestamp, required: true}
      - {name: amount, logicalType: number, required: true, logicalTypeOptions: {minimum: 0}, quality: [{type: library, metric: nullValues, mustBe: 0}]}
      - {name: product, logicalType: string, required: true}
      - {name: country, logicalType: string, required: true}
      - {name: day, logicalType: string, required: true}
      - {name: month, logicalType: string, required: true}
      - {name: units, logicalType: integer, required: true}
    customProperties:
      - {property: goldserve, value: {collection: shop_visits, metrics: {total: sum(amount), mean: avg(amount), items: sum(units), latest: max(at)}}}
`,
		"by_month": `    properties:
      - {name: month, logicalType: string, required: true, primaryKey: true}
      - {name: total, logicalType: number, required: true}
      - {name: items, logicalType: integer, required: true}
    customProperties:
      - {property: goldserve, value: {derive: {from: visits, group: [month], measures: {total: sum(amount), items: sum(units)}}}}
`,
	})
}
