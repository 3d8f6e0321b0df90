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

// goldenDelta returns the folder of the tables that the protocol's own tests read.
func goldenDelta(tb testing.TB) string {
	tb.Helper()
	return filepath.Join(storetest.Shared(tb), "data", "delta")
}

// inferred returns a spec of a source with all of its columns that a field can hold.
func inferred(tb testing.TB, l *Lake, source string) (Spec, error) {
	tb.Helper()
	s := Spec{Source: source, NoSuccessFile: true, Dataset: gold.Dataset{Model: "test", Name: "t"}}
	columns, err := l.Columns(tb.Context(), s)
	if err != nil {
		return s, err
	}
	for _, c := range columns {
		if c.Refused == "" {
			s.Dataset.Fields = append(s.Dataset.Fields, c.Field)
		}
	}
	return s, nil
}

// sortedRows reads all rows as text, in the order of their texts.
func sortedRows(tb testing.TB, l *Lake, s Spec) ([]string, error) {
	tb.Helper()
	table, err := l.Table(tb.Context(), s)
	if err != nil {
		return nil, err
	}
	defer func() { _ = table.Close() }()
	rows, _, err := readRows(table, Read{})
	if err != nil {
		return nil, err
	}
	if int64(len(rows)) != table.Rows() {
		tb.Errorf("%d rows read, and the table says %d", len(rows), table.Rows())
	}
	texts := []string{}
	for _, r := range rows {
		var b []byte
		for i, v := range r {
			b = append(s.Dataset.Fields[i].Append(append(b, '|'), v), ' ')
		}
		texts = append(texts, string(b))
	}
	slices.Sort(texts)
	return texts, nil
}

func TestTablesOfTheDeltaProtocolHaveTheirRows(t *testing.T) {
	golden := goldenDelta(t)
	text, err := os.ReadFile(filepath.Join(golden, "expected.json"))
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
	for name, want := range expected {
		t.Run(name, func(t *testing.T) {
			l := mustOpen(t, filepath.Join(golden, name))
			s, err := inferred(t, l, "delta")
			s.Reading.Format = gold.Delta
			if name == "data-reader-partition-values" { // its times are those of its writer's clock
				s.Dataset.Fields[10].DefaultZone = "America/Los_Angeles"
			}
			var rows []string
			if err == nil {
				rows, err = sortedRows(t, l, s)
			}
			if want.Rows == nil {
				if err == nil {
					t.Errorf("%d rows, and it should be refused", len(rows))
				}
				t.Log(err)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if len(rows) != *want.Rows {
				t.Errorf("%d rows, want %d", len(rows), *want.Rows)
			}
			if _, err := os.Stat(filepath.Join(golden, name, "expected")); err != nil {
				return
			}
			s.Source, s.Reading.Format = "expected", ""
			for i := range s.Dataset.Fields {
				s.Dataset.Fields[i].DefaultZone = ""
			}
			same, err := sortedRows(t, l, s)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(rows, same) {
				t.Errorf("the rows differ:\n%s\nwant\n%s", strings.Join(rows, "\n"), strings.Join(same, "\n"))
			}
		})
	}
}
