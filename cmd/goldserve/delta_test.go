package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"goldserve/gold/storetest"
)

// restored is a commit that brings the first version's rows back.
const restored = `{"remove":{"path":"part-00000-3c9e5195-7298-4be6-9afe-4b2461148abe-c000.snappy.parquet","dataChange":true}}
{"add":{"path":"part-00000-d2c66573-4ad0-4f95-bb68-9e958a99a18e-c000.snappy.parquet","partitionValues":{},"size":814,"modificationTime":1,"dataChange":true}}`

// TestADeltaTableNeedsNoSuccessFile: nobody is advised to do without one.
func TestADeltaTableNeedsNoSuccessFile(t *testing.T) {
	t.Parallel()
	lake := filepath.Join(storetest.Shared(t), "data", "field", "delta-overwritten", "lake")
	models := madeModel(t, "sales", "source: {delta: sales.parquet, version: 99}", "name: order_id, logicalType: string, required: true, primaryKey: true")
	code, _, stderr := cli(t, "check", "--lake", lake, "--models", models)
	if code != exitRefused || !strings.Contains(stderr, "the Delta table has no version 99") || strings.Contains(stderr, "_SUCCESS") {
		t.Errorf("exit %d\n%s", code, stderr)
	}
}

// TestADeltaTableIsPublishedAsItsLogSays publishes a table of two versions, says which one a release is of, and follows the table
// to a third.
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
		tells := func(version int, revenue string) {
			t.Helper()
			served := servedWith(t, config{storeSettings: storeSettings{Store: p.store}, modelSettings: modelSettings{Models: models}})
			source := fmt.Sprintf(`"source":"Delta version %d of %s/sales.parquet"`, version, filepath.Base(lake))
			for path, word := range map[string]string{
				"/datasets/sales/aggregate?measures=revenue": `"revenue":` + revenue, "/datasets/sales": source, fmt.Sprintf("/releases/%d", version): source,
			} {
				_, body := get(t, served.URL, path)
				if text := strings.ReplaceAll(string(body), `": `, `":`); !strings.Contains(text, word) {
					t.Errorf("%s lacks %s: %s", path, word, body)
				}
			}
		}
		tells(1, "160")
		args := []string{"--store", p.store, "--models", models}
		for command, word := range map[string]string{"releases": `"sources":{"sales":{"kind":"delta","format":"delta","place":"` + filepath.Base(lake) + `/sales.parquet","version":"1","files":1,`, "status": "Delta version 1 of " + filepath.Base(lake) + "/sales.parquet"} {
			if command == "releases" {
				args = append(args, "--json")
			} else {
				args = args[:4]
			}
			_, out, stderr := cli(t, append([]string{command}, args...)...)
			if text := strings.Join(strings.Fields(out), ""); !strings.Contains(text, strings.ReplaceAll(word, " ", "")) {
				t.Errorf("%s lacks %s: %s %s", command, word, out, stderr)
			}
		}
		if again := publishLake(t, p, lake, "--models", models); again.Release != 1 {
			t.Errorf("published again: %+v", again)
		}
		log := filepath.Join(lake, "sales.parquet", "_delta_log")
		newest := filepath.Join(log, "00000000000000000002.json")
		if err := os.WriteFile(newest, []byte(restored), 0o600); err != nil {
			t.Fatal(err)
		}
		defer func() { _ = os.Remove(newest) }()
		if next := publishLake(t, p, lake, "--models", models); next.Release != 2 {
			t.Errorf("a newer version of the table: %+v", next)
		}
		tells(2, "175")
	})
}
