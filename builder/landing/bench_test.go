package landing

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"goldserve/gold"
)

// sales are rows of purchases, as CSV and as JSON lines.
func sales(rows int) (csv, json string) {
	var c, j strings.Builder
	c.WriteString("id_achat,id_client,date_achat,montant,produit,pays\n")
	for i := range rows {
		id, client, day, amount, product := i+1, i*7919%5000, i%28+1, float64(i%9973)/100, i*31%4000
		fmt.Fprintf(&c, "%d,%d,2011-07-%02dT10:35:00,%.2f,\"PRODUCT, number %d\",United Kingdom\n", id, client, day, amount, product)
		fmt.Fprintf(&j, "{\"id_achat\": %d, \"id_client\": %d, \"date_achat\": \"2011-07-%02dT10:35:00\", \"montant\": %.2f, \"produit\": \"PRODUCT, number %d\", \"pays\": \"United Kingdom\"}\n", id, client, day, amount, product)
	}
	return c.String(), j.String()
}

var achats = []string{"id_achat whole", "id_client whole", "date_achat instant", "montant money", "produit text", "pays text"}

// BenchmarkLand lands 500,000 purchases on one core.
func BenchmarkLand(b *testing.B) {
	const rows = 500_000
	csv, json := sales(rows)
	for name, text := range map[string]string{"achats.csv": csv, "achats.jsonl": json} {
		b.Run(name, func(b *testing.B) {
			at := newBench(b)
			at.write(name, text)
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				if err := os.RemoveAll(at.lander.config.Folder); err != nil {
					b.Fatal(err)
				}
				if _, _, landed, err := at.land(source("achats", achats...)); err != nil || landed.Rows != rows {
					b.Fatal(landed, err)
				}
			}
			b.ReportMetric(rows*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

// BenchmarkUnchanged looks at 10,000 files that are known, and lands one that is new beside them.
func BenchmarkUnchanged(b *testing.B) {
	at := newBench(b)
	for i := range 10_000 {
		at.write(fmt.Sprintf("achats/achats_20251113T%06d.csv", i), "id_achat,id_client,date_achat,montant,produit,pays\n1,2,2011-07-01,3.5,x,y\n")
	}
	s := source("achats", achats...)
	if _, _, _, err := at.land(s); err != nil {
		b.Fatal(err)
	}
	b.Run("find", func(b *testing.B) {
		for b.Loop() {
			if _, err := at.lander.Find(b.Context(), []gold.RawSource{s}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("land", func(b *testing.B) {
		for b.Loop() {
			if _, _, _, err := at.land(s); err != nil {
				b.Fatal(err)
			}
		}
	})
}
