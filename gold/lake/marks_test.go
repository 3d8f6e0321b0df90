package lake

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"goldserve/gold"
	"goldserve/gold/storetest"
)

// write writes a file of a made-up lake, and the folders above it.
func writeFile(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// linkAll makes symbolic links in a folder, by their names.
func linkAll(t *testing.T, dir string, links map[string]string) {
	t.Helper()
	for name, target := range links {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
}

func TestTablesOfOtherFormatsAreRefusedByName(t *testing.T) {
	part, err := os.ReadFile(filepath.Join(sampleGold(t), "ca_country.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	plain := dataset("x", datasets["ca_country"])
	cases := []struct {
		name   string
		files  []string // those that end in .parquet hold rows
		links  map[string]string
		source string
		words  []string // of the error; nil: the table is read
	}{
		{name: "the lake itself", files: []string{"x.parquet", "_delta_log/0.json"}, words: []string{"Delta Lake (it has _delta_log)"}},
		{name: "the lake itself, without such a file", files: []string{"part-0.parquet", "_delta_log/0.json"}, words: []string{"Delta Lake"}},
		{name: "a folder between the lake and the source", files: []string{"gold/x.parquet", "gold/.hoodie/hoodie.properties"}, source: "gold/x", words: []string{"gold: it is a table of Apache Hudi"}},
		{name: "the lake itself, of Iceberg", files: []string{"x.parquet", "metadata/version-hint.text"}, words: []string{"Apache Iceberg (it has metadata/version-hint.text)"}},
		{name: "a folder between, of Iceberg", files: []string{"gold/x.parquet", "gold/metadata/v2.gz.metadata.json"}, source: "gold/x", words: []string{"gold: it is a table of Apache Iceberg"}},
		{name: "in a partition, of Iceberg", files: []string{"x.parquet/_SUCCESS", "x.parquet/a=1/part-0.parquet", "x.parquet/a=1/metadata/00000-a.metadata.json"}, words: []string{"x.parquet/a=1: it is a table of Apache Iceberg"}},
		{name: "in a partition", files: []string{"x.parquet/_SUCCESS", "x.parquet/a=1/part-0.parquet", "x.parquet/a=1/_delta_log/0.json"}, words: []string{"x.parquet/a=1: it is a table of Delta Lake"}},
		{name: "a Hudi table", files: []string{"x.parquet/_SUCCESS", "x.parquet/f_0-1-0_2.parquet", "x.parquet/.hoodie/hoodie.properties"}, words: []string{"Apache Hudi"}},
		{name: "a partition of a Hudi table", files: []string{"x.parquet/_SUCCESS", "x.parquet/f.parquet", "x.parquet/.hoodie_partition_metadata"}, words: []string{"Apache Hudi"}},
		{name: "a link to a log that is not there", files: []string{"x.parquet/part-0.parquet", "x.parquet/_SUCCESS"}, links: map[string]string{"x.parquet/_delta_log": "/nowhere"}, words: []string{"Delta Lake"}},
		{name: "a link to a partition", files: []string{"p/part-0.parquet", "p/_delta_log/0.json", "x.parquet/_SUCCESS"}, links: map[string]string{"x.parquet/a=1": "../p"}, words: []string{"x.parquet/a=1: it is a table of Delta Lake"}},

		{name: "names of writers that make no table", files: []string{
			"x.parquet/_SUCCESS", "x.parquet/part-0.parquet", "x.parquet/part-0.parquet.crc", "x.parquet/.part-0.parquet.crc", "x.parquet/_metadata",
			"x.parquet/_common_metadata", "x.parquet/_started_1", "x.parquet/_committed_1", "x.parquet/_temporary/0/part-1.parquet",
		}},
		{name: "a table beside the plain copy of its rows", files: []string{"x.parquet", "x/part-0.parquet", "x/_delta_log/0.json"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			for _, name := range c.files {
				content := []byte("{}")
				if strings.HasSuffix(name, ".parquet") {
					content = part
				}
				writeFile(t, filepath.Join(dir, name), content)
			}
			linkAll(t, dir, c.links)
			err := openTable(t, dir, Spec{Dataset: plain, Source: c.source})
			if c.words == nil {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			wantError(t, err, gold.Invalid, gold.CodeFileUnsupported, c.words...)
			if strings.Contains(err.Error(), "--") {
				t.Errorf("the error names a flag that would publish removed rows: %v", err)
			}
		})
	}
}

// TestPublicTablesAreRefusedByName reads no public table of another format as plain Parquet: as the lake. Elsewhere
// they are sources.
func TestPublicTablesAreRefusedByName(t *testing.T) {
	for folder, format := range map[string]string{"delta": "Delta Lake", "iceberg": "Apache Iceberg"} {
		tables := publicTables(t, filepath.Join(storetest.Shared(t), "data", folder))
		if len(tables) < 15 {
			t.Fatalf("%d tables of %s", len(tables), format)
		}
		for _, table := range tables {
			err := openTable(t, table, Spec{Dataset: dataset("x", "id:i"), Source: "x"})
			wantError(t, err, gold.Invalid, gold.CodeFileUnsupported, "it is a table of "+format)
		}
	}
}

// publicTables returns the folders that hold a table's log or metadata.
func publicTables(t *testing.T, dir string) []string {
	t.Helper()
	var tables []string
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() && (entry.Name() == "_delta_log" || entry.Name() == "metadata") {
			tables = append(tables, filepath.Dir(path))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return tables
}
