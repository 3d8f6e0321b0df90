package delta

import (
	"fmt"
	"strings"
	"testing"
)

// BenchmarkOpen opens a table of 100,000 files, which its first commit adds.
func BenchmarkOpen(b *testing.B) {
	const files = 100_000
	actions := []string{reader1, table1}
	for i := range files {
		actions = append(actions, fmt.Sprintf(`{"add":{"path":"day=2024-01-%02d/part-%05d-c5b2a7e6-91cf-4e5b-a43e-1a7e7f0f1c55.c000.snappy.parquet","partitionValues":{"day":"2024-01-%02d"},`+
			`"size":123456,"modificationTime":1700000000000,"dataChange":true,"stats":"{\"numRecords\":1000,\"minValues\":{\"id\":1},\"maxValues\":{\"id\":1000},\"nullCount\":{\"id\":0}}"}}`, i%28+1, i, i%28+1))
	}
	bucket := logOf(actions)
	text := strings.Join(actions, "\n")
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		s, err := Open(b.Context(), bucket, "t", At{})
		if err != nil || len(s.Files) != files || s.Files[0].Rows != 1000 {
			b.Fatal(err)
		}
	}
	b.ReportMetric(files*float64(b.N)/b.Elapsed().Seconds(), "files/s")
}
