package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"goldserve/gold/storetest"
)

// TestADeltaTableIsPublishedAsItsLogSays publishes a table of two versions, and says which one a release is of. Published again, it is not read.
func TestADeltaTableIsPublishedAsItsLogSays(t *testing.T) {
	t.Parallel()
	from := filepath.Join(storetest.Shared(t), "data", "field", "delta-overwritten")
	lake := t.TempDir()
	if err := os.CopyFS(lake, os.DirFS(filepath.Join(from, "lake"))); err != nil {
		t.Fatal(err)
	}
	models := madeModel(t, "sales", "metrics: {revenue: sum(amount)}", "name: order_id, logicalType: string, required: true, primaryKey: true", "name: amount, logicalType: number")
	eachStore(t, func(t *testing.T, p place) {
		publishLake(t, p, lake, "--models", models)
		served := servedWith(t, config{storeSettings: storeSettings{Store: p.store}, modelSettings: modelSettings{Models: models}})
		version := `"source":"Delta version 1 of ` + lake + `/sales.parquet"`
		for path, word := range map[string]string{
			"/datasets/sales/aggregate?measures=revenue": `"revenue":160`, "/datasets/sales": version, "/releases/1": version,
		} {
			_, body := get(t, served.URL, path)
			if text := strings.ReplaceAll(string(body), `": `, `":`); !strings.Contains(text, word) {
				t.Errorf("%s lacks %s: %s", path, word, body)
			}
		}
		again := publishLake(t, p, lake, "--models", models)
		if again.Release != 1 {
			t.Errorf("published again: %+v", again)
		}
	})
}
