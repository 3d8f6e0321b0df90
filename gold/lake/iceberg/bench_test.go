package iceberg

import (
	"fmt"
	"testing"
)

// BenchmarkOpen plans a table of 10,000 data files, which one manifest lists.
func BenchmarkOpen(b *testing.B) {
	const files = 10_000
	entries := make([][]byte, files)
	for i := range entries {
		entries[i] = live(1, -1, 0, fmt.Sprintf("s3://b/t/data/day=2024-01-%02d/00000-%d-3f1801a5-7dfb-4072-b14a-39cd12f9279b.parquet", i%28+1, i), "PARQUET", 1000)
	}
	bucket := table(metadata1, nil, entries...)
	b.ReportAllocs()
	for b.Loop() {
		if s, err := open(b, bucket, At{}); err != nil || len(s.Files) != files {
			b.Fatalf("%+v, error %v", s, err)
		}
	}
	b.ReportMetric(float64(files)*float64(b.N)/b.Elapsed().Seconds(), "files/s")
}
