package lake

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"goldserve/gold"
	"goldserve/gold/lake/object/objecttest"
)

// TestFoldersWithMetadataAreIcebergTables reads no folder with metadata as plain Parquet, however it is named and marked.
func TestFoldersWithMetadataAreIcebergTables(t *testing.T) {
	for name, c := range map[string]struct {
		files []string
		links map[string]string
		words string
	}{
		"with the extension":              {[]string{"x.parquet/data/f.parquet", "x.parquet/metadata/00000-a.metadata.json"}, nil, "no metadata of an Iceberg table"},
		"of a catalog of files":           {[]string{"x.parquet/f.parquet", "x.parquet/metadata/version-hint.text"}, nil, "no metadata file"},
		"that Spark marked":               {[]string{"x.parquet/_SUCCESS", "x.parquet/f.parquet", "x.parquet/metadata/v2.gz.metadata.json"}, nil, "no metadata of an Iceberg table"},
		"without the extension":           {[]string{"x/data/f.parquet", "x/metadata/v1.metadata.json.gz"}, nil, "no metadata of an Iceberg table"},
		"a link to metadata in the lake":  {[]string{"m/v1.metadata.json", "x.parquet/part-0.parquet", "x.parquet/_SUCCESS"}, map[string]string{"x.parquet/metadata": "../m"}, "no metadata of an Iceberg table"},
		"several files of one version":    {[]string{"x/metadata/00002-a.metadata.json", "x/metadata/00002-b.metadata.json"}, nil, "2 metadata files of the version 2"},
		"the same, and a hint of another": {[]string{"x/metadata/00002-a.metadata.json", "x/metadata/00002-b.metadata.json", "x/metadata/version-hint.text"}, nil, "2 metadata files of the version 2"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for _, f := range c.files {
				writeFile(t, filepath.Join(dir, f), []byte("{}"))
			}
			linkAll(t, dir, c.links)
			err := openTable(t, dir, Spec{Dataset: dataset("x", "id:i")})
			if gold.KindOf(err) != gold.Invalid || !strings.Contains(err.Error(), c.words) {
				t.Errorf("error %v, want %q", err, c.words)
			}
		})
	}
}

// TestSnapshotsOfAnIcebergTable reads the states of a table that another engine deleted rows of by equality: the rows are those
// that its snapshots' summaries and DuckDB's reader tell.
func TestSnapshotsOfAnIcebergTable(t *testing.T) {
	l := mustOpen(t, filepath.Join(publicIceberg(t), "equality_deletes", "warehouse", "mydb"))
	at := func(text string) time.Time {
		moment, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		return moment
	}
	for name, c := range map[string]struct {
		reading gold.Reading
		rows    int
		words   string // of an error, or of the version
	}{
		"the newest":              {gold.Reading{}, 2, "Iceberg snapshot "},
		"the first, by its id":    {gold.Reading{Snapshot: "853766660775201079"}, 4, "Iceberg snapshot 853766660775201079 of "},
		"the main branch":         {gold.Reading{Ref: "main"}, 2, "Iceberg snapshot "},
		"of a time in future":     {gold.Reading{Timestamp: at("2100-01-01T00:00:00Z")}, 2, "Iceberg snapshot "},
		"of a time before it":     {gold.Reading{Timestamp: at("2000-01-01T00:00:00Z")}, -1, "no snapshot as of 2000-01-01T00:00:00Z: its log begins with the snapshot"},
		"a tag that is not there": {gold.Reading{Ref: "mian"}, -1, "no tag or branch \"mian\": it has main (did you mean main?)"},
		"an id that is not there": {gold.Reading{Snapshot: "12"}, -1, "no snapshot 12: its metadata has"},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := inferred(t, l, "mytable")
			if err != nil {
				t.Fatal(err)
			}
			s.Reading, s.Reading.Format = c.reading, gold.Iceberg
			table, err := l.Table(t.Context(), s)
			if c.rows < 0 {
				if gold.CodeOf(err) != gold.CodeSourceUnreadable || !strings.Contains(err.Error(), c.words) {
					t.Errorf("error %v, want %q", err, c.words)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = table.Close() }()
			rows, _, err := readRows(table, Read{})
			if err != nil || len(rows) != c.rows || !strings.HasPrefix(table.Provenance().String(), c.words) || !strings.HasSuffix(table.Provenance().String(), "/mytable") {
				t.Errorf("%d rows of %q, want %d, error %v", len(rows), table.Provenance().String(), c.rows, err)
			}
		})
	}
}

// TestAnUnchangedIcebergTableCostsItsMetadata opens no data file before rows are asked for, and reads the metadata of a table once.
func TestAnUnchangedIcebergTableCostsItsMetadata(t *testing.T) {
	bucket := objecttest.BucketOf(t, filepath.Join(publicIceberg(t), "case_sensitive_names", "default.db"))
	l := New(bucket)
	s, err := inferred(t, l, "case_sensitive_names")
	if err != nil {
		t.Fatal(err)
	}
	for i := range s.Dataset.Fields {
		s.Dataset.Fields[i].PhysicalName = s.Dataset.Fields[i].Name
	}
	open := func() *Table {
		table, err := l.Table(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = table.Close() })
		return table
	}
	before := bucket.Count()
	table := open()
	if table.Rows() != 3 || table.Token(time.Now()) == "" || open().Token(time.Now()) != table.Token(time.Now()) {
		t.Errorf("%d rows, token %q", table.Rows(), table.Token(time.Now()))
	}
	if after := bucket.Count(); after != before {
		t.Errorf("read %+v, before %+v", after, before)
	}
	if err := table.Unchanged(t.Context()); err != nil {
		t.Error(err)
	}
	if rows, _, err := readRows(table, Read{}); err != nil || len(rows) != 3 {
		t.Errorf("%d rows, error %v", len(rows), err)
	}
	older, err := os.ReadFile(filepath.Join(publicIceberg(t), "case_sensitive_names", "default.db", "case_sensitive_names", "metadata", "00000-c86b5eba-44ed-4a98-8b59-1b0dc9fac4ff.metadata.json"))
	if err != nil {
		t.Fatal(err)
	}
	bucket.Put("case_sensitive_names/metadata/00002-x.metadata.json", older)
	wantError(t, table.Unchanged(t.Context()), gold.Unavailable, gold.CodeSourceChanged, "of the Iceberg table followed")
	if next := open(); next.Rows() != 0 || next.Token(time.Now()) == table.Token(time.Now()) || !strings.HasPrefix(next.Provenance().String(), "Iceberg table without a snapshot, memory://") {
		t.Errorf("%d rows of %q", next.Rows(), next.Provenance().String())
	}
	data := slices.IndexFunc(table.files, func(f *file) bool { return f.open != nil })
	bucket.Put("case_sensitive_names/metadata/00003-x.metadata.json", mustRead(t, "case_sensitive_names/default.db/case_sensitive_names/metadata/00001-a7a3a44c-4aac-4619-bebd-11be37b27351.metadata.json"))
	if err := table.Unchanged(t.Context()); err != nil {
		t.Errorf("the same snapshot in another metadata file: %v", err)
	}
	bucket.Remove(table.files[data].name())
	wantError(t, table.Unchanged(t.Context()), gold.Unavailable, gold.CodeSourceChanged, "it was removed")
	_, _, err = readRows(open(), Read{})
	wantError(t, err, gold.Invalid, gold.CodeSourceUnreadable, table.files[data].name(), "its snapshot has expired")
}

func mustRead(tb testing.TB, name string) []byte {
	tb.Helper()
	text, err := os.ReadFile(filepath.Join(publicIceberg(tb), name))
	if err != nil {
		tb.Fatal(err)
	}
	return text
}
