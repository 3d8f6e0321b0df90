package mongostore

import (
	"errors"
	"fmt"
	"testing"

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
			if err := each(b.Context(), rows, func(*gold.Batch) error { return nil }); err != nil {
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
