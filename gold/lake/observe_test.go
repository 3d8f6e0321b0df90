package lake

import (
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"goldserve/gold/lake/object/objecttest"
)

// TestReadsOfTablesAreTold follows a lake with tables as a process that is watched does: what it reads is told, and the metadata of
// an unchanged table is read once all the same.
func TestReadsOfTablesAreTold(t *testing.T) {
	for name, c := range map[string]struct {
		root, source string
		rows         int
	}{
		"delta":   {filepath.Join(goldenDelta(t), "basic-with-inserts-updates"), "delta", 100},
		"iceberg": {filepath.Join(publicIceberg(t), "case_sensitive_names", "default.db"), "case_sensitive_names", 3},
	} {
		t.Run(name, func(t *testing.T) {
			bucket := objecttest.BucketOf(t, c.root)
			l := New(bucket)
			var mu sync.Mutex
			data, metadata := 0, 0
			l.Observe(func(name, _ string) {
				mu.Lock()
				defer mu.Unlock()
				if strings.HasSuffix(name, ".parquet") {
					data++
				} else {
					metadata++
				}
			})
			s, err := inferred(t, l, c.source)
			if err != nil {
				t.Fatal(err)
			}
			for i := range s.Dataset.Fields {
				s.Dataset.Fields[i].PhysicalName = s.Dataset.Fields[i].Name
			}
			if metadata == 0 {
				t.Error("no read of metadata was told")
			}
			open := func() *Table {
				table, err := l.Table(t.Context(), s)
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { _ = table.Close() })
				return table
			}
			open()
			before := bucket.Count()
			table := open()
			if after := bucket.Count(); after != before {
				t.Errorf("an unchanged table was read again: %+v, before %+v", after, before)
			}
			if err := table.Unchanged(t.Context()); err != nil {
				t.Error(err)
			}
			data = 0
			if rows, _, err := readRows(table, Read{}); err != nil || len(rows) != c.rows || data == 0 {
				t.Errorf("%d rows, want %d; %d reads of files told; error %v", len(rows), c.rows, data, err)
			}
		})
	}
}
