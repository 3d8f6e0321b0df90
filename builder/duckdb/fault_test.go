package duckdb

import (
	"strings"
	"testing"

	"goldserve/builder"
	"goldserve/gold"
)

// TestAFullDiskIsNoFaultOfTheSQL: who runs builds tries again once there is room, and looks at the SQL otherwise.
func TestAFullDiskIsNoFaultOfTheSQL(t *testing.T) {
	r := &run{program: &builder.Program{Scratch: "/lake/_scratch/build-1", Sources: []builder.Source{{Name: "a", Files: []builder.File{{Path: "/lake/bronze/a.parquet", Name: "a.parquet"}}}}}}
	table := &builder.Table{Stage: builder.Silver, Name: "b", File: "shop/sql/silver/b.sql", Query: builder.Query{FirstLine: 1}}
	for said, want := range map[string]gold.Code{
		`{"exception_type":"IO","exception_message":"Could not write file \"/lake/_scratch/build-1/silver/b.parquet\": No space left on device","errno":"28"}`: gold.CodeBuildFailed,
		`{"exception_type":"IO","exception_message":"Could not read from file \"/lake/bronze/a.parquet\": Input/output error"}`:                                gold.CodeFileInvalid,
		`{"exception_type":"Conversion","exception_message":"Could not convert string"}`:                                                                       gold.CodeBuildSQL,
	} {
		err := r.tableError(table, -1, parseFault(said))
		if gold.CodeOf(err) != want {
			t.Errorf("%v, expected %s", err, want)
		}
		if want == gold.CodeBuildFailed && (gold.KindOf(err) != gold.Unavailable || !strings.Contains(err.Error(), "silver.b: ") || !strings.Contains(err.Error(), "No space left")) {
			t.Errorf("%v", err)
		}
	}
}
