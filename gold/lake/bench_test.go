package lake

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"

	"goldserve/gold"
)

// purchase is a row like those of a table of sales.
type purchase struct {
	ID       int64     `parquet:"id"`
	Client   int64     `parquet:"client"`
	At       time.Time `parquet:"at,timestamp(microsecond)"`
	Amount   float64   `parquet:"amount"`
	Product  string    `parquet:"product,dict"`
	Country  string    `parquet:"country,dict"`
	Day      string    `parquet:"day,dict"`
	Month    string    `parquet:"month,dict"`
	Year     int64     `parquet:"year"`
	Comment  *string   `parquet:"comment,optional"`
	Quantity *int64    `parquet:"quantity,optional"`
}

const purchaseFields = "id:i client:i at:T amount:f product:t country:t day:t month:t year:i"

// writePurchases writes a file of purchases in row groups of a size.
func writePurchases(tb testing.TB, path string, rows, group int, options ...parquet.WriterOption) {
	tb.Helper()
	f, err := os.Create(path)
	if err != nil {
		tb.Fatal(err)
	}
	w := parquet.NewGenericWriter[purchase](f, append(options, parquet.MaxRowsPerRowGroup(int64(group)))...)
	buffer := make([]purchase, 0, 1000)
	start := time.Date(2010, 12, 1, 8, 26, 0, 0, time.UTC)
	for i := range rows {
		at := start.Add(time.Duration(i) * time.Minute)
		p := purchase{
			ID: int64(i + 1), Client: int64(12346 + i*7919%4366), At: at, Amount: float64(i*31%100_000) / 100,
			Product: fmt.Sprintf("Regency Cakestand %d Tier", i*17%3864), Country: fmt.Sprintf("Country %d", i%37),
			Day: at.Format(time.DateOnly), Month: at.Format("2006-01"), Year: int64(at.Year()),
		}
		if i%3 == 0 {
			text, n := fmt.Sprintf("comment %d", i), int64(i%12)
			p.Comment, p.Quantity = &text, &n
		}
		if buffer = append(buffer, p); len(buffer) == cap(buffer) || i == rows-1 {
			if _, err := w.Write(buffer); err != nil {
				tb.Fatal(err)
			}
			buffer = buffer[:0]
		}
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	if err := f.Close(); err != nil {
		tb.Fatal(err)
	}
}

func BenchmarkRead(b *testing.B) {
	const rows = 400_000
	for _, c := range []struct {
		name   string
		codec  parquet.WriterOption
		fields string
	}{
		{"snappy", parquet.Compression(&parquet.Snappy), purchaseFields},
		{"zstd", parquet.Compression(&parquet.Zstd), purchaseFields},
		{"nullable", parquet.Compression(&parquet.Snappy), purchaseFields + " comment:t? quantity:i?"},
	} {
		b.Run(c.name, func(b *testing.B) {
			dir := b.TempDir()
			writePurchases(b, filepath.Join(dir, "facts.parquet"), rows, 100_000, c.codec)
			table := mustTable(b, dir, Spec{Dataset: dataset("facts", c.fields)})
			b.ReportAllocs()
			for b.Loop() {
				seen := 0
				if _, err := table.Read(b.Context(), Read{Workers: 1}, func(_ int, batch *gold.Batch, _ int64) error {
					seen += batch.Rows
					return nil
				}); err != nil || seen != rows {
					b.Fatal(seen, err)
				}
			}
			b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

// BenchmarkParts opens and looks again at a folder of more parts than stay open.
func BenchmarkParts(b *testing.B) {
	const parts = 400
	dir := b.TempDir()
	for i := range parts {
		writeRows(b, filepath.Join(dir, "x.parquet", fmt.Sprintf("a=%d", i%20), fmt.Sprintf("part-%05d.parquet", i)), []struct {
			ID int64 `parquet:"id"`
		}{{int64(i)}})
	}
	l := mustOpen(b, dir)
	b.ReportAllocs()
	for b.Loop() {
		table, err := l.Table(b.Context(), Spec{Dataset: dataset("x", "id:i a:i"), NoSuccessFile: true})
		if err != nil {
			b.Fatal(err)
		}
		if err := table.Unchanged(b.Context()); err != nil {
			b.Fatal(err)
		}
		if err := table.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(parts*float64(b.N)/b.Elapsed().Seconds(), "parts/s")
}
