package lake

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"goldserve/gold"
	"goldserve/gold/lake/delta"
	"goldserve/gold/lake/object/objecttest"
	"goldserve/gold/storetest"
)

// TestFoldersWithALogAreDeltaTables reads no folder with a log as plain Parquet, however it is named and marked.
func TestFoldersWithALogAreDeltaTables(t *testing.T) {
	for name, c := range map[string]struct {
		files []string
		links map[string]string
	}{
		"with the extension":          {files: []string{"x.parquet/part-0.parquet", "x.parquet/_delta_log/00000000000000000000.json"}},
		"that Spark marked":           {files: []string{"x.parquet/part-0.parquet", "x.parquet/_SUCCESS", "x.parquet/_delta_log/_last_checkpoint"}},
		"without the extension":       {files: []string{"x/part-0.parquet", "x/_delta_log/0.json"}},
		"a link to a table":           {files: []string{"t/part-0.parquet", "t/_delta_log/0.json"}, links: map[string]string{"x.parquet": "t"}},
		"a link to a log in the lake": {files: []string{"log/0.json", "x.parquet/part-0.parquet", "x.parquet/_SUCCESS"}, links: map[string]string{"x.parquet/_delta_log": "../log"}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for _, f := range c.files {
				writeFile(t, filepath.Join(dir, f), []byte("{}"))
			}
			linkAll(t, dir, c.links)
			wantError(t, openTable(t, dir, Spec{Dataset: dataset("x", "id:i")}), gold.Invalid, gold.CodeFileInvalid, "the log of the Delta table")
		})
	}
}

// TestATableThatWasOverwritten has files of 335 in its folder, of which the newest version has 160.
func TestATableThatWasOverwritten(t *testing.T) {
	l := mustOpen(t, filepath.Join(storetest.Shared(t), "data", "field", "delta-overwritten", "lake"))
	first := int64(0)
	for name, c := range map[string]struct {
		at  *int64
		sum float64
	}{"the newest": {nil, 160}, "the first": {&first, 175}} {
		s, err := inferred(t, l, "sales")
		if err != nil {
			t.Fatal(err)
		}
		if c.at != nil {
			s.Reading = gold.Reading{Format: gold.Delta, Version: c.at}
		}
		table, err := l.Table(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		rows, _, err := readRows(table, Read{Fields: []string{"amount"}})
		sum := 0.0
		for _, r := range rows {
			sum += r[0].Double()
		}
		if err != nil || sum != c.sum {
			t.Errorf("%s has %v, want %v (%v)", name, sum, c.sum, err)
		}
		if err := errors.Join(table.Unchanged(t.Context()), table.Close()); err != nil {
			t.Error(err)
		}
	}
}

// TestAnUnchangedDeltaTableCostsItsLog opens no data file before rows are asked for, and reads the log of a table once.
func TestAnUnchangedDeltaTableCostsItsLog(t *testing.T) {
	bucket := objecttest.BucketOf(t, filepath.Join(goldenDelta(t), "basic-with-inserts-updates"))
	l := New(bucket)
	s, err := inferred(t, l, "delta")
	if err != nil {
		t.Fatal(err)
	}
	open := func(s Spec) *Table {
		table, err := l.Table(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = table.Close() })
		return table
	}
	before := bucket.Count()
	table := open(s)
	if err := table.Unchanged(t.Context()); err != nil || table.Rows() != 100 || table.Token(time.Now()) == "" {
		t.Errorf("%d rows, token %q, error %v", table.Rows(), table.Token(time.Now()), err)
	}
	if after := bucket.Count(); after != before {
		t.Errorf("read %+v, before %+v", after, before)
	}
	if again := open(s); again.Token(time.Now()) != table.Token(time.Now()) {
		t.Error("two tokens of one version")
	}
	first := int64(0)
	s.Reading = gold.Reading{Format: gold.Delta, Version: &first}
	older := open(s)
	if older.Token(time.Now()) == table.Token(time.Now()) || older.Provenance().String() != "Delta version 0 of memory://bucket/delta" {
		t.Errorf("token and version %q of an older version", older.Provenance())
	}
	rows, _, err := readRows(table, Read{})
	if err != nil || len(rows) != 100 {
		t.Errorf("%d rows, error %v", len(rows), err)
	}
	newest := "delta/_delta_log/00000000000000000001.json"
	bucket.Put(newest, bucket.Content(newest))
	wantError(t, table.Unchanged(t.Context()), gold.Unavailable, gold.CodeSourceChanged, "another Delta table took its place")
	bucket.Put("delta/_delta_log/00000000000000000099.json", []byte("{}"))
	wantError(t, table.Unchanged(t.Context()), gold.Unavailable, gold.CodeSourceChanged, "version 99 of the Delta table followed version")
	if err := older.Unchanged(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestAFileThatVacuumRemoved is told with the version that needs it, once its rows are asked for.
func TestAFileThatVacuumRemoved(t *testing.T) {
	bucket := objecttest.BucketOf(t, filepath.Join(goldenDelta(t), "basic-with-inserts-updates"))
	l := New(bucket)
	s, err := inferred(t, l, "delta")
	if err != nil {
		t.Fatal(err)
	}
	table, err := l.Table(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	version := table.version.(*deltaTable)
	gone := version.Name(&version.Files[0])
	bucket.Remove(gone)
	for range 2 {
		_, err = table.Fingerprint(t.Context())
		wantError(t, err, gold.Invalid, gold.CodeSourceUnreadable, gone, "VACUUM")
	}
}

// TestFingerprintsOfDeltaTables: what may change rows changes them, and nothing else does.
func TestFingerprintsOfDeltaTables(t *testing.T) {
	part, err := os.ReadFile(filepath.Join(sampleGold(t), "client_scores.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	const protocol = `{"protocol":{"minReaderVersion":3,"minWriterVersion":7,"readerFeatures":["deletionVectors"],"writerFeatures":["deletionVectors"]}}`
	const metadata = `{"metaData":{"id":"%s","format":{"provider":"parquet"},"schemaString":"{\"type\":\"struct\",\"fields\":[{\"name\":\"segment_label\",\"type\":\"string\",\"nullable\":true,\"metadata\":{}},` +
		`{\"name\":\"prob_reachat_12m\",\"type\":\"double\",\"nullable\":true,\"metadata\":{}},{\"name\":\"year\",\"type\":\"integer\",\"nullable\":true,\"metadata\":{}}]}","partitionColumns":["year"],"configuration":{}}}`
	const vector = `,"deletionVector":{"storageType":"i","pathOrInlineDv":"^Bg9^0rr910000000000iXQKl0rr91000f55c8Xg0@@D72lkbi5=-{L","sizeInBytes":44,"cardinality":6}`
	fingerprint := func(id, path, year, vector string) (string, error) {
		b := objecttest.NewBucket()
		b.Put("t/"+path, part)
		add := fmt.Sprintf(`{"add":{"path":%q,"partitionValues":{"year":%s},"size":1,"dataChange":true%s}}`, path, year, vector)
		b.Put("t/_delta_log/00000000000000000000.json", []byte(strings.Join([]string{protocol, fmt.Sprintf(metadata, id), add}, "\n")))
		table, err := New(b).Table(t.Context(), Spec{Dataset: dataset("t", "segment_label:t prob_reachat_12m:f year:i?")})
		if err != nil {
			return "", err
		}
		defer func() { _ = table.Close() }()
		return table.Fingerprint(t.Context())
	}
	want, err := fingerprint("a", "x.parquet", "null", "")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		id, path, year, vector string
		same                   bool
	}{
		"another table":     {"b", "x.parquet", "null", "", true},
		"another file name": {"a", "y.parquet", "null", "", true},
		"an empty text":     {"a", "x.parquet", `""`, "", true},
		"a partition":       {"a", "x.parquet", `"2024"`, "", false},
		"deleted rows":      {"a", "x.parquet", "null", vector, false},
	} {
		got, err := fingerprint(c.id, c.path, c.year, c.vector)
		if err != nil || (got == want) != c.same {
			t.Errorf("%s: error %v, fingerprint %s, without it %s", name, err, got, want)
		}
	}
}

// TestTotalsOfALogDoNotOverflow: a log may say anything of its files, of which there may be two million.
func TestTotalsOfALogDoNotOverflow(t *testing.T) {
	for _, f := range []delta.File{{Rows: 1, Size: 1 << 50}, {Rows: 1 << 40, Size: 1 << 40}, {Rows: 1 << 50}, {Rows: -1}, {Size: -1}} {
		d := &deltaTable{Snapshot: &delta.Snapshot{Files: slices.Repeat([]delta.File{f}, 1<<20)}}
		rows, bytes, known := d.totals()
		if known && (rows != f.Rows<<20 || bytes != f.Size<<20 || rows < 0 || bytes < 0) || known != (f.Rows == 1<<40) {
			t.Errorf("%+v: %d rows, %d bytes, %t", f, rows, bytes, known)
		}
	}
}
