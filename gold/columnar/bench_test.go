package columnar

import (
	"context"
	crand "crypto/rand"
	"fmt"
	"io"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"goldserve/gold"
	"goldserve/gold/mongostore"
	"goldserve/gold/storetest"
)

// benchRows is the number of rows of the benchmarks' facts.
const benchRows = 4_000_000

// benchFacts are facts of the form of a shop's: a key, a client, a time to the minute, an amount, a product, a country, a
// month; later rows are of later times.
func benchFacts(b *testing.B) (*Reader, *gold.Version) {
	b.Helper()
	v := &gold.Version{ID: "1", Location: "facts", Rows: benchRows, Dataset: gold.Dataset{
		Model: "shop", Name: "facts", Key: []string{"id"}, Accelerate: true,
		Fields: []gold.Field{
			{Name: "id", Kind: gold.Int},
			{Name: "client", Kind: gold.Int, Filters: []gold.Op{gold.Eq}},
			{Name: "at", Kind: gold.Time},
			{Name: "amount", Kind: gold.Double},
			{Name: "product", Kind: gold.Text, Filters: []gold.Op{gold.Eq}},
			{Name: "country", Kind: gold.Text},
			{Name: "month", Kind: gold.Text},
			{Name: "price", Kind: gold.Decimal, Scale: 2},
		},
	}}
	r, err := New(nil, Config{Memory: 1 << 30})
	if err != nil {
		b.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 2))
	builders := make([]*builder, len(v.Dataset.Fields))
	for i, f := range v.Dataset.Fields {
		builders[i] = newBuilder(f, looksUp(&v.Dataset, f), benchRows)
	}
	batch := gold.NewBatch(v.Dataset.Fields, batchRows)
	const minute, first = 60_000, 1_291_161_600_000
	for row := 0; row < benchRows; {
		batch.Reset()
		for ; batch.Rows < batchRows && row < benchRows; row++ {
			at := gold.NewTime(first + int64(row)*1_000_000/benchRows*minute)
			batch.AppendRow(
				gold.NewInt(int64(row)), gold.NewInt(12_000+random.Int64N(6_000)), at, gold.NewDouble(float64(1+random.IntN(10_000))/100),
				gold.NewText(fmt.Sprintf("product %d", random.IntN(4_000))), gold.NewText(fmt.Sprintf("country %d", min(random.IntN(37), random.IntN(37)))),
				gold.NewText(at.Time().Format("2006-01")), gold.NewDecimal(1+random.Int64N(10_000)))
		}
		if err := add(builders, batch); err != nil {
			b.Fatal(err)
		}
	}
	s := newSnapshot(builders, benchRows, defaultGrid)
	r.keep(v, s)
	b.ReportMetric(float64(s.size)/benchRows, "bytes/row")
	return r, v
}

func readAll(b *testing.B, rows gold.Rows, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
	for err == nil {
		_, err = rows.Next(context.Background())
	}
	if err != io.EOF { //nolint:errorlint // an answer ends with this very value
		b.Fatal(err)
	}
}

// processorTime returns what this process has used, which other programs on the machine disturb least.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// BenchmarkFacts asks four million facts questions of every kind.
func BenchmarkFacts(b *testing.B) {
	r, v := benchFacts(b)
	double := func(v float64) []gold.Value { return []gold.Value{gold.NewDouble(v)} }
	text := func(v string) []gold.Value { return []gold.Value{gold.NewText(v)} }
	sum := []gold.Measure{{Func: gold.Sum, Field: "amount"}, {Func: gold.Count}}
	price := []gold.Measure{{Func: gold.Sum, Field: "price"}}
	dear := gold.Predicate{Field: "amount", Op: gold.Gte, Values: double(5)}
	country := gold.Group{Field: "country"}
	for name, a := range map[string]gold.Aggregation{
		"group by country":                           {Group: []gold.Group{country}, Measures: sum},
		"group by country and month, most amounts":   {Group: []gold.Group{country, {Field: "month"}}, Measures: sum, Where: []gold.Predicate{dear}},
		"group by country and week, most amounts":    {Group: []gold.Group{country, {Field: "at", Grain: gold.Week}}, Measures: sum, Where: []gold.Predicate{dear}},
		"group by country and month, half a year":    {Group: []gold.Group{country, {Field: "month"}}, Measures: sum, Where: []gold.Predicate{{Field: "month", Op: gold.Gte, Values: text("2011-06")}}},
		"group by country and week, texts with 11":   {Group: []gold.Group{country, {Field: "at", Grain: gold.Week}}, Measures: sum, Where: []gold.Predicate{{Field: "product", Op: gold.Contains, Values: text("11")}}},
		"group by country and week, one product":     {Group: []gold.Group{country, {Field: "at", Grain: gold.Week}}, Measures: sum, Where: []gold.Predicate{{Field: "product", Op: gold.Eq, Values: text("product 7")}}},
		"group by country and product, most amounts": {Group: []gold.Group{country, {Field: "product"}}, Measures: sum, Where: []gold.Predicate{dear}},
		"decimals in all":                            {Measures: price},
		"decimals by country":                        {Group: []gold.Group{country}, Measures: price},
		"decimals by product and minute":             {Group: []gold.Group{{Field: "product"}, {Field: "at"}}, Measures: price, Where: []gold.Predicate{{Field: "month", Op: gold.Eq, Values: text("2011-06")}}, Sort: []gold.Sort{{Field: "sum_price", Desc: true}}},
		"buyers by country":                          {Group: []gold.Group{country}, Measures: []gold.Measure{{Func: gold.CountDistinct, Field: "client"}}},
		"medians by country":                         {Group: []gold.Group{country}, Measures: []gold.Measure{{Func: gold.Median, Field: "amount"}}},
		"sums by product and minute":                 {Group: []gold.Group{{Field: "product"}, {Field: "at"}}, Measures: sum, Where: []gold.Predicate{{Field: "month", Op: gold.Eq, Values: text("2011-06")}}, Limit: 10},
	} {
		a.Version = v
		b.Run(name, func(b *testing.B) {
			before := processorTime(b)
			for b.Loop() {
				rows, err := r.Aggregate(b.Context(), a)
				readAll(b, rows, err)
			}
			b.ReportMetric(float64((processorTime(b)-before).Nanoseconds())/float64(b.N)/benchRows, "cpu-ns/row")
		})
	}
	for name, q := range map[string]gold.Query{
		"top 100 by amount":     {Sort: []gold.Sort{{Field: "amount", Desc: true}, {Field: "id"}}, Limit: 100},
		"last 100 by time":      {Sort: []gold.Sort{{Field: "at", Desc: true}, {Field: "id"}}, Limit: 100},
		"fifty rows of clients": {Sort: []gold.Sort{{Field: "at"}, {Field: "id"}}, Limit: 50, Where: []gold.Predicate{{Field: "client", Op: gold.Eq, Values: []gold.Value{gold.NewInt(12_345)}}}},
	} {
		q.Version = v
		b.Run(name, func(b *testing.B) {
			before := processorTime(b)
			for b.Loop() {
				rows, err := r.Rows(b.Context(), q)
				readAll(b, rows, err)
			}
			b.ReportMetric(float64((processorTime(b)-before).Microseconds())/float64(b.N), "cpu-µs/op")
		})
	}
}

// BenchmarkSnapshotLoad loads a snapshot from each store, beside reading the same rows into nothing.
func BenchmarkSnapshotLoad(b *testing.B) {
	const rows = 65_536
	for name, open := range map[string]func(b *testing.B) gold.Store{"sqlite": func(b *testing.B) gold.Store { return newStore(b) }, "mongodb": openMongoDB} {
		b.Run(name, func(b *testing.B) {
			s := open(b)
			v := publish(b, s, version{sales(), id("a"), saleRows(rows, 3), false}).Version("sales")
			r := newReader(b, s, Config{})
			var loading, reading time.Duration
			for b.Loop() {
				start := time.Now()
				if _, err := r.load(b.Context(), v, 0); err != nil {
					b.Fatal(err)
				}
				loading += time.Since(start)
				start = time.Now()
				answer, err := s.Rows(b.Context(), gold.Query{Version: v})
				readAll(b, answer, err)
				reading += time.Since(start)
			}
			b.ReportMetric(rows*float64(b.N)/loading.Seconds(), "rows/s")
			b.ReportMetric(rows*float64(b.N)/reading.Seconds(), "rows/s-read-alone")
		})
	}
}

func openMongoDB(b *testing.B) gold.Store {
	b.Helper()
	database := "columnar_" + strings.ToLower(crand.Text()[:10])
	uri, err := url.Parse(storetest.MongoDB(b))
	if err != nil {
		b.Fatal(err)
	}
	uri.Path = "/" + database
	s, err := mongostore.Open(b.Context(), uri.String(), mongostore.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.Close() })
	return s
}

// BenchmarkSwitch asks one question after the other while releases switch to and fro: the median and what one in a hundred takes, with
// and without switches.
func BenchmarkSwitch(b *testing.B) {
	const rows = 65_536
	s := newStore(b)
	d := sales()
	d.Lookups = nil
	r := newReader(b, s, Config{})
	publish(b, s, version{d, id("v0"), saleRows(rows, 2), false})
	until(b, "loaded", func() bool { return r.snapshot(current(b, r).Version("sales")) != nil })
	a := gold.Aggregation{
		Group: []gold.Group{{Field: "product"}, {Field: "at", Grain: gold.Month}}, Measures: []gold.Measure{{Func: gold.Sum, Field: "amount"}},
		Where: []gold.Predicate{{Field: "amount", Op: gold.Gt, Values: []gold.Value{gold.NewDouble(0.3)}}},
	}
	ask := func() time.Duration {
		start := time.Now()
		a.Version = current(b, r).Version("sales")
		answer, err := r.Aggregate(b.Context(), a)
		readAll(b, answer, err)
		return time.Since(start)
	}
	measure := func(n int) (all []time.Duration) {
		for range n {
			all = append(all, ask())
		}
		slices.Sort(all)
		return all
	}
	n := 0
	var before, during []time.Duration
	for b.Loop() {
		before = append(before, measure(200)...)
		n++
		next := publish(b, s, version{d, id(fmt.Sprintf("v%d", n)), saleRows(rows, 2+n%5), false})
		for deadline := time.Now().Add(time.Minute); r.models[shop].shown.Number != next.Number; {
			during = append(during, ask())
			if time.Now().After(deadline) {
				b.Fatal("the release isn't shown")
			}
		}
		during = append(during, measure(50)...)
	}
	slices.Sort(before)
	slices.Sort(during)
	milliseconds := func(d time.Duration) float64 { return d.Seconds() * 1000 }
	b.ReportMetric(milliseconds(before[len(before)/2]), "ms-median")
	b.ReportMetric(milliseconds(before[len(before)*99/100]), "ms-p99")
	b.ReportMetric(milliseconds(during[len(during)/2]), "ms-median-switching")
	b.ReportMetric(milliseconds(during[len(during)*99/100]), "ms-p99-switching")
}
