package parquet

import (
	"fmt"
	"testing"
	"time"

	"goldserve/gold"
)

// TestManyColumnsAreComparedAtOnce looks for names that differ in case among very many: a comparison of each pair takes a
// fraction of a second, and anything done for each pair over all fields again would take minutes.
func TestManyColumnsAreComparedAtOnce(t *testing.T) {
	m := matching{dataset: &gold.Dataset{}}
	for i := range 2000 {
		name := fmt.Sprintf("column_%d", i)
		m.dataset.Fields = append(m.dataset.Fields, gold.Field{Name: name})
		m.names = append(m.names, name)
	}
	m.names = append(m.names, "Column_7", "COLUMN_8")
	m.dataset.Fields = append(m.dataset.Fields, gold.Field{Name: "eight", PhysicalName: "COLUMN_8"})
	started := time.Now()
	for i := range m.dataset.Fields {
		want := 1
		if i == 7 {
			want = 2
		}
		if alike := m.alike(&m.dataset.Fields[i]); len(alike) != want {
			t.Errorf("%s: %q", m.dataset.Fields[i].Name, alike)
		}
		if took := time.Since(started); took > 10*time.Second {
			t.Fatalf("%s for %d of %d fields", took, i+1, len(m.dataset.Fields))
		}
	}
}
