//go:build e2e

package e2e

import (
	"path/filepath"
	"testing"
	"time"

	"goldserve/test/fixture"
)

// leastFromBucket is how many rows a publish from a bucket on this machine makes at least, for each that it makes from a folder.
const leastFromBucket = 0.8

// BenchmarkPublishFromABucket publishes a million purchases into SQLite with the built program, in turn from a folder and from
// a bucket that holds the same file.
func BenchmarkPublishFromABucket(b *testing.B) {
	const rows = 1_000_000
	lake := b.TempDir()
	repeatFacts(b, filepath.Join(lake, "fact_achats.parquet"), rows)
	models, bucket := benchModel(b, false), fixture.Buckets(b)[0]
	bucket.PutFolder(b, "gold", lake)
	bucket.Environment(b)
	var folders, buckets []time.Duration
	var peak int64
	for b.Loop() {
		folder := publishMeasured(b, sqlitePlace(b), lake, models, "bench")
		there := publishMeasured(b, sqlitePlace(b), bucket.Location("gold"), models, "bench", "--s3-endpoint", bucket.Endpoint, "--scratch-dir", b.TempDir())
		if folder.Rows != rows || there.Rows != rows {
			b.Fatalf("%d and %d rows were loaded", folder.Rows, there.Rows)
		}
		folders, buckets = append(folders, seconds(folder.Seconds)), append(buckets, seconds(there.Seconds))
		peak = max(peak, there.peak)
	}
	share := median(folders).Seconds() / median(buckets).Seconds()
	b.ReportMetric(rows/median(folders).Seconds(), "rows/s-folder")
	b.ReportMetric(rows/median(buckets).Seconds(), "rows/s-bucket")
	b.ReportMetric(share, "x-folder")
	b.ReportMetric(float64(peak)/1e6, "MB-peak")
	if share < leastFromBucket {
		b.Errorf("from the bucket %.2f of the rows/s from the folder; at least %.2f are expected", share, leastFromBucket)
	}
	if peak > publishMemory {
		b.Errorf("the publisher held %d MB, more than %d", peak/1e6, int(publishMemory/1e6))
	}
}
