package duckdb

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"goldserve/builder"
	"goldserve/gold"
)

// TestTheQuarantineSaysWhyARecordCantBeRead: of sources that have text files.
func TestTheQuarantineSaysWhyARecordCantBeRead(t *testing.T) {
	l := newLake(t)
	l.sql(`COPY (SELECT * FROM (VALUES ('7', 2, NULL), (NULL, 5, 'fields')) v(id, _line, _broken)) TO 'LAKE/landed/a.parquet';
		COPY (SELECT NULL::BIGINT AS id) TO 'LAKE/bronze/b.parquet'`)
	mixed := builder.Source{
		Name: "mixed", Columns: []builder.Column{{Name: "id", Kind: gold.RawWhole, Stored: builder.StoredWhole}},
		Files: []builder.File{{Path: l.path("landed", "a.parquet"), Name: "a.csv", Landed: true}, {Path: l.path("bronze", "b.parquet"), Name: "b.parquet"}},
	}
	rows := table(builder.Silver, "rows", "SELECT id, _file, _line, CASE WHEN id IS NULL THEN 'missing' END AS reason FROM bronze.mixed ORDER BY id", "bronze.mixed")
	rows.Quarantine = &builder.Quarantine{Column: "reason", Source: "mixed", Reasons: []string{"missing"}}
	built, err := l.run(Options{}, []builder.Source{mixed}, rows)
	if err != nil {
		t.Fatal(err)
	}
	if b := built[0]; b.RowsIn != 3 || b.Rows != 1 || b.Rejected["missing"] != 2 {
		t.Errorf("%+v", b)
	}
	if diff := cmp.Diff([]map[string]any{
		{"reason": "missing", "_file": "a.csv", "_line": 5.0, "_broken": "fields", "_id": nil},
		{"reason": "missing", "_file": "b.parquet", "_line": 1.0, "_broken": nil, "_id": nil},
	}, l.sql("FROM 'LAKE/scratch/quarantine/rows.parquet'")); diff != "" {
		t.Error(diff)
	}
}
