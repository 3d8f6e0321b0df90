package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"goldserve/gold"
)

// BenchmarkQueryTime compares the store's time that answers tell of with what somebody else measures of the same query,
// in turn: database/sql's select, and MongoDB's own profile. The query looks at each of 400,000 facts for a few of them,
// so that a profile in whole milliseconds is exact enough.
func BenchmarkQueryTime(b *testing.B) {
	eachStoreBenchmark(b, func(b *testing.B, p place) {
		publishLake(b, p, realLake(b))
		release, err := openPlace(b, p).Resolve(b.Context(), gold.Selector{Model: defaultModel})
		if err != nil {
			b.Fatal(err)
		}
		handler := servedWith(b, config{storeSettings: storeSettings{Store: p.store}, cacheSettings: cacheSettings{CacheSize: -1}}).Config.Handler
		measured := otherMeasure(b, p, release.Version("fact_achats").Location)
		var told, other []time.Duration
		for b.Loop() {
			told = append(told, toldTime(b, handler, "/datasets/fact_achats/rows?limit=1000&montant__gte=3000"))
			other = append(other, measured(b))
		}
		ratio := median(told).Seconds() / median(other).Seconds()
		b.ReportMetric(median(told).Seconds()*1000, "ms-told")
		b.ReportMetric(median(other).Seconds()*1000, "ms-measured")
		b.ReportMetric(ratio, "x-measured")
		if ratio < 0.9 || ratio > 1.1 {
			b.Errorf("query_ms is %.2f of what was measured", ratio)
		}
	})
}

var serverQuery = regexp.MustCompile(`db;dur=([0-9.]+)`)

// toldTime asks a handler once and returns the store's time as the answer tells it.
func toldTime(b *testing.B, handler http.Handler, target string) time.Duration {
	b.Helper()
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequestWithContext(b.Context(), http.MethodGet, target, nil))
	told := serverQuery.FindStringSubmatch(w.Header().Get("Server-Timing"))
	if w.Code != http.StatusOK || told == nil {
		b.Fatalf("GET %s: %d %.300s, %v", target, w.Code, w.Body, w.Header())
	}
	milliseconds, err := strconv.ParseFloat(told[1], 64)
	if err != nil {
		b.Fatal(err)
	}
	return time.Duration(milliseconds * float64(time.Millisecond))
}

// otherMeasure returns what measures the query of BenchmarkQueryTime without us: on SQLite it runs it; on MongoDB it
// looks up how long the server needed for the last one that it was asked.
func otherMeasure(b *testing.B, p place, location string) func(*testing.B) time.Duration {
	b.Helper()
	if p.db == "" {
		query := fmt.Sprintf(`SELECT * FROM %q WHERE montant >= 3000 ORDER BY date_achat, id_achat LIMIT 1001`, location)
		ask := bareSelect(b, strings.TrimPrefix(p.store, "sqlite:"), query)
		return func(b *testing.B) time.Duration {
			start := time.Now()
			ask(b)
			return time.Since(start)
		}
	}
	database := mongoClient(b).Database(p.db + "_releases")
	profile := func(level int) {
		if err := database.RunCommand(context.WithoutCancel(b.Context()), bson.D{{Key: "profile", Value: level}}).Err(); err != nil {
			b.Fatal(err)
		}
	}
	profile(2)
	b.Cleanup(func() { profile(0) })
	last := options.FindOne().SetSort(bson.D{{Key: "ts", Value: -1}})
	return func(b *testing.B) time.Duration {
		var entry struct {
			Millis int64 `bson:"millis"`
		}
		of := bson.D{{Key: "ns", Value: database.Name() + "." + location}, {Key: "op", Value: "query"}}
		if err := database.Collection("system.profile").FindOne(b.Context(), of, last).Decode(&entry); err != nil {
			b.Fatal(err)
		}
		return time.Duration(entry.Millis) * time.Millisecond
	}
}
