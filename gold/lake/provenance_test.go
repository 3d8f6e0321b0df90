package lake

import (
	"path/filepath"
	"testing"
	"time"

	"goldserve/gold"
	"goldserve/gold/lake/object/objecttest"
)

// TestATableSaysWhereItLies, before any of its files is opened.
func TestATableSaysWhereItLies(t *testing.T) {
	bucket := objecttest.NewBucket()
	for name, rows := range map[string]string{"orders.csv": "id\n1\n", "sales_20251113.csv": "id\n22\n", "sales_20251114.csv": "id\n333\n", "parts/a.csv": "id\n1\n", "parts/b.csv": "id\n2\n", "parts/_SUCCESS": ""} {
		bucket.Put(name, []byte(rows))
	}
	written := time.Date(2026, 1, 31, 10, 0, 0, 0, time.UTC)
	bucket.Changed = func(name string) time.Time {
		if name == "parts/b.csv" {
			return written.Add(time.Hour)
		}
		return written
	}
	d := gold.Dataset{Name: "rows", Key: []string{"id"}, Fields: []gold.Field{{Name: "id", Kind: gold.Int}}}
	for source, want := range map[string]gold.Provenance{
		"orders":         {Kind: gold.OneFile, Format: gold.CSV, Place: "memory://bucket/orders.csv", Files: 1, Bytes: 5, Modified: written},
		"sales_{ts}.csv": {Kind: gold.NewestOf, Format: gold.CSV, Place: "memory://bucket/sales_20251114.csv", Pattern: "sales_{ts}.csv", Files: 1, Bytes: 7, Modified: written},
		"sales_*.csv":    {Kind: gold.PatternOf, Format: gold.CSV, Place: "memory://bucket/sales_*.csv", Pattern: "sales_*.csv", Files: 2, Bytes: 13, Modified: written},
		"parts":          {Kind: gold.FolderOf, Format: gold.CSV, Place: "memory://bucket/parts", Files: 2, Bytes: 10, Modified: written.Add(time.Hour)},
	} {
		table, err := New(bucket).Locate(t.Context(), Spec{Dataset: d, Source: source, NoSuccessFile: true})
		if err != nil {
			t.Errorf("%s: %v", source, err)
			continue
		}
		if got := *table.Provenance(); got != want {
			t.Errorf("%s: %+v, want %+v", source, got, want)
		}
	}
	if count := bucket.Count(); count.Opens > 0 {
		t.Errorf("opened %d files", count.Opens)
	}
}

// TestThePlaceOfALakeInAFolder is the path that its user wrote, unless that says more than clients should know.
func TestThePlaceOfALakeInAFolder(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "gold")
	for root, want := range map[string]string{folder: "gold/a/b.csv", "./lake": "lake/a/b.csv", "s3://b/gold/": "s3://b/gold/a/b.csv", ".": "a/b.csv"} {
		if got := New(renamed{objecttest.NewBucket(), root}).place("a/b.csv"); got != want {
			t.Errorf("%s: %s, want %s", root, got, want)
		}
	}
}

// renamed is a source with another name.
type renamed struct {
	*objecttest.Bucket
	name string
}

func (n renamed) String() string { return n.name }
