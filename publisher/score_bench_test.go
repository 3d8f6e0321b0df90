package publisher_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

// BenchmarkScoredPublish publishes the same rows with and without the scores of a logistic regression, in turn.
func BenchmarkScoredPublish(b *testing.B) {
	const rows = 200_000
	var text strings.Builder
	text.WriteString("order_id,price,weight,quantity,vip,country\n")
	for i := range rows {
		fmt.Fprintf(&text, "%d,%d.%02d,%g,%d,%t,%s\n", i, i%300, i%100, float64(i%70)/10, 1+i%8, i%3 == 0, []string{"France", "Spain", "Italy", ""}[i%4])
	}
	folder := b.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "orders_0.csv"), []byte(text.String()), 0o600); err != nil {
		b.Fatal(err)
	}
	kept := func(files fstest.MapFS, models ...string) {
		delete(files, "shop/contracts/bands.odcs.yaml")
		f := files["shop/contracts/orders.odcs.yaml"]
		var lines []string
		for line := range strings.Lines(string(f.Data)) {
			drop := strings.Contains(line, "metrics:") || strings.Contains(line, "- {model: ") || strings.Contains(line, "score:") && len(models) == 0
			for _, scored := range []string{"return_proba", "band", "return_label", "basket_value"} {
				drop = drop || strings.Contains(line, "{name: "+scored) && (len(models) == 0 || !strings.HasPrefix(scored, "return"))
			}
			for _, m := range models {
				drop = drop && !strings.Contains(line, "- {model: "+m)
			}
			if !drop {
				lines = append(lines, line)
			}
		}
		f.Data = []byte(strings.Join(lines, ""))
	}
	plain := scoredModel(b, func(files fstest.MapFS) { kept(files) })
	scored := scoredModel(b, func(files fstest.MapFS) { kept(files, "returned.onnx") })
	var without, with time.Duration
	scores := false
	for b.Loop() {
		for range 2 {
			store, model, total := openSQLite(b), plain, &without
			if scores {
				model, total = scored, &with
			}
			start := time.Now()
			mustPublishScored(b, store, model, folder)
			*total += time.Since(start)
			scores = !scores
		}
		scores = !scores // the other one goes first
	}
	b.ReportMetric(float64(with)/float64(without), "of-unscored")
	b.ReportMetric(rows*float64(b.N)/with.Seconds(), "rows/s")
}
