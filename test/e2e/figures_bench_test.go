//go:build e2e

package e2e

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
	"time"
)

// figureRows is the size of the facts that BenchmarkKeyFigures asks about.
const figureRows = 10_000_000

// figureTime is what their answer may take.
const figureTime = 50 * time.Millisecond

// BenchmarkKeyFigures asks the built program, which keeps no answer and no rows, for the key figures of ten million facts
// under filters on whole months and countries, which derived datasets answer: medians and 99th percentiles of the whole
// request's time at the client.
func BenchmarkKeyFigures(b *testing.B) {
	lake := filepath.Join(b.TempDir(), "gold")
	if err := os.CopyFS(lake, os.DirFS(realLake(b))); err != nil {
		b.Fatal(err)
	}
	repeatFacts(b, filepath.Join(lake, "fact_achats.parquet"), figureRows)
	models := factsWithoutCollection(b)
	eachStoreBenchmark(b, func(b *testing.B, p place) {
		published := publishMeasured(b, p, lake, models, defaultModel)
		b.Logf("published in %.0f s, in %d MB at its peak", published.Seconds, published.peak/1e6)
		cmd, url := startServing(b, program, nil, p, "GOLDSERVE_MODELS="+models, "GOLDSERVE_CACHE_SIZE=0", "GOLDSERVE_ACCELERATE_MEMORY=0")
		defer stopServing(b, cmd)
		for _, c := range []struct{ name, query string }{
			{"month", "mois=2011-06"},
			{"months", "mois__gte=2011-03&mois__lte=2011-08"},
			{"whole-year", "date_achat=2011"},
			{"country", "pays=France"},
			{"home", "pays=United+Kingdom"},
			{"country-months", "pays=Germany&date_achat__gte=2011-03-01&date_achat__lt=2011-09-01"},
			{"compared", "mois=2011-06&pays=France&compare=previous"},
		} {
			b.Run(c.name, func(b *testing.B) {
				var took, queried []time.Duration
				for b.Loop() {
					whole, query := askFigures(b, url+"/kpis?"+c.query)
					took, queried = append(took, whole), append(queried, query)
				}
				slices.Sort(took)
				b.ReportMetric(median(took).Seconds()*1000, "ms-p50")
				b.ReportMetric(took[len(took)*99/100].Seconds()*1000, "ms-p99")
				b.ReportMetric(median(queried).Seconds()*1000, "query-ms")
				if median(took) > figureTime {
					b.Errorf("an answer takes %s, more than %s", median(took), figureTime)
				}
			})
		}
	})
}

// factsWithoutCollection copies the retail model without the people's copy of its facts, which nothing here asks.
func factsWithoutCollection(b *testing.B) string {
	b.Helper()
	folder := filepath.Join(b.TempDir(), defaultModel)
	if err := os.CopyFS(folder, os.DirFS("../../models/"+defaultModel)); err != nil {
		b.Fatal(err)
	}
	contract := filepath.Join(folder, "contracts", "fact_achats.odcs.yaml")
	text, err := os.ReadFile(contract)
	if err != nil {
		b.Fatal(err)
	}
	without := regexp.MustCompile(`(?m)^ +(collection|biIndexes): .*\n`).ReplaceAll(text, nil)
	if err := os.WriteFile(contract, without, 0o600); err != nil {
		b.Fatal(err)
	}
	return filepath.Dir(folder)
}

// askFigures returns the client's time of a request, and the store's part as the answer tells it.
func askFigures(b *testing.B, url string) (whole, query time.Duration) {
	b.Helper()
	start := time.Now()
	response, err := http.Get(url)
	if err != nil {
		b.Fatal(err)
	}
	text, err := io.ReadAll(response.Body)
	whole = time.Since(start)
	_ = response.Body.Close()
	var body struct {
		Buyers float64 `json:"total_clients"`
		Size   int     `json:"dataset_size"`
		Meta   struct {
			Query      float64 `json:"query_ms"`
			AnsweredBy string  `json:"answered_by"`
		} `json:"meta"`
	}
	if err == nil {
		err = json.Unmarshal(text, &body)
	}
	if err != nil || response.StatusCode != http.StatusOK || body.Size != figureRows || body.Buyers == 0 || body.Meta.AnsweredBy == "" {
		b.Fatalf("GET %s: %d %s, %v", url, response.StatusCode, text, err)
	}
	return whole, time.Duration(body.Meta.Query * float64(time.Millisecond))
}
