package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"goldserve/gold"
)

// TestSourcesListsALake: what people and what programs get, of the sample with other files beside it.
func TestSourcesListsALake(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(sample, "gold"))); err != nil {
		t.Fatal(err)
	}
	delta := filepath.Join(dir, "events", "_delta_log")
	if err := os.MkdirAll(delta, 0o700); err != nil {
		t.Fatal(err)
	}
	for path, text := range map[string]string{
		"notes.xlsx": "PK", "more.csv.gz": "\x1f\x8b", "torn.parquet": "PAR1", "\x1b[31mred\u202e.txt": "",
		"events/_delta_log/00000000000000000000.json": `{"protocol":{"minReaderVersion":1,"minWriterVersion":2}}
{"metaData":{"id":"x","format":{"provider":"parquet"},"schemaString":"{\"type\":\"struct\",\"fields\":[{\"name\":\"day\",\"type\":\"date\",\"nullable\":true,\"metadata\":{}}]}","partitionColumns":["day"],"configuration":{}}}
{"add":{"path":"day=2024-01-01/a.parquet","partitionValues":{"day":"2024-01-01"},"size":2048,"modificationTime":0,"dataChange":true,"stats":"{\"numRecords\":12345}"}}`,
	} {
		if err := os.WriteFile(filepath.Join(dir, path), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	at := time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC)
	err := filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Chtimes(path, at, at)
	})
	if err != nil {
		t.Fatal(err)
	}
	out := strings.ReplaceAll(mustCLI(t, "sources", "--lake", dir), dir, "LAKE")
	lines := strings.Split(out, "\n")
	for i := range lines {
		lines[i] = strings.Join(strings.Fields(lines[i]), " ")
	}
	want := []string{
		"SOURCE FORMAT VERSION FILES SIZE ROWS CHANGED READ BY",
		`\x1b[31mred\u202e.txt ? 1 0 bytes ? 2024-05-06T07:08:09Z`,
		"ca_country.parquet parquet 1 1.8 kB 8 2024-05-06T07:08:09Z retail.ca_country",
		"events delta by day 0 1 2 kB 12345 2024-05-06T07:08:09Z",
		"more.csv.gz csv, gzip 1 2 bytes ? 2024-05-06T07:08:09Z",
		"Rows of text files (?) are unknown: --count counts them.",
		"3 of 14 sources can't be read:",
		"notes.xlsx: it is a spreadsheet: save each table in it as CSV, or write it as Parquet with pandas, Polars or DuckDB",
		"torn.parquet: it has 4 bytes, and a Parquet file has at least 12: write it again",
	}
	for _, line := range want {
		if !strings.Contains("\n"+strings.Join(lines, "\n")+"\n", "\n"+line+"\n") {
			t.Errorf("no line is %q:\n%s", line, out)
		}
	}
	var got inventory
	if err := json.Unmarshal([]byte(mustCLI(t, "sources", dir, "--json")), &got); err != nil {
		t.Fatal(err)
	}
	rows := int64(12345)
	for i := range got.Sources {
		if s := got.Sources[i]; s.Name == "events" {
			want := listedSource{Name: "events", Format: "delta", Folder: true, Partitions: []string{"day"}, Version: "0", Files: 1, Bytes: 2048, Rows: &rows, Changed: &at, ReadBy: []readBy{}}
			if diff := cmp.Diff(want, s); diff != "" {
				t.Errorf("events (-want +got):\n%s", diff)
			}
		}
	}
	if out := mustCLI(t, "sources", t.TempDir()); !strings.Contains(out, "holds no file") {
		t.Errorf("an empty lake: %s", out)
	}
}

// TestTheLakeAroundGoldIsToldFromGold: by what lists it, and by what infers contracts of it.
func TestTheLakeAroundGoldIsToldFromGold(t *testing.T) {
	t.Parallel()
	lake := t.TempDir()
	for _, folder := range []string{"bronze", "silver", "gold"} {
		if err := os.Mkdir(filepath.Join(lake, folder), 0o700); err != nil {
			t.Fatal(err)
		}
		writeFile(t, filepath.Join(lake, folder, "tea.csv"), "name,price\nOolong,4\nSencha,5\n")
	}
	writeFile(t, filepath.Join(lake, "silver_report.json"), "{\n  \"gold_rows\": {}\n}\n")
	const hint = "is the gold of a build"
	if out := mustCLI(t, "sources", lake); !strings.Contains(out, "silver_report") || strings.Contains(out, hint) {
		t.Errorf("without a build:\n%s", out)
	}
	writeFile(t, filepath.Join(lake, "gold", gold.BuiltFile), "{}")
	if out := mustCLI(t, "sources", lake); strings.Contains(out, "silver_report") || !strings.Contains(out, "bronze/tea") || !strings.Contains(out, hint+": publish and up take it as the lake, "+filepath.Join(lake, "gold")+".\n") {
		t.Errorf("with a build:\n%s", out)
	}
	models := t.TempDir()
	out := mustCLI(t, "init", lake, "--model", "shop", "--models", models)
	if !strings.Contains(out, "silver is left out: the folder gold was built from it, as from bronze: name "+lake+"/gold as the lake") {
		t.Errorf("init:\n%s", out)
	}
	if contracts, err := os.ReadDir(filepath.Join(models, "shop", "contracts")); err != nil || len(contracts) != 1 {
		t.Errorf("contracts %v, %v", contracts, err)
	}
}
