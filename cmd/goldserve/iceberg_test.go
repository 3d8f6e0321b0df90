package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"goldserve/gold/storetest"
)

// TestAnIcebergTableIsPublishedAsItsMetadataSays publishes a table of another engine, says which snapshot a release is of, and
// follows the table to the next one.
func TestAnIcebergTableIsPublishedAsItsMetadataSays(t *testing.T) {
	t.Parallel()
	from := filepath.Join(storetest.Shared(t), "data", "iceberg", "equality_deletes", "warehouse", "mydb", "mytable")
	lake := t.TempDir()
	if err := os.CopyFS(filepath.Join(lake, "sales"), os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	metadata := filepath.Join(lake, "sales", "metadata")
	newest := map[string][]byte{} // the versions after the first snapshot
	for _, v := range []string{"v3", "v4", "v5", "v6", "v7"} {
		name := filepath.Join(metadata, v+".metadata.json")
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		newest[name] = text
		if err := os.Remove(name); err != nil {
			t.Fatal(err)
		}
	}
	eachStore(t, func(t *testing.T, p place) {
		defer func() {
			for name := range newest {
				_ = os.Remove(name)
			}
		}()
		models := madeModel(t, "sales", "source: {iceberg: sales}, metrics: {rows: count()}", "name: id, logicalType: integer")
		publishLake(t, p, lake, "--models", models)
		tells := func(snapshot, rows string) {
			t.Helper()
			served := servedWith(t, config{storeSettings: storeSettings{Store: p.store}, modelSettings: modelSettings{Models: models}})
			source := fmt.Sprintf(`"source":"Iceberg snapshot %s of %s/sales"`, snapshot, filepath.Base(lake))
			for path, word := range map[string]string{"/datasets/sales/aggregate?measures=rows": `"rows":` + rows, "/datasets/sales": source, "/releases/current": source} {
				_, body := get(t, served.URL, path)
				if text := strings.ReplaceAll(string(body), `": `, `":`); !strings.Contains(text, word) {
					t.Errorf("%s lacks %s: %s", path, word, body)
				}
			}
		}
		tells("853766660775201079", "4")
		if again := publishLake(t, p, lake, "--models", models); again.Release != 1 {
			t.Errorf("published again: %+v", again)
		}
		for name, text := range newest {
			if err := os.WriteFile(name, text, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if next := publishLake(t, p, lake, "--models", models, "--allow-shrink"); next.Release != 2 {
			t.Errorf("a newer snapshot of the table: %+v", next)
		}
		tells("1916084761853986166", "2")
	})
}
