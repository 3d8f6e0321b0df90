package lake

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"goldserve/gold"
	"goldserve/gold/storetest"
)

// publicIceberg returns the folder of tables of another engine's tests, with their rows.
func publicIceberg(tb testing.TB) string {
	tb.Helper()
	return filepath.Join(storetest.Shared(tb), "data", "iceberg")
}

func TestIcebergTablesHaveTheRowsOfAnotherEngine(t *testing.T) {
	public := publicIceberg(t)
	text, err := os.ReadFile(filepath.Join(public, "expected.json"))
	if err != nil {
		t.Fatal(err)
	}
	var expected map[string]struct {
		Rows    *int   `json:"rows"`
		Refused string `json:"refused"`
	}
	if err := json.Unmarshal(text, &expected); err != nil {
		t.Fatal(err)
	}
	// What that engine refuses: rows by hand from the tables' metadata, or our refusal.
	rows := map[string]int{
		"iceberg_v1_deprecated/default/legacy_v1": 3, "lineitem_gz": 111968,
	}
	for name, want := range expected {
		t.Run(name, func(t *testing.T) {
			l := mustOpen(t, public)
			s, err := inferred(t, l, name)
			s.Reading.Format = gold.Iceberg
			for i := range s.Dataset.Fields { // columns whose names differ in case at most are named
				s.Dataset.Fields[i].PhysicalName = s.Dataset.Fields[i].Name
			}
			var found []string
			if err == nil {
				found, err = sortedRows(t, l, s)
			}
			if n, known := rows[name]; known {
				want.Rows = &n
			}
			if want.Rows == nil {
				if gold.KindOf(err) != gold.Invalid {
					t.Errorf("%d rows, error %v, and it should be refused", len(found), err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if len(found) != *want.Rows {
				t.Errorf("%d rows, want %d", len(found), *want.Rows)
			}
			file := strings.ReplaceAll(name, "/", "__")
			if _, err := os.Stat(filepath.Join(public, "expected", file+".parquet")); err != nil {
				return
			}
			s.Source, s.Reading.Format = "expected/"+file, ""
			for i := range s.Dataset.Fields {
				if f := &s.Dataset.Fields[i]; f.Name == "uSeR_Id" { // as that engine tells the two apart
					f.PhysicalName = "uSeR_Id_1"
				}
			}
			same, err := sortedRows(t, l, s)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(found, same) {
				t.Errorf("the rows differ:\n%s\nwant\n%s", strings.Join(found[:min(9, len(found))], "\n"), strings.Join(same[:min(9, len(same))], "\n"))
			}
		})
	}
}
