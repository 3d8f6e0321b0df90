package lake

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"goldserve/gold"
	"goldserve/gold/lake/object/objecttest"
	"goldserve/gold/storetest"
)

// mixedLake is a folder with something of every kind.
func mixedLake(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, rows := range map[string]int{
		"facts.parquet": 50, "parts/part-0.parquet": 10, "parts/part-1.parquet": 20, "parts/_SUCCESS": -1,
		"hive/day=1/x.parquet": 3, "hive/day=2/x.parquet": 4, "hive/_SUCCESS": -1, "unfinished/a=1/part-0.parquet": 5,
		"deep/er/one.parquet": 7, "deep/er/two.parquet": 8, "both.parquet": 1,
	} {
		path := filepath.Join(dir, name)
		if rows >= 0 {
			writeRows(t, path, make([]struct{ ID int64 }, rows))
		} else if err := os.WriteFile(path, nil, 0o600); err != nil {
			if err = os.MkdirAll(filepath.Dir(path), 0o700); err == nil {
				err = os.WriteFile(path, nil, 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := w.Write([]byte("id;name\n1;\"two\nlines\"\n2;b\n")); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"plain.csv": "id,name\n1,a\n2,b\n", "packed.csv.gz": packed.String(), "tabs.tsv": "id\n1\n", "lines.ndjson": "{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n",
		"array.json": "[{\"a\":1}]", "both.csv": "id\n1\n2\n", "cut.parquet": "PAR1", "bad.json": "[{", "table.xlsx": "PK", "notes.md": "#", "manifest.json": "{}",
		"_log.txt": "", ".hidden.csv": "x", "log_20240101.csv": "id\n1\n", "log_20240202.csv": "id\n1\n2\n",
		"hudi/.hoodie/hoodie.properties": "", "hudi/x.parquet": "PAR1",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// line is an entry in one line: what is not known is a ?.
func (e *Entry) line() string {
	rows := "?"
	if e.Rows >= 0 {
		rows = fmt.Sprint(e.Rows)
	}
	line := fmt.Sprintf("%s %s%s %d files, %s rows", e.Name, e.Format, e.Compression, e.Files, rows)
	if e.Version != "" {
		line += " version " + e.Version
	}
	if len(e.Partitions) > 0 {
		line += " by " + strings.Join(e.Partitions, " ")
	}
	if len(e.Readers) > 0 {
		line += fmt.Sprint(" read by ", e.Readers)
	}
	if e.Problem != nil {
		line += ": " + string(e.Problem.Code)
	}
	return line
}

func linesOf(entries []*Entry) (lines []string) {
	for _, e := range entries {
		lines = append(lines, e.line())
	}
	return lines
}

func TestTheInventoryOfALakeTellsWhatLiesThere(t *testing.T) {
	dir := mixedLake(t)
	o := InventoryOptions{Readers: []Spec{
		{Source: "facts"}, {Source: "log_{ts}.csv"}, {Source: "log_*.csv"}, {Source: "nowhere"}, {Source: "both"}, {Source: "hive"}, {Source: "deep/er/one"},
	}}
	want := []string{
		"array.json json 1 files, ? rows",
		"bad.json json 1 files, ? rows",
		"both.csv csv 1 files, ? rows",
		"both.parquet parquet 1 files, ? rows read by [4]: source_unreadable",
		"cut.parquet parquet 1 files, ? rows: file_invalid",
		"deep/er/one.parquet parquet 1 files, 7 rows read by [6]",
		"deep/er/two.parquet parquet 1 files, 8 rows",
		"facts.parquet parquet 1 files, 50 rows read by [0]",
		"hive parquet 2 files, 7 rows by day read by [5]",
		"hudi hudi 2 files, ? rows: file_unsupported",
		"lines.ndjson ndjson 1 files, ? rows",
		"log_20240101.csv csv 1 files, ? rows read by [2]",
		"log_20240202.csv csv 1 files, ? rows read by [1 2]",
		"notes.md  1 files, ? rows: file_unsupported",
		"packed.csv.gz csvgzip 1 files, ? rows",
		"parts parquet 2 files, 30 rows",
		"plain.csv csv 1 files, ? rows",
		"table.xlsx  1 files, ? rows: file_unsupported",
		"tabs.tsv tsv 1 files, ? rows",
		"unfinished  1 files, ? rows: source_unreadable",
	}
	for name, l := range map[string]*Lake{"a folder": mustOpen(t, dir), "a bucket": New(objecttest.BucketOf(t, dir))} {
		entries, err := l.Inventory(t.Context(), o)
		if err != nil {
			t.Fatal(name, err)
		}
		if diff := cmp.Diff(want, linesOf(entries)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		for _, e := range entries {
			if info, err := os.Stat(filepath.Join(dir, e.Name)); err != nil || !info.IsDir() && e.Bytes != info.Size() {
				t.Errorf("%s: %s has %d bytes, %v", name, e.Name, e.Bytes, err)
			}
			if name == "a folder" && time.Since(e.Changed).Abs() > time.Minute {
				t.Errorf("%s: %s was changed at %s", name, e.Name, e.Changed)
			}
		}
	}
	o = InventoryOptions{Count: true, NoSuccessFile: true}
	entries, err := mustOpen(t, dir).Inventory(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	counted := strings.Join(linesOf(entries), "\n")
	for _, line := range []string{
		"array.json json 1 files, 1 rows", "bad.json json 1 files, ? rows: file_invalid", "both.csv csv 1 files, 2 rows", "both.parquet parquet 1 files, 1 rows\n",
		"lines.ndjson ndjson 1 files, 3 rows", "packed.csv.gz csvgzip 1 files, 2 rows", "plain.csv csv 1 files, 2 rows", "tabs.tsv tsv 1 files, 1 rows", "unfinished parquet 1 files, 5 rows by a",
	} {
		if !strings.Contains(counted, line) {
			t.Errorf("%q is not in\n%s", line, counted)
		}
	}
}

// Each golden table, in a lake that is a folder above it, has the version and the rows that the reader gives.
func TestTheInventoryHasTheVersionsAndRowsOfTables(t *testing.T) {
	for format, least := range map[gold.Format]int{gold.Delta: 20, gold.Iceberg: 10} {
		l := mustOpen(t, filepath.Join(storetest.Shared(t), "data", string(format)))
		entries, err := l.Inventory(t.Context(), InventoryOptions{})
		if err != nil {
			t.Fatal(err)
		}
		tables := 0
		for _, e := range entries {
			if e.Format != string(format) || e.Problem != nil {
				continue
			}
			table, err := l.Table(t.Context(), Spec{Dataset: gold.Dataset{Name: "x"}, Source: e.Name})
			if err != nil {
				t.Errorf("%s: %v", e.Name, err)
				continue
			}
			if tables++; table.Rows() != e.Rows || table.Bytes() != e.Bytes || e.Version != table.version.number() {
				t.Errorf("%s: %s, the table has %d rows and %d bytes", e.Name, e.line(), table.Rows(), table.Bytes())
			}
			_ = table.Close()
		}
		if tables < least {
			t.Errorf("%s: %d tables of %d entries", format, tables, len(entries))
		}
	}
}

func TestTheInventoryOfATableItselfSaysWhatToDo(t *testing.T) {
	b := objecttest.NewBucket()
	b.Put("_delta_log/00000000000000000000.json", []byte("{}"))
	entries, err := New(b).Inventory(t.Context(), InventoryOptions{})
	if err != nil || len(entries) != 1 || entries[0].Name != "." || entries[0].Format != "delta" || !strings.Contains(entries[0].Problem.Detail, "in a lake that is a folder above it") {
		t.Errorf("%v, %v", linesOf(entries), err)
	}
}

func TestTheInventoryEndsWithWhatEveryFileWouldMeet(t *testing.T) {
	dir := t.TempDir()
	for i := range 100 {
		writeRows(t, filepath.Join(dir, fmt.Sprintf("t%d.parquet", i)), make([]struct{ ID int64 }, 1))
	}
	b := objecttest.BucketOf(t, dir)
	gone := errors.New("gone")
	var reads atomic.Int64 // several files are read at once
	b.OnRead = func(context.Context, string, int, []byte, int64) (int, bool, error) { return 0, true, gone }
	_, err := New(b).Inventory(t.Context(), InventoryOptions{Fatal: func(err error) bool { reads.Add(1); return errors.Is(err, gone) }})
	if !errors.Is(err, gone) {
		t.Errorf("%v after %d", err, reads.Load())
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := New(b).Inventory(ended, InventoryOptions{}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// BenchmarkInventory tells how long a look at 10,000 files takes, and how much memory is in use after it.
func BenchmarkInventory(b *testing.B) {
	dir := b.TempDir()
	writeRows(b, filepath.Join(dir, "t.parquet"), make([]struct{ ID int64 }, 1))
	for i := range 9_999 {
		if err := os.Link(filepath.Join(dir, "t.parquet"), filepath.Join(dir, fmt.Sprintf("t%d.parquet", i))); err != nil {
			b.Fatal(err)
		}
	}
	l := mustOpen(b, dir)
	for b.Loop() {
		entries, err := l.Inventory(b.Context(), InventoryOptions{})
		if err != nil || len(entries) != 10_000 || entries[77].Rows != 1 {
			b.Fatal(len(entries), err)
		}
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		b.ReportMetric(float64(m.HeapAlloc)/1e6, "MB-heap")
	}
}
