//go:build e2e

package mongostore

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"golang.org/x/sync/errgroup"

	"goldserve/gold"
)

// facts returns a batch like a fact table's: nine fields, 190 bytes a document.
func facts(first, rows int) *gold.Batch {
	b := gold.NewBatch(factsDataset().Fields, rows)
	for i := first; i < first+rows; i++ {
		b.AppendRow(gold.NewInt(int64(i)), gold.NewInt(int64(i%4_000)), gold.NewTime(1_300_000_000_000+int64(i)*1_000), gold.NewDouble(float64(i%10_000)/7),
			gold.NewText(fmt.Sprintf("PRODUCT NUMBER %d", i%3_800)), gold.NewText("United Kingdom"), gold.NewText("2011-03-13"), gold.NewText("2011-03"), gold.NewInt(2011))
	}
	return b
}

func factsDataset() gold.Dataset {
	return gold.Dataset{
		Model: "shop", Name: "facts", Key: []string{"id"},
		Fields: []gold.Field{
			{Name: "id", Kind: gold.Int},
			{Name: "client", Kind: gold.Int},
			{Name: "at", Kind: gold.Time},
			{Name: "amount", Kind: gold.Double},
			{Name: "product", Kind: gold.Text},
			{Name: "country", Kind: gold.Text},
			{Name: "day", Kind: gold.Text},
			{Name: "month", Kind: gold.Text},
			{Name: "year", Kind: gold.Int},
		},
	}
}

const (
	benchBatches = 40
	benchRows    = 4_000
	benchWriters = 4
)

// BenchmarkLoad loads batches as the publisher does, beside a ceiling: the same insert commands, encoded beforehand.
func BenchmarkLoad(b *testing.B) {
	s := newStore(b, Options{})
	l := acquire(b, s, "shop")
	var batches []*gold.Batch
	for i := range benchBatches {
		batches = append(batches, facts(i*benchRows, benchRows))
	}
	b.Run("append", func(b *testing.B) {
		loads(b, s, l, func(ld *loader) func(i int) error {
			return func(i int) error { return ld.Append(b.Context(), batches[i]) }
		})
	})
	b.Run("ceiling", func(b *testing.B) {
		loads(b, s, l, func(ld *loader) func(i int) error {
			commands := make([]bson.Raw, len(batches))
			for i, batch := range batches {
				command, _, err := ld.command(nil, batch, 0)
				if err != nil {
					b.Fatal(err)
				}
				commands[i] = command
			}
			return func(i int) error { return s.releases.RunCommand(b.Context(), commands[i]).Err() }
		})
	})
}

// loads times what prepare returns for each batch, into a new version each time.
func loads(b *testing.B, s *Store, l gold.Lease, prepare func(*loader) func(i int) error) {
	d := factsDataset()
	for n := range b.N {
		b.StopTimer()
		opened, err := s.Load(b.Context(), gold.Load{Lease: l, Dataset: d, ID: fmt.Sprintf("%012x", n)})
		if err != nil {
			b.Fatal(err)
		}
		ld := opened.(*loader)
		write := prepare(ld)
		b.StartTimer()
		var g errgroup.Group
		g.SetLimit(benchWriters)
		for i := range benchBatches {
			g.Go(func() error { return write(i) })
		}
		err = g.Wait()
		b.StopTimer()
		if err = errors.Join(err, ld.Abort(b.Context())); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)*benchBatches*benchRows/b.Elapsed().Seconds(), "rows/s")
}

// BenchmarkPage reads pages of 1,000 rows by key, beside the bare driver's find decoding the same documents' fields.
func BenchmarkPage(b *testing.B) {
	s := newStore(b, Options{})
	l := acquire(b, s, "shop")
	opened, err := s.Load(b.Context(), gold.Load{Lease: l, Dataset: factsDataset(), ID: fmt.Sprintf("%064x", 1)})
	if err != nil {
		b.Fatal(err)
	}
	if err := opened.Append(b.Context(), facts(0, 20_000)); err != nil {
		b.Fatal(err)
	}
	v, err := opened.Seal(b.Context(), gold.Version{Rows: 20_000})
	if err != nil {
		b.Fatal(err)
	}
	const page = 1_000
	after := func(i int) int64 { return int64(i%19) * page }
	b.Run("rows", func(b *testing.B) {
		b.ReportAllocs()
		for i := range b.N {
			rows, err := s.Rows(b.Context(), gold.Query{Version: v, Sort: []gold.Sort{{Field: "id"}}, After: []gold.Value{gold.NewInt(after(i))}, Limit: page})
			if err != nil {
				b.Fatal(err)
			}
			if _, err := gold.EachBatch(b.Context(), rows, func(*gold.Batch) error { return nil }); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("driver", func(b *testing.B) {
		b.ReportAllocs()
		opts := options.Find().SetSort(bson.D{{Key: "_id", Value: 1}}).SetLimit(page).SetBatchSize(page + 1)
		for i := range b.N {
			cursor, err := s.releases.Collection(v.Location).Find(b.Context(), bson.D{{Key: "_id", Value: bson.D{{Key: "$gt", Value: after(i)}}}}, opts)
			if err != nil {
				b.Fatal(err)
			}
			for cursor.Next(b.Context()) {
				elements, err := cursor.Current.Elements()
				if err != nil || len(elements) != 10 {
					b.Fatal(len(elements), err)
				}
			}
			if err := errors.Join(cursor.Err(), cursor.Close(b.Context())); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkRefresh shows another version in a BI collection with an index, in turn with a bare $out of the same
// documents into a collection with the same index. A second collection, whose version stays, must not be written.
func BenchmarkRefresh(b *testing.B) {
	s := newStore(b, Options{})
	l := acquire(b, s, "shop")
	d := factsDataset()
	d.Collection, d.BIIndexes = "bench_facts", []gold.Index{{{Field: "at"}}}
	var versions []gold.Version
	for id := range 2 {
		versions = append(versions, loadFacts(b, s, l, d, fmt.Sprintf("%d%063d", id, 0)))
	}
	other := sales(9, 1_000)
	other.Name, other.Collection = "other", "bench_other"
	same := load(b, s, l, other)
	refresh(b, s, l, publish(b, s, l, "2011-11-01", versions[1], same))
	const bare = "bench_bare"
	if err := errors.Join(s.serving.CreateCollection(b.Context(), bare), s.index(b.Context(), s.serving, bare, biIndexes(&d), 0)); err != nil {
		b.Fatal(err)
	}
	var refreshed, outs []time.Duration
	for i := 0; b.Loop(); i++ {
		v := versions[i%2]
		b.StopTimer()
		release := publish(b, s, l, "2011-12-01", v, same)
		start := time.Now()
		_, err := s.releases.Collection(v.Location).Aggregate(b.Context(), bson.A{stage("$out", bson.D{{Key: "db", Value: s.serving.Name()}, {Key: "coll", Value: bare}})})
		if err != nil {
			b.Fatal(err)
		}
		outs = append(outs, time.Since(start))
		b.StartTimer()
		start = time.Now()
		report := refresh(b, s, l, release)
		refreshed = append(refreshed, time.Since(start))
		if !slices.Equal(report.Refreshed, []string{d.Collection}) || !slices.Equal(report.Unchanged, []string{other.Collection}) {
			b.Fatalf("refreshed %v, left %v", report.Refreshed, report.Unchanged)
		}
	}
	b.ReportMetric(middle(outs).Seconds()*1000, "ms-bare-$out")
	b.ReportMetric(middle(refreshed).Seconds()/middle(outs).Seconds(), "x-bare-$out")
}

// loadFacts seals a version of benchBatches batches.
func loadFacts(b *testing.B, s *Store, l gold.Lease, d gold.Dataset, id string) gold.Version {
	b.Helper()
	loader, err := s.Load(b.Context(), gold.Load{Lease: l, Dataset: d, ID: id})
	if err != nil {
		b.Fatal(err)
	}
	for i := range benchBatches {
		if err := loader.Append(b.Context(), facts(i*benchRows, benchRows)); err != nil {
			b.Fatal(err)
		}
	}
	v, err := loader.Seal(b.Context(), gold.Version{Rows: benchBatches * benchRows})
	if err != nil {
		b.Fatal(err)
	}
	return *v
}

// middle returns the median of durations.
func middle(all []time.Duration) time.Duration {
	slices.Sort(all)
	return all[len(all)/2]
}
