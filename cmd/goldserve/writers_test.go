package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"goldserve/gold/storetest"
)

// writersLake is the UCI lake with the tables that another tool wrote in place of pandas'.
func writersLake(t *testing.T, writer string) string {
	t.Helper()
	data := filepath.Join(storetest.Shared(t), "data")
	lake := filepath.Join(t.TempDir(), "gold")
	for _, from := range []string{filepath.Join(data, "retail/gold"), filepath.Join(data, "writers/pandas"), filepath.Join(data, "writers", writer)} {
		tables, err := os.ReadDir(from)
		if err != nil {
			t.Fatal(err)
		}
		for _, table := range tables {
			source, target := filepath.Join(from, table.Name()), filepath.Join(lake, table.Name())
			if err := os.RemoveAll(target); err != nil {
				t.Fatal(err)
			}
			switch {
			case table.IsDir():
				err = os.CopyFS(target, os.DirFS(source))
			case strings.HasSuffix(table.Name(), ".parquet"):
				err = copyFile(source, target)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	return lake
}

func copyFile(source, target string) error {
	data, err := os.ReadFile(source)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(target), 0o700); err != nil {
		return err
	}
	return os.WriteFile(target, data, 0o600)
}

var release = regexp.MustCompile(`"release":[0-9]+`)

func TestEveryWritersTablesGiveTheSameAnswers(t *testing.T) {
	t.Parallel()
	answers := func(writer string) map[string][]byte {
		p := sqlitePlace(t)
		publishLake(t, p, writersLake(t, writer))
		server := served(t, p)
		bodies := map[string][]byte{}
		for _, path := range []string{
			"/kpis", "/scores", "/segments", "/monthly", "/daily", "/distribution", "/datasets/fact_achats/rows?limit=10000",
			"/datasets/fact_achats/rows?limit=10000&sort=-id_achat",
		} {
			status, body := get(t, server.URL, path)
			if status != 200 {
				t.Errorf("%s of %s: %d %s", path, writer, status, body)
			}
			bodies[path] = release.ReplaceAll(timeless(body), nil)
		}
		return bodies
	}
	want := answers("pandas")
	for _, writer := range []string{"spark", "spark-hive", "duckdb", "polars", "pyarrow-v2"} {
		t.Run(writer, func(t *testing.T) {
			for path, got := range answers(writer) {
				if !bytes.Equal(got, want[path]) {
					t.Errorf("%s differs from what pandas wrote", path)
				}
			}
		})
	}
}

func TestAFolderOfPartsMustBeComplete(t *testing.T) {
	t.Parallel()
	lake := writersLake(t, "spark")
	if err := os.Remove(filepath.Join(lake, "client_scores.parquet", "_SUCCESS")); err != nil {
		t.Fatal(err)
	}
	p := sqlitePlace(t)
	code, _, stderr := cli(t, "publish", "--lake", lake, "--store", p.store)
	if code != exitRefused || !strings.Contains(stderr, "_SUCCESS") || !strings.Contains(stderr, "--no-success-file") {
		t.Errorf("exit %d\n%s", code, stderr)
	}
	publishLake(t, p, lake, "--no-success-file")
}
