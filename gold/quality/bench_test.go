package quality

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"goldserve/gold"
)

// purchases returns batches of rows like those of a table of sales, days in the order given or at random.
func purchases(rows int, sorted bool) (gold.Dataset, []*gold.Batch) {
	day := func(name string) gold.Field { return gold.Field{Name: name, Kind: gold.Text} }
	d := gold.Dataset{Name: "purchases", Key: []string{"id"}, Fields: []gold.Field{
		{Name: "id", Kind: gold.Int},
		{Name: "client", Kind: gold.Int},
		{Name: "at", Kind: gold.Time},
		{Name: "amount", Kind: gold.Double, Minimum: new(gold.NewDouble(math.Nextafter(0, 1)))},
		{Name: "product", Kind: gold.Text},
		{Name: "country", Kind: gold.Text},
		day("day"), day("month"),
		{Name: "year", Kind: gold.Int, Minimum: new(gold.NewInt(2000)), Maximum: new(gold.NewInt(9999))},
	}}
	const size = 4096
	r := rand.New(rand.NewPCG(1, 2))
	start := time.Date(2010, 12, 1, 8, 26, 0, 0, time.UTC)
	var batches []*gold.Batch
	for i := range rows {
		if i%size == 0 {
			batches = append(batches, gold.NewBatch(d.Fields, size))
		}
		at := start.Add(time.Duration(i) * time.Minute)
		if !sorted {
			at = start.Add(time.Duration(r.IntN(rows)) * time.Minute)
		}
		batches[len(batches)-1].AppendRow(
			gold.NewInt(int64(i+1)), gold.NewInt(int64(12346+i*7919%4366)), gold.NewTime(at.UnixMilli()),
			gold.NewDouble(float64(i*31%100_000)/100+0.01), gold.NewText(fmt.Sprintf("Regency Cakestand %d Tier", i*17%3864)),
			gold.NewText(fmt.Sprintf("Country %d", i*13%37)), gold.NewText(at.Format(time.DateOnly)),
			gold.NewText(at.Format("2006-01")), gold.NewInt(int64(at.Year())))
	}
	return d, batches
}

func benchmark(b *testing.B, sorted bool, rules func(d *gold.Dataset) []gold.Rule) {
	const rows = 64 * 4096
	d, batches := purchases(rows, sorted)
	all := rules(&d)
	b.ReportAllocs()
	for b.Loop() {
		c := mustNew(b, &d, Options{}, all...)
		for i, batch := range batches {
			if err := c.Add(batch, int64(i*4096)+1); err != nil {
				b.Fatal(err)
			}
		}
		for _, r := range c.Results(rows, asOf) {
			if !r.Passed {
				b.Fatalf("%+v", r)
			}
		}
	}
	b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mrows/s")
}

// facts are the rules of the shipped model's facts.
func facts(*gold.Dataset) []gold.Rule {
	day, month := none("invalidValues", "day"), none("invalidValues", "month")
	day.Pattern, month.Pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$", "^[0-9]{4}-[0-9]{2}$"
	return []gold.Rule{
		{Metric: "rowCount", Operator: "mustBeGreaterThan", Values: []float64{0}},
		none("invalidValues", "amount"), day, month, none("invalidValues", "year"),
	}
}

func BenchmarkFacts(b *testing.B)         { benchmark(b, true, facts) }
func BenchmarkFactsUnsorted(b *testing.B) { benchmark(b, false, facts) }

func BenchmarkEveryFieldNotNullAndListed(b *testing.B) {
	benchmark(b, true, func(d *gold.Dataset) []gold.Rule {
		var rules []gold.Rule
		for _, f := range d.Fields {
			rules = append(rules, none("nullValues", f.Name))
		}
		countries := none("invalidValues", "country")
		for i := range 37 {
			countries.Valid = append(countries.Valid, fmt.Sprintf("Country %d", i))
		}
		return append(rules, countries)
	})
}

func BenchmarkDuplicateNumbers(b *testing.B) {
	benchmark(b, true, func(*gold.Dataset) []gold.Rule { return []gold.Rule{none("duplicateValues", "at")} })
}

func BenchmarkDuplicateTexts(b *testing.B) {
	benchmark(b, true, func(*gold.Dataset) []gold.Rule {
		r := none("duplicateValues", "")
		r.Fields = []string{"country", "at"}
		return []gold.Rule{r}
	})
}
