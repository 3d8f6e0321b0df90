package text

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	arrowcsv "github.com/apache/arrow-go/v18/arrow/csv"

	"goldserve/gold"
)

// orders writes the rows of a shop as CSV, and returns the dataset that reads them.
func orders(rows int) ([]byte, *gold.Dataset) {
	var b bytes.Buffer
	random := rand.New(rand.NewPCG(1, 2))
	b.WriteString("order_id,order_ts,day,customer,country,product,quantity,unit_price,total,discount,paid\n")
	for i := range rows {
		quantity, cents := random.IntN(9)+1, random.IntN(100_000)
		product := []string{"White metal lantern", "\"Cups, set of six\"", "Red woolly hottie", "\"6\"\" plate\""}[random.IntN(4)]
		fmt.Fprintf(&b, "%d,2025-%02d-%02dT%02d:%02d:00Z,2025-%02d-%02d,c%05d,%s,%s,%d,%d.%02d,%d.%02d,%.4f,%t\n", 536_000+i,
			random.IntN(12)+1, random.IntN(28)+1, random.IntN(24), random.IntN(60), random.IntN(12)+1, random.IntN(28)+1, random.IntN(20_000),
			[]string{"United Kingdom", "France", "Germany", ""}[random.IntN(4)], product, quantity, cents/100, cents%100,
			cents*quantity/100, cents*quantity%100, random.Float64(), random.IntN(2) == 0)
	}
	return b.Bytes(), dataset(
		gold.Field{Name: "order_id", Kind: gold.Int}, gold.Field{Name: "order_ts", Kind: gold.Time}, gold.Field{Name: "day", Kind: gold.Date},
		gold.Field{Name: "customer", Kind: gold.Text}, gold.Field{Name: "country", Kind: gold.Text}, gold.Field{Name: "product", Kind: gold.Text},
		gold.Field{Name: "quantity", Kind: gold.Int}, gold.Field{Name: "unit_price", Kind: gold.Decimal, Scale: 2}, gold.Field{Name: "total", Kind: gold.Decimal, Scale: 2},
		gold.Field{Name: "discount", Kind: gold.Double}, gold.Field{Name: "paid", Kind: gold.Bool},
	)
}

// timeDuckDB prints the CPU seconds that DuckDB takes to read and type a file of orders with two threads, at best of three times.
const timeDuckDB = `
import duckdb, sys, time
duckdb.execute("SET threads = 2")
types = dict(order_id="BIGINT", order_ts="TIMESTAMPTZ", day="DATE", customer="VARCHAR", country="VARCHAR", product="VARCHAR",
    quantity="BIGINT", unit_price="DECIMAL(18,2)", total="DECIMAL(18,2)", discount="DOUBLE", paid="BOOLEAN")
def seconds():
    start = time.process_time()
    columns = ", ".join(f"count({c})" for c in types)
    duckdb.execute(f"SELECT {columns} FROM read_csv('{sys.argv[1]}', header=true, columns={types}, auto_detect=false, escape=chr(34))").fetchall()
    return time.process_time() - start
print(min(seconds() for _ in range(3)))
`

// BenchmarkCSV reads 500,000 rows with values of all kinds: counted and typed by two workers, and by one; beside the readers of
// the standard library, which types nothing, of Arrow, and of DuckDB where there is a Python that has it.
func BenchmarkCSV(b *testing.B) {
	content, d := orders(500_000)
	python := os.Getenv("GOLDSERVE_TEST_PYTHON")
	rate := func(b *testing.B) {
		b.SetBytes(int64(len(content)))
		b.ReportMetric(500_000*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
	}
	read := func(workers int) func(b *testing.B) {
		return func(b *testing.B) {
			for b.Loop() {
				f, err := Open(b.Context(), "orders.csv", memory(content), gold.Reading{}, d, nil, nil)
				if err != nil {
					b.Fatal(err)
				}
				if err := readAll(b.Context(), f, memory(content), d, workers, func(*gold.Batch, int64) {}); err != nil {
					b.Fatal(err)
				}
			}
			rate(b)
		}
	}
	b.Run("one worker", read(1))
	b.Run("two workers", read(2))
	b.Run("counting alone", func(b *testing.B) {
		for b.Loop() {
			if _, err := Open(b.Context(), "orders.csv", memory(content), gold.Reading{}, d, nil, nil); err != nil {
				b.Fatal(err)
			}
		}
		rate(b)
	})
	b.Run("guessing", func(b *testing.B) {
		for b.Loop() {
			if _, err := Columns(b.Context(), "orders.csv", memory(content), gold.Reading{}); err != nil {
				b.Fatal(err)
			}
		}
		rate(b)
	})
	b.Run("encoding csv untyped", func(b *testing.B) {
		for b.Loop() {
			r := csv.NewReader(bytes.NewReader(content))
			r.ReuseRecord = true
			for {
				if _, err := r.Read(); errors.Is(err, io.EOF) {
					break
				} else if err != nil {
					b.Fatal(err)
				}
			}
		}
		rate(b)
	})
	duckdb := func(b *testing.B) {
		path := filepath.Join(b.TempDir(), "orders.csv")
		if err := os.WriteFile(path, content, 0o600); err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			out, err := exec.CommandContext(b.Context(), python, "-c", timeDuckDB, path).Output()
			if err != nil {
				b.Fatal(err)
			}
			seconds, err := strconv.ParseFloat(strings.TrimSpace(string(out)), 64)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(len(content))/1e6/seconds, "MB/CPU-s")
		}
	}
	if python != "" {
		b.Run("duckdb", duckdb)
	}
	b.Run("arrow", func(b *testing.B) {
		schema := arrow.NewSchema([]arrow.Field{
			{Name: "order_id", Type: arrow.PrimitiveTypes.Int64},
			{Name: "order_ts", Type: arrow.FixedWidthTypes.Timestamp_ms},
			{Name: "day", Type: arrow.FixedWidthTypes.Date32},
			{Name: "customer", Type: arrow.BinaryTypes.String},
			{Name: "country", Type: arrow.BinaryTypes.String},
			{Name: "product", Type: arrow.BinaryTypes.String},
			{Name: "quantity", Type: arrow.PrimitiveTypes.Int64},
			{Name: "unit_price", Type: &arrow.Decimal128Type{Precision: 18, Scale: 2}},
			{Name: "total", Type: &arrow.Decimal128Type{Precision: 18, Scale: 2}},
			{Name: "discount", Type: arrow.PrimitiveTypes.Float64},
			{Name: "paid", Type: arrow.FixedWidthTypes.Boolean},
		}, nil)
		for b.Loop() {
			r := arrowcsv.NewReader(bytes.NewReader(content), schema, arrowcsv.WithHeader(true), arrowcsv.WithChunk(4096), arrowcsv.WithNullReader(true, ""))
			rows := int64(0)
			for r.Next() {
				rows += r.RecordBatch().NumRows()
			}
			if r.Err() != nil || rows != 500_000 {
				b.Fatal(rows, r.Err())
			}
			r.Release()
		}
		rate(b)
	})
}
