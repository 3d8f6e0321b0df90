package gold_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"goldserve/gold"
)

// TestARecordHasALineForEachFile: there may be ten thousand, which each build and publish reads.
func TestARecordHasALineForEachFile(t *testing.T) {
	r := gold.BuildRecord{
		Model: `a "shop" {[:,]} \`, Build: "b", Engine: gold.BuildEngine{Name: "duckdb", Version: "1.5.6"}, Parameters: []gold.BuildValue{{Name: "p", Value: "é<\n>"}},
		Sources: []gold.BuiltSource{{Name: "sales", ID: "s", Files: []gold.BuildFile{{Path: "a, b.csv", Bytes: 3, SHA256: "ab"}, {Path: `c".csv`, SHA256: "cd"}}}},
		Tables: []gold.BuiltTable{{
			Stage: "gold", Name: "sales", ID: "t", SQL: "sql/gold/sales.sql", Inputs: []string{"bronze.sales"}, Parameters: []string{}, Rejected: map[string]int64{"late": 1},
			Files: []gold.BuildFile{{Path: "sales.parquet", Bytes: 7, SHA256: "ef", Token: "1:2"}},
		}},
	}
	var text bytes.Buffer
	if err := r.Write(&text); err != nil {
		t.Fatal(err)
	}
	var got gold.BuildRecord
	if err := json.Unmarshal(text.Bytes(), &got); err != nil {
		t.Fatalf("%v\n%s", err, text.String())
	}
	if diff := cmp.Diff(r, got); diff != "" {
		t.Errorf("-written +read\n%s", diff)
	}
	for _, line := range []string{
		`        {"path": "a, b.csv", "bytes": 3, "sha256": "ab"},`, `        {"path": "c\".csv", "bytes": 0, "sha256": "cd"}`,
		`        {"path": "sales.parquet", "bytes": 7, "sha256": "ef", "token": "1:2"}`, `      "parameters": [],`, `        "bronze.sales"`, "}",
	} {
		if !strings.Contains(text.String(), "\n"+line+"\n") {
			t.Errorf("no line %q in\n%s", line, text.String())
		}
	}
}
