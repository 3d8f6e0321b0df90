package duckdb

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"goldserve/builder"
	"goldserve/gold"
)

// TestWholeNumbersHave64BitsInFiles: DuckDB sums them in 128 bits, which Parquet has no type for, and would write doubles.
func TestWholeNumbersHave64BitsInFiles(t *testing.T) {
	l := newLake(t)
	sums := `SELECT i % 2 AS "k""y", sum(9007199254740993) AS "n n", sum(i)::UHUGEINT AS u, [sum(i)] AS "HUGEINT", {'HUGEINT': sum(i)} AS s, NULL::HUGEINT AS none, 'HUGEINT' AS t
FROM range(1) r(i) GROUP BY 1`
	plain, parts, read, csv := table(builder.Gold, "plain", sums), table(builder.Gold, "parts", sums), table(builder.Gold, "read", sums), table(builder.Gold, "text", sums)
	parts.PartitionBy, csv.Format = []string{`k"y`}, "csv"
	kept := table(builder.Silver, "kept", `SELECT sum(id) AS n, min(_file) AS _file, _line, NULL AS reason FROM bronze.purchases GROUP BY _file, _line`, "bronze.purchases")
	kept.Quarantine = &builder.Quarantine{Column: "reason", Source: "purchases"}
	reader := table(builder.Gold, "reader", `SELECT typeof("n n") AS t FROM gold.read`, "gold.read")
	if _, err := l.run(Options{}, []builder.Source{l.purchases()}, plain, parts, read, csv, kept, reader); err != nil {
		t.Fatal(err)
	}
	types := `SELECT column_name || ' ' || column_type AS c FROM (DESCRIBE FROM `
	want := []map[string]any{{"c": `k"y BIGINT`}, {"c": "n n BIGINT"}, {"c": "u BIGINT"}, {"c": "HUGEINT BIGINT[]"}, {"c": "s STRUCT(HUGEINT BIGINT)"}, {"c": "none BIGINT"}, {"c": "t VARCHAR"}}
	if diff := cmp.Diff(want, l.sql(types+"'LAKE/scratch/gold/plain.parquet')")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(want[1:], l.sql(types+"read_parquet('LAKE/scratch/gold/parts/*/*.parquet', hive_partitioning = false))")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]map[string]any{{"c": "n BIGINT"}}, l.sql(types+"'LAKE/scratch/silver/kept.parquet')")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]map[string]any{{"n": "9007199254740993", "t": "BIGINT"}}, l.sql(`SELECT "n n"::VARCHAR AS n, (FROM 'LAKE/scratch/gold/reader.parquet') AS t FROM read_csv('LAKE/scratch/gold/text.csv')`)); diff != "" {
		t.Error(diff)
	}
}

func TestValuesThatNoFileKeepsAreRefused(t *testing.T) {
	l := newLake(t)
	for _, c := range []struct{ value, want string }{
		{"sum(9223372036854775807)", "has a value of more than 64 bits, which is the most for whole numbers (CAST it to DECIMAL(38, 0) or DOUBLE): 18446744073709551614"},
		{"[sum(-9223372036854775807)]", "has a value of more than 64 bits, which is the most for whole numbers (CAST it to DECIMAL(38, 0) or DOUBLE): [-18446744073709551614]"},
		{"min(INTERVAL 1 DAY)", "has the type INTERVAL, whose values a Parquet file can't keep exactly: convert it to a number or a text with CAST"},
		{"{'a': min(123::BIGNUM)}", "has the type STRUCT(a BIGNUM), whose"},
		{"union_value(a := 1)", "has the type UNION(a INTEGER), whose"},
	} {
		_, err := l.run(Options{}, nil, table(builder.Gold, "x", "SELECT i % 1 AS k, "+c.value+` AS "n n" FROM range(2) r(i) GROUP BY 1`))
		var e *gold.Error
		if !errors.As(err, &e) || e.Code != gold.CodeBuildSQL || !strings.HasPrefix(e.Message, "sql/gold/x.sql:3:1: the column \"n n\" "+c.want) {
			t.Errorf("%s: %v", c.value, err)
		}
	}
}
