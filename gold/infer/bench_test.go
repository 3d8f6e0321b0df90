package infer

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"

	"goldserve/gold/lake"
)

// BenchmarkInfer reports how long a dataset of a million rows and twelve columns takes.
func BenchmarkInfer(b *testing.B) {
	type row struct {
		ID       int64     `parquet:"id"`
		Client   int64     `parquet:"client_id"`
		At       time.Time `parquet:"ordered_at,timestamp(millisecond)"`
		Day      string    `parquet:"day,dict"`
		Amount   float64   `parquet:"amount"`
		Pieces   int32     `parquet:"pieces"`
		Country  string    `parquet:"country,dict"`
		City     string    `parquet:"city,dict"`
		Email    string    `parquet:"email"`
		Comment  string    `parquet:"comment"`
		Share    float64   `parquet:"share"`
		Returned bool      `parquet:"returned"`
	}
	const rows = 1_000_000
	list := make([]row, rows)
	for i := range list {
		at := time.Date(2020, 1, 1, 0, i/2, 0, 0, time.UTC)
		list[i] = row{
			int64(i), int64(i * 7919 % 50_000), at, at.Format(time.DateOnly), float64(i*31%100_000) / 100, int32(i % 9), fmt.Sprintf("Country %c", 'A'+i%26),
			fmt.Sprintf("City %d", i%900), fmt.Sprintf("client%d@example.org", i%50_000), fmt.Sprintf("Order number %d, as agreed by phone", i), float64(i%100) / 100, i%17 == 0,
		}
	}
	folder := b.TempDir()
	if err := parquet.WriteFile(filepath.Join(folder, "orders.parquet"), list, parquet.MaxRowsPerRowGroup(100_000), parquet.Compression(&parquet.Snappy)); err != nil {
		b.Fatal(err)
	}
	l, err := lake.Open(b.Context(), folder)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	for b.Loop() {
		m, err := Infer(b.Context(), l, Options{Name: "shop"})
		if err != nil || len(m.Datasets) != 1 || len(m.Datasets[0].Key) != 1 {
			b.Fatal(err, m)
		}
	}
	b.ReportMetric(rows*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
