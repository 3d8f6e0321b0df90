package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/readconcern"

	"goldserve/gold"
)

// eachStoreBenchmark is eachStore for benchmarks, which are of both.
func eachStoreBenchmark(b *testing.B, bench func(b *testing.B, p place)) {
	b.Run("sqlite", func(b *testing.B) { bench(b, sqlitePlace(b)) })
	b.Run("mongodb", func(b *testing.B) { bench(b, mongoPlace(b)) })
}

// BenchmarkScores answers /scores?limit=100 from the store and from a snapshot in memory in turn with the bare driver,
// which reads the same documents and decodes every value. The first two are the whole handler's time, nothing of it from
// a cache of answers.
func BenchmarkScores(b *testing.B) {
	eachStoreBenchmark(b, func(b *testing.B, p place) {
		publishLake(b, p, realLake(b))
		release, err := openPlace(b, p).Resolve(b.Context(), gold.Selector{Model: defaultModel})
		if err != nil {
			b.Fatal(err)
		}
		location := release.Version("client_scores").Location
		handler := servedWith(b, config{storeSettings: storeSettings{Store: p.store}, cacheSettings: cacheSettings{CacheSize: -1}}).Config.Handler
		accelerated := servedWith(b, config{storeSettings: storeSettings{Store: p.store}, cacheSettings: cacheSettings{CacheSize: -1, AccelerateMemory: 64 << 20}}).Config.Handler
		waitFor(b, "scores in memory", func() bool {
			w := httptest.NewRecorder()
			accelerated.ServeHTTP(w, httptest.NewRequestWithContext(b.Context(), http.MethodGet, scoresPath, nil))
			return strings.Contains(w.Body.String(), "in memory")
		})
		find := bareScores(b, p, location)
		var answered, remembered, found []time.Duration
		for b.Loop() {
			start := time.Now()
			rows := find(b)
			found = append(found, time.Since(start))
			answered = append(answered, askScores(b, handler))
			remembered = append(remembered, askScores(b, accelerated))
			if rows != 100 {
				b.Fatalf("the driver read %d rows, expected 100", rows)
			}
		}
		b.ReportMetric(float64(median(answered).Microseconds()), "µs-served")
		b.ReportMetric(float64(median(found).Microseconds()), "µs-driver")
		b.ReportMetric(median(answered).Seconds()/median(found).Seconds(), "x-driver")
		b.ReportMetric(median(remembered).Seconds()/median(found).Seconds(), "x-driver-snapshot")
	})
}

const scoresPath = "/scores?limit=100"

// askScores asks a handler once and returns how long the whole of it took.
func askScores(b *testing.B, handler http.Handler) time.Duration {
	b.Helper()
	request := httptest.NewRequestWithContext(b.Context(), http.MethodGet, scoresPath, nil)
	w := &headersOnly{ResponseRecorder: httptest.NewRecorder()}
	start := time.Now()
	handler.ServeHTTP(w, request)
	took := time.Since(start)
	if timing := w.Header().Get("Server-Timing"); w.Code != http.StatusOK || w.bytes < 10_000 || !strings.Contains(timing, "desc=miss") {
		b.Fatalf("GET %s: status %d, %d bytes, Server-Timing %s", scoresPath, w.Code, w.bytes, timing)
	}
	return took
}

// headersOnly counts the bytes of a body instead of keeping them, as a socket would.
type headersOnly struct {
	*httptest.ResponseRecorder
	bytes int
}

func (w *headersOnly) Write(p []byte) (int, error) {
	w.bytes += len(p)
	return len(p), nil
}

// bareScores returns what reads the rows of scoresPath by the driver alone, each value as the driver gives it, and
// counts them.
func bareScores(b *testing.B, p place, location string) func(*testing.B) int {
	b.Helper()
	if p.db == "" {
		return bareSelect(b, strings.TrimPrefix(p.store, "sqlite:"), fmt.Sprintf(`SELECT * FROM %q ORDER BY expected_value_12m DESC, id_client LIMIT 100`, location))
	}
	collection := mongoClient(b).Database(p.db+"_releases", options.Database().SetReadConcern(readconcern.Majority())).Collection(location)
	find := options.Find().SetSort(bson.D{{Key: "expected_value_12m", Value: -1}, {Key: "_id", Value: 1}}).SetLimit(100).SetBatchSize(101)
	return func(b *testing.B) int {
		cursor, err := collection.Find(b.Context(), bson.D{}, find)
		if err != nil {
			b.Fatal(err)
		}
		var documents []bson.D
		if err := cursor.All(b.Context(), &documents); err != nil {
			b.Fatal(err)
		}
		return len(documents)
	}
}
