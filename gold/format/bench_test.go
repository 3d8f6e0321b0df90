package format

import (
	"fmt"
	"io"
	"testing"

	"goldserve/gold"
)

// facts is a batch of rows as a fact dataset has them: nine fields.
func facts(rows int) *gold.Batch {
	fields := []gold.Field{
		{Name: "id_achat", Kind: gold.Int},
		{Name: "id_client", Kind: gold.Int},
		{Name: "date_achat", Kind: gold.Time},
		{Name: "montant", Kind: gold.Double, MultipleOf: 0.01},
		{Name: "produit", Kind: gold.Text},
		{Name: "pays", Kind: gold.Text},
		{Name: "jour", Kind: gold.Text},
		{Name: "mois", Kind: gold.Text},
		{Name: "annee", Kind: gold.Int},
	}
	b := gold.NewBatch(fields, rows)
	for i := range rows {
		at := gold.NewTime(1_291_190_400_000 + int64(i)*77_000)
		day := at.Format(0)[:10]
		b.AppendRow(gold.NewInt(int64(536_365+i)), gold.NewInt(int64(12_346+i*31%5_000)), at, gold.NewDouble(float64(i*37%100_000)/100),
			gold.NewText(fmt.Sprintf("White Hanging Heart T-Light Holder %d", i%3_000)), gold.NewText("United Kingdom"), gold.NewText(day), gold.NewText(day[:7]), gold.NewInt(2011))
	}
	return b
}

func BenchmarkFacts(b *testing.B) {
	batch := facts(4096)
	for _, f := range All() {
		b.Run(f.String(), func(b *testing.B) {
			out := &counter{w: io.Discard}
			w, err := New(out, f, Options{Fields: batch.Fields})
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			rows := 0
			for b.Loop() {
				if f == XLSX && rows+batch.Rows > maxSheetRows {
					if w, err = New(out, f, Options{Fields: batch.Fields}); err != nil {
						b.Fatal(err)
					}
					rows = 0
				}
				if err := w.Write(batch); err != nil {
					b.Fatal(err)
				}
				rows += batch.Rows
			}
			b.ReportMetric(float64(batch.Rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}
