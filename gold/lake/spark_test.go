package lake

import (
	"archive/tar"
	"cmp"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"goldserve/gold"
)

// sparkTable is what Spark read of a table that it wrote: see testdata/spark/README.md.
type sparkTable struct {
	Columns []string `json:"columns"`
	Rows    [][]any  `json:"rows"`
	Version *int64   `json:"version"` // of Delta, as of which it was read
	Tag     string   `json:"tag"`     // of Iceberg
	Branch  string   `json:"branch"`
	Refused string   `json:"refused"` // a word of why we do not read it
}

// sparkLake unpacks the tables that Spark wrote, and returns the folder and what Spark read of each.
func sparkLake(t *testing.T) (folder string, tables map[string]sparkTable) {
	t.Helper()
	text, err := os.ReadFile("testdata/spark/rows.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &tables); err != nil {
		t.Fatal(err)
	}
	packed, err := os.Open("testdata/spark/tables.tar.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = packed.Close() }()
	unpacked, err := gzip.NewReader(packed)
	if err != nil {
		t.Fatal(err)
	}
	folder = filepath.Join(t.TempDir(), "lake")
	for files := tar.NewReader(unpacked); ; {
		file, err := files.Next()
		if errors.Is(err, io.EOF) {
			return folder, tables
		}
		var content []byte
		if err == nil {
			content, err = io.ReadAll(files)
		}
		path := filepath.Join(folder, filepath.FromSlash(file.Name)) // #nosec G305 -- our own file
		if err = errors.Join(err, os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, content, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
}

// TestTablesOfSparkHaveTheRowsThatSparkReads: each value of each column.
func TestTablesOfSparkHaveTheRowsThatSparkReads(t *testing.T) {
	folder, tables := sparkLake(t)
	l := mustOpen(t, folder)
	for name, want := range tables {
		if want.Columns == nil {
			continue // it tells of several
		}
		t.Run(name, func(t *testing.T) {
			got, columns, err := readSpark(t, l, name, want)
			if want.Refused != "" {
				if gold.KindOf(err) != gold.Invalid || !strings.Contains(err.Error(), want.Refused) {
					t.Errorf("error %v, want one that says %s", err, want.Refused)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := gocmp.Diff(want.Columns, columns); diff != "" {
				t.Errorf("columns (-want +got):\n%s", diff)
			}
			if diff := gocmp.Diff(inOrder(t, want.Rows), inOrder(t, got)); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
		})
	}
}

// readSpark reads a table with all of its columns, as rows.json has values.
func readSpark(t *testing.T, l *Lake, name string, want sparkTable) (rows [][]any, columns []string, err error) {
	s, err := inferred(t, l, name)
	if err != nil {
		return nil, nil, err
	}
	for _, f := range s.Dataset.Fields {
		columns = append(columns, f.Column())
	}
	slices.SortStableFunc(s.Dataset.Fields, func(a, b gold.Field) int {
		return slices.Index(want.Columns, a.Column()) - slices.Index(want.Columns, b.Column())
	})
	switch ref := cmp.Or(want.Tag, want.Branch); {
	case want.Version != nil:
		s.Reading = gold.Reading{Format: gold.Delta, Version: want.Version}
	case ref != "":
		s.Reading = gold.Reading{Format: gold.Iceberg, Ref: ref}
	}
	table, err := l.Table(t.Context(), s)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = table.Close() }()
	values, _, err := readRows(table, Read{})
	for _, row := range values {
		list := make([]any, len(row))
		for i, v := range row {
			list[i] = asJSON(t, &s.Dataset.Fields[i], v)
		}
		rows = append(rows, list)
	}
	return rows, columns, err
}

// asJSON returns a value as JSON of Spark has it: decimals, dates and times as text.
func asJSON(t *testing.T, f *gold.Field, v gold.Value) any {
	text := f.Format(v)
	switch v.Kind() {
	case gold.Null:
		return nil
	case gold.Bool, gold.Int, gold.Double:
	case gold.Text:
		if !strings.HasPrefix(text, "{\"") && !strings.HasPrefix(text, "[") {
			return text
		}
	default:
		return text
	}
	var value any
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		t.Errorf("%s: %s: %v", f.Name, text, err)
	}
	return value
}

// inOrder returns rows as texts, in their order.
func inOrder(t *testing.T, rows [][]any) []string {
	texts := make([]string, len(rows))
	for i, row := range rows {
		text, err := json.Marshal(row)
		if err != nil {
			t.Fatal(err)
		}
		texts[i] = string(text)
	}
	slices.Sort(texts)
	return texts
}
