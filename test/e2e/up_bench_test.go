//go:build e2e

package e2e

import (
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"goldserve/gold"
	"goldserve/gold/lake"
	"goldserve/test/fixture"
)

// mostUp is how long up may take on this machine from its start to the first answer with rows of a lake of a million.
const mostUp = 5 * time.Second

// BenchmarkUp starts up on a million purchases, with a store of its own, and asks for rows until they are there; in turn with
// decoding each column of the same files once. Inferring reads them once, too, before publishing does.
func BenchmarkUp(b *testing.B) {
	const rows = 1_000_000
	folder := b.TempDir()
	repeatFacts(b, filepath.Join(folder, "fact_achats.parquet"), rows)
	var answers, reads []time.Duration
	for b.Loop() {
		answers = append(answers, rowsOfUp(b, folder, "/datasets/fact_achats/rows?limit=10"))
		reads = append(reads, readOnce(b, folder, rows))
	}
	first, once := median(answers), median(reads)
	b.ReportMetric(first.Seconds(), "s-first-answer")
	b.ReportMetric(once.Seconds(), "s-read-once")
	b.ReportMetric(first.Seconds()/once.Seconds(), "x-read-once")
	if first > mostUp {
		b.Errorf("the first answer came after %v, later than %v; decoding the file once took %v", first, mostUp, once)
	}
}

// rowsOfUp returns how long it takes until up answers a URL.
func rowsOfUp(b *testing.B, folder, path string) time.Duration {
	b.Helper()
	address := fixture.FreeAddress(b)
	began := time.Now()
	p := launch(b, "up", folder, "--listen", address, "--store", sqlitePlace(b).store)
	for !answers(b, address, path, http.StatusOK) {
		if p.over(5 * time.Millisecond) {
			b.Fatalf("up ended: %s", &p.stderr)
		}
	}
	took := time.Since(began)
	p.kill()
	p.code()
	return took
}

// readOnce returns how long it takes to decode all columns of a lake's one source.
func readOnce(b *testing.B, folder string, rows int64) time.Duration {
	b.Helper()
	began := time.Now()
	l := fixture.OpenLake(b, folder)
	spec := lake.Spec{Source: "fact_achats", Dataset: gold.Dataset{Name: "fact_achats"}}
	columns, err := l.Columns(b.Context(), spec)
	if err != nil {
		b.Fatal(err)
	}
	for _, c := range columns {
		spec.Dataset.Fields = append(spec.Dataset.Fields, c.Field)
	}
	table, err := l.Table(b.Context(), spec)
	if err != nil {
		b.Fatal(err)
	}
	report, err := table.Read(b.Context(), lake.Read{}, func(int, *gold.Batch, int64) error { return nil })
	if err != nil || report.Rows != rows || len(columns) < 9 {
		b.Fatal(report, err)
	}
	return time.Since(began)
}
