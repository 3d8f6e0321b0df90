//go:build e2e

package e2e

import (
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/readconcern"

	"goldserve/gold"
)

const (
	// exportRows is the size of the facts that BenchmarkExport reads.
	exportRows = 1_000_000
	// exportMemory is what serve may hold while it sends them, in bytes.
	exportMemory = 100e6
)

// BenchmarkExport reads a million facts from the built program in each format, a new server for each, in turn with the
// bare driver, which reads the same rows in the same order, each value as the driver gives it.
func BenchmarkExport(b *testing.B) {
	lake := b.TempDir()
	repeatFacts(b, filepath.Join(lake, "fact_achats.parquet"), exportRows)
	models := benchModel(b, true)
	eachStoreBenchmark(b, func(b *testing.B, p place) {
		publishMeasured(b, p, lake, models, "bench")
		release, err := openPlace(b, p).Resolve(b.Context(), gold.Selector{Model: "bench"})
		if err != nil {
			b.Fatal(err)
		}
		bare := bareFacts(b, p, release.Version("fact_achats").Location)
		for _, name := range []string{"ndjson", "csv", "arrow", "parquet"} {
			b.Run(name, func(b *testing.B) {
				var sent, read []time.Duration
				var peak, size int64
				for b.Loop() {
					start := time.Now()
					if rows := bare(b); rows != exportRows {
						b.Fatalf("the driver read %d rows", rows)
					}
					read = append(read, time.Since(start))
					e := exportOnce(b, p, models, name)
					sent, peak, size = append(sent, e.took), max(peak, e.peak), e.size
				}
				b.ReportMetric(exportRows/median(sent).Seconds(), "rows/s")
				b.ReportMetric(exportRows/median(read).Seconds(), "rows/s-driver")
				b.ReportMetric(float64(size)/1e6, "MB")
				b.ReportMetric(float64(peak)/1e6, "MB-peak")
				if peak > exportMemory {
					b.Errorf("serve held %d MB, more than %d", peak/1e6, int(exportMemory/1e6))
				}
			})
		}
	})
}

// exported is an answer that was sent while it was read.
type exported struct {
	took       time.Duration
	size, peak int64 // of the body, and the most memory that the server held, in bytes
}

// exportOnce asks a new server for all facts.
func exportOnce(b *testing.B, p place, models, format string) exported {
	b.Helper()
	cmd, url := startServing(b, program, nil, p, "GOLDSERVE_MODELS="+models, "GOLDSERVE_DEFAULT_MODEL=bench", "GOLDSERVE_CACHE_DIR="+b.TempDir())
	defer stopServing(b, cmd)
	request, err := http.NewRequestWithContext(b.Context(), http.MethodGet, url+"/datasets/fact_achats/rows?limit=0&format="+format, nil)
	if err != nil {
		b.Fatal(err)
	}
	request.Header.Set("Accept-Encoding", "identity")
	start := time.Now()
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	size, err := io.Copy(io.Discard, response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		b.Fatalf("%s: %d, %v", format, response.StatusCode, err)
	}
	e := exported{took: time.Since(start), size: size}
	if e.peak, err = memory(cmd.Process.Pid, "VmHWM"); err != nil {
		b.Fatal(err)
	}
	return e
}

// bareFacts returns what reads the facts in the order of their dataset by the driver alone, and counts them.
func bareFacts(b *testing.B, p place, location string) func(*testing.B) int {
	b.Helper()
	if p.db == "" {
		return bareSelect(b, strings.TrimPrefix(p.store, "sqlite:"), fmt.Sprintf(`SELECT * FROM %q ORDER BY date_achat, id_achat`, location))
	}
	collection := mongoClient(b).Database(p.db+"_releases", options.Database().SetReadConcern(readconcern.Majority())).Collection(location)
	find := options.Find().SetSort(bson.D{{Key: "date_achat", Value: 1}, {Key: "_id", Value: 1}})
	return func(b *testing.B) int {
		cursor, err := collection.Find(b.Context(), bson.D{}, find)
		if err != nil {
			b.Fatal(err)
		}
		n := 0
		for ; cursor.Next(b.Context()); n++ {
			var document bson.D
			if err := cursor.Decode(&document); err != nil {
				b.Fatal(err)
			}
		}
		if err := cursor.Err(); err != nil {
			b.Fatal(err)
		}
		return n
	}
}
