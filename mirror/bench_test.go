package mirror_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"goldserve/gold"
	"goldserve/gold/sqlitestore"
	"goldserve/mirror"
)

// stored is a release of one dataset in an embedded store.
func stored(b *testing.B, d gold.Dataset, batches []*gold.Batch) (gold.Store, *gold.Release) {
	b.Helper()
	ctx := b.Context()
	s, err := sqlitestore.Open(ctx, filepath.Join(b.TempDir(), "gold.db"), sqlitestore.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.Close() })
	lease, err := s.Acquire(ctx, d.Model, "a benchmark", 0)
	if err != nil {
		b.Fatal(err)
	}
	loader, err := s.Load(ctx, gold.Load{Lease: *lease, Dataset: d, ID: fmt.Sprintf("%064d", 1)})
	if err != nil {
		b.Fatal(err)
	}
	rows := int64(0)
	for _, batch := range batches {
		if err := loader.Append(ctx, batch); err != nil {
			b.Fatal(err)
		}
		rows += int64(batch.Rows)
	}
	v, err := loader.Seal(ctx, gold.Version{Dataset: d, ID: fmt.Sprintf("%064d", 1), Rows: rows})
	if err != nil {
		b.Fatal(err)
	}
	now := time.Now()
	r, err := s.Publish(ctx, gold.Publication{Lease: *lease, Release: &gold.Release{Model: d.Model, AsOf: now, Versions: []gold.Version{*v}}})
	if err != nil {
		b.Fatal(err)
	}
	return s, r
}

// BenchmarkMirrorPostgres compares a mirror of a stored release, with its key, comments and swap, with a COPY of the same rows,
// as text that is in memory already, into a table that has the same columns, with the key and without, by turns in one run.
func BenchmarkMirrorPostgres(b *testing.B) {
	const rows = 1_000_000
	d := gold.Dataset{Model: "shop", Name: "sales", Collection: "sales", Key: []string{"id"}, DefaultSort: []gold.Sort{{Field: "id"}}, MaxLimit: 1000, Fields: []gold.Field{
		{Name: "id", Kind: gold.Int},
		{Name: "customer", Kind: gold.Int},
		{Name: "country", Kind: gold.Text},
		{Name: "day", Kind: gold.Date},
		{Name: "at", Kind: gold.Time},
		{Name: "amount", Kind: gold.Decimal, Scale: 2},
		{Name: "margin", Kind: gold.Double, Nullable: true},
		{Name: "note", Kind: gold.Text, Nullable: true},
	}}
	var batches []*gold.Batch
	var text bytes.Buffer
	names := []string{"France", "Spain", "Italy", "Germany", "United Kingdom"}
	for from := 0; from < rows; from += 4096 {
		batch := gold.NewBatch(d.Fields, 4096)
		for i := from; i < min(rows, from+4096); i++ {
			at := int64(1_600_000_000_000 + i*1234)
			row := []gold.Value{num(int64(i)), num(int64(i % 10_007)), gold.NewText(names[i%5]), gold.NewDate(gold.DayOf(at)), gold.NewTime(at), gold.NewDecimal(int64(i*37%100_000 + 1)), gold.NewDouble(float64(i) / 7), gold.NewText(fmt.Sprintf("note %d of this order", i%1000))}
			batch.AppendRow(row...)
			for c, v := range row {
				if c > 0 {
					text.WriteByte('\t')
				}
				text.WriteString(v.Format(d.Fields[c].Scale))
			}
			text.WriteByte('\n')
		}
		batches = append(batches, batch)
	}
	store, release := stored(b, d, batches)
	s := newServer(b, "postgres")
	conn, err := pgx.Connect(b.Context(), s.address)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = conn.Close(b.Context()) })
	s.exec(b, "CREATE SCHEMA {s}")
	copied := func(key string) time.Duration {
		s.exec(b, "DROP TABLE IF EXISTS {s}.bare; CREATE TABLE {s}.bare (id bigint"+key+", customer bigint NOT NULL, country text NOT NULL, day date NOT NULL, at timestamp(3) with time zone NOT NULL, amount numeric(18,2) NOT NULL, margin double precision, note text)")
		s.exec(b, "CHECKPOINT")
		begin := time.Now()
		if _, err := conn.PgConn().CopyFrom(b.Context(), bytes.NewReader(text.Bytes()), "COPY "+s.schema+".bare FROM STDIN"); err != nil {
			b.Fatal(err)
		}
		return time.Since(begin)
	}
	var bare, keyless, mirrored time.Duration
	for b.Loop() {
		bare += copied(" PRIMARY KEY")
		keyless += copied(" NOT NULL")
		s.exec(b, "DROP TABLE IF EXISTS {s}.sales")
		s.exec(b, "CHECKPOINT")
		target := s.open(b)
		begin := time.Now()
		report, err := mirror.Run(b.Context(), mirror.Request{Reader: store, Release: release, Target: target})
		if err != nil || report.Rows != rows {
			b.Fatal(report, err)
		}
		mirrored += time.Since(begin)
	}
	b.ReportMetric(rows*float64(b.N)/mirrored.Seconds(), "rows/s")
	b.ReportMetric(rows*float64(b.N)/bare.Seconds(), "bare-rows/s")
	b.ReportMetric(bare.Seconds()/mirrored.Seconds(), "of-bare")
	b.ReportMetric(keyless.Seconds()/mirrored.Seconds(), "of-bare-without-key")
}
