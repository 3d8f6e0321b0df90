package sqlitestore

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"path/filepath"
	"testing"

	"goldserve/gold"
)

// benchRows is the number of rows of a benchmark's dataset.
const benchRows = 200_000

func BenchmarkLoad(b *testing.B) {
	text := sales("text")
	text.Key = []string{"product", "id"}
	for name, d := range map[string]gold.Dataset{"key of one integer": sales("sales"), "key of a text and an integer": text} {
		var batches []*gold.Batch
		for first := 0; first < benchRows; first += 4096 {
			batches = append(batches, saleRows(&d, first, 4096))
		}
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				s := newStore(b)
				mustLoad(b, s, mustAcquire(b, s, "shop"), d, "1", batches...)
			}
			b.ReportMetric(float64(b.N*len(batches)*4096)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

// BenchmarkLoadCeiling is what BenchmarkLoad can't pass: the driver's prepared statement with arguments made beforehand,
// into one table without indexes, counts or bookkeeping.
func BenchmarkLoadCeiling(b *testing.B) {
	d := sales("sales")
	batch := saleRows(&d, 0, 4096)
	rows := make([][]driver.NamedValue, batch.Rows)
	for i := range rows {
		for n, v := range batch.Row(i, nil) {
			arg := driver.NamedValue{Ordinal: n + 1}
			switch v.Kind() {
			case gold.Text:
				arg.Value = v.Text()
			case gold.Double:
				arg.Value = v.Double()
			default:
				arg.Value = v.Int()
			}
			rows[i] = append(rows[i], arg)
		}
	}
	for b.Loop() {
		insertBare(b, rows, benchRows)
	}
	b.ReportMetric(float64(b.N*benchRows)/b.Elapsed().Seconds(), "rows/s")
}

func insertBare(b *testing.B, rows [][]driver.NamedValue, n int) {
	c, err := openConn(filepath.Join(b.TempDir(), "bare.db"), making)
	if err != nil {
		b.Fatal(err)
	}
	for _, sql := range []string{
		"PRAGMA page_size=8192", "PRAGMA journal_mode=WAL", "PRAGMA synchronous=NORMAL",
		"CREATE TABLE t (id INTEGER PRIMARY KEY, product TEXT, amount REAL, price INTEGER, sold INTEGER, day INTEGER, paid INTEGER, month_date INTEGER)",
		"BEGIN",
	} {
		if err := c.exec(b.Context(), sql); err != nil {
			b.Fatal(err)
		}
	}
	insert, err := c.prepare("INSERT INTO t VALUES (?,?,?,?,?,?,?,?)")
	if err != nil {
		b.Fatal(err)
	}
	for i := range n {
		row := rows[i%len(rows)]
		row[0].Value = int64(i)
		if _, err := insert.ExecContext(b.Context(), row); err != nil {
			b.Fatal(err)
		}
		if (i+1)%commitEvery == 0 {
			if err := errors.Join(c.exec(b.Context(), "COMMIT"), c.exec(b.Context(), "BEGIN")); err != nil {
				b.Fatal(err)
			}
		}
	}
	if err := errors.Join(c.exec(b.Context(), "COMMIT"), insert.Close(), c.Close()); err != nil {
		b.Fatal(err)
	}
}

func benchStore(b *testing.B) (*Store, gold.Version) {
	b.Helper()
	s := mustOpen(b, filepath.Join(b.TempDir(), "gold.db"), Options{})
	l := mustAcquire(b, s, "shop")
	d := sales("sales")
	v := mustLoad(b, s, l, d, "1", saleRows(&d, 0, benchRows))
	mustPublish(b, s, l, "2011-12-09T00:00:00Z", v)
	return s, v
}

// BenchmarkPage reads pages beside the driver's own reading of the same rows into nothing.
func BenchmarkPage(b *testing.B) {
	s, v := benchStore(b)
	for _, size := range []int64{1, 100, 5000} {
		q := gold.Query{Version: &v, Sort: []gold.Sort{{Field: "id"}}, Limit: size, After: []gold.Value{gold.NewInt(1000)}}
		name := gold.NewInt(size).String()
		b.Run("store "+name, func(b *testing.B) {
			for b.Loop() {
				readAll(b, q.Limit, func() (gold.Rows, error) { return s.Rows(b.Context(), q) })
			}
			b.ReportMetric(float64(b.N)*float64(size)/b.Elapsed().Seconds(), "rows/s")
		})
		b.Run("driver "+name, func(b *testing.B) {
			statement, err := selectRows(&q)
			if err != nil {
				b.Fatal(err)
			}
			c, err := openReader(b.Context(), s.path, reading)
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				readBare(b, c, statement)
			}
			b.ReportMetric(float64(b.N)*float64(size)/b.Elapsed().Seconds(), "rows/s")
			if err := c.Close(); err != nil {
				b.Fatal(err)
			}
		})
	}
}

func readAll(b *testing.B, want int64, open func() (gold.Rows, error)) {
	rows, err := open()
	if err != nil {
		b.Fatal(err)
	}
	var n int64
	_, err = gold.EachBatch(b.Context(), rows, func(batch *gold.Batch) error {
		n += int64(batch.Rows)
		return nil
	})
	if err != nil || n != want {
		b.Fatalf("%d rows, expected %d (%v)", n, want, err)
	}
}

func readBare(b *testing.B, c *conn, statement *builder) {
	st, err := c.prepared(statement.String())
	if err != nil {
		b.Fatal(err)
	}
	rows, err := st.QueryContext(context.Background(), statement.args)
	if err != nil {
		b.Fatal(err)
	}
	row := make([]driver.Value, len(rows.Columns()))
	for err == nil {
		err = rows.Next(row)
	}
	if !errors.Is(err, io.EOF) {
		b.Fatal(err)
	}
	if err := rows.Close(); err != nil {
		b.Fatal(err)
	}
}

func BenchmarkAggregate(b *testing.B) {
	s, v := benchStore(b)
	sum := []gold.Measure{{Func: gold.Sum, Field: "amount"}}
	month := []gold.Group{{Field: "sold", Grain: gold.Month}}
	via := &gold.Join{Version: &v, On: "id", Key: "id"}
	for _, c := range []struct {
		name string
		a    gold.Aggregation
		want int64
	}{
		{"count", gold.Aggregation{Measures: []gold.Measure{{}}}, 1},
		{"sum of doubles", gold.Aggregation{Measures: sum}, 1},
		{"sum of decimals", gold.Aggregation{Measures: []gold.Measure{{Func: gold.Sum, Field: "price"}}}, 1},
		{"sum of decimals by text", gold.Aggregation{Group: []gold.Group{{Field: "product"}}, Measures: []gold.Measure{{Func: gold.Sum, Field: "price"}}}, 97},
		{"sum of decimals by key", gold.Aggregation{Group: []gold.Group{{Field: "id"}}, Measures: []gold.Measure{{Func: gold.Sum, Field: "price"}}}, benchRows},
		{"median", gold.Aggregation{Measures: []gold.Measure{{Func: gold.Median, Field: "amount"}}}, 1},
		{"by month", gold.Aggregation{Group: month, Measures: sum}, 14},
		{"by text", gold.Aggregation{Group: []gold.Group{{Field: "product"}}, Measures: sum}, 97},
		{"by key", gold.Aggregation{Group: []gold.Group{{Field: "id"}}, Measures: sum}, benchRows},
		{"by looked-up text", gold.Aggregation{Group: []gold.Group{{Field: "product", Join: via}}, Measures: sum}, 97},
		{"filtered by looked-up text", gold.Aggregation{Measures: sum, Where: []gold.Predicate{{Field: "product", Values: []gold.Value{gold.NewText("PRODUCT 001")}, Join: via}}}, 1},
		{"contains", gold.Aggregation{Measures: sum, Where: []gold.Predicate{{Field: "product", Op: gold.Contains, Values: []gold.Value{gold.NewText("uct 00")}}}}, 1},
	} {
		b.Run(c.name, func(b *testing.B) {
			c.a.Version = &v
			for b.Loop() {
				readAll(b, c.want, func() (gold.Rows, error) { return s.Aggregate(b.Context(), c.a) })
			}
			b.ReportMetric(float64(b.N)*benchRows/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

func BenchmarkResolve(b *testing.B) {
	s, _ := benchStore(b)
	for b.Loop() {
		if _, err := s.Resolve(b.Context(), gold.Selector{Model: "shop"}); err != nil {
			b.Fatal(err)
		}
	}
}
