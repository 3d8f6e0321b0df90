package duckdb

import (
	"os"
	"strings"
	"testing"

	"goldserve/builder"
	"goldserve/gold"
)

// Reads tells which tables lie in the lake as they were.
func TestWhichTablesAreReadBack(t *testing.T) {
	t.Parallel()
	e := New(Options{})
	of := func(types ...string) *gold.BuiltTable {
		was := &gold.BuiltTable{Files: []gold.BuildFile{{Path: "x.csv"}}}
		for i, kind := range types {
			was.Columns = append(was.Columns, gold.BuildType{Name: string(rune('a' + i)), Type: kind})
		}
		return was
	}
	for _, c := range []struct {
		name  string
		table builder.Table
		was   *gold.BuiltTable
		want  bool
	}{
		{"Parquet", builder.Table{Format: "parquet"}, of("STRUCT(a INTEGER)"), true},
		{"partitions", builder.Table{Format: "parquet", PartitionBy: []string{"a"}}, of("BIGINT", "BIGINT"), false},
		{"CSV", builder.Table{Format: "csv"}, of("BIGINT", "DECIMAL(18,4)", "VARCHAR", "UTINYINT", "DATE"), true},
		{"CSV with a list", builder.Table{Format: "csv"}, of("BIGINT", "VARCHAR[]"), false},
		{"CSV with an ENUM", builder.Table{Format: "csv"}, of("BIGINT", "ENUM('a', 'b')"), false},
		{"CSV with a zone", builder.Table{Format: "csv"}, of("BIGINT", "TIMESTAMP WITH TIME ZONE"), false},
		{"CSV with one column", builder.Table{Format: "csv"}, of("VARCHAR"), false},
		{"CSV of a record without columns", builder.Table{Format: "csv"}, of(), false},
		{"CSV without files", builder.Table{Format: "csv"}, &gold.BuiltTable{Columns: of("BIGINT", "BIGINT").Columns}, false},
		{"slices", builder.Table{Format: "csv", Path: "x_{slice}.csv"}, of("TIMESTAMP", "BIGINT", "VARCHAR"), true},
		{"slices with one column", builder.Table{Format: "csv", Path: "x_{slice}.csv"}, of("TIMESTAMP", "BIGINT"), false},
		{"slices that are dates", builder.Table{Format: "csv", Path: "x_{slice}.csv"}, of("DATE", "BIGINT", "BIGINT"), false},
		{"lines of JSON", builder.Table{Format: "jsonl"}, of("BIGINT", "BIGINT"), false},
	} {
		if got := e.Reads(&c.table, c.was); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

// TestTextIsReadBackAsItWas writes a table of all types and odd values as CSV, and builds another one of its file.
func TestTextIsReadBackAsItWas(t *testing.T) {
	t.Parallel()
	values := `SELECT * FROM (VALUES (CAST(1 AS BIGINT), 'x', CAST(1.5 AS DECIMAL(18,4)), TIMESTAMP '2025-01-01 10:00:00.123456', DATE '2025-01-01', true, CAST(0.1 AS DOUBLE), CAST(1 AS UTINYINT)),
(NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL), (2, '', 0, TIMESTAMP 'infinity', DATE '-infinity', false, CAST('nan' AS DOUBLE), 2),
(3, 'a"b,' || chr(10) || chr(13) || chr(9) || ' ', -99999999999999.9999, TIMESTAMP '0001-01-01 00:00:00', DATE '9999-12-31', false, CAST('-inf' AS DOUBLE), 255),
(4, ' é ', 1, TIMESTAMP '1969-12-31 23:59:59.999999', DATE '12999-01-01', false, 1e300/3, 0), (5, 'NULL', 1, TIMESTAMP '290000-01-01 00:00:00', DATE '0044-03-15 (BC)', false, -0.0, 0),
(6, '""', 1, TIMESTAMP '0044-03-15 (BC) 00:00:00', NULL, false, 5e-324, 0), (7, '# \N', 1, NULL, NULL, false, 123456789012345678, 0), (8, repeat('é', 4000000), 1, NULL, NULL, false, 1, 0)) v(i, s, d, ts, dt, b, f, u) ORDER BY i NULLS FIRST`
	l, read := newLake(t), func(name string) string {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	csv := func(stage builder.Stage, name, query string) *builder.Table {
		x := table(stage, name, query, "silver.x")
		x.Format = "csv"
		return x
	}
	x := csv(builder.Silver, "x", values)
	x.Query.References = nil
	built, err := l.run(Options{}, nil, x)
	if err != nil {
		t.Fatal(err)
	}
	at := l.path("landed", "x [1].csv")
	if err := os.Rename(l.path("scratch", built[0].Files[0]), at); err != nil {
		t.Fatal(err)
	}
	step := builder.Step{Table: x, Present: []string{at}, Columns: built[0].Columns, Rows: built[0].Rows}
	again := func(tables ...*builder.Table) error {
		p := &builder.Program{Scratch: l.path("scratch"), Steps: []builder.Step{step}}
		for _, t := range tables {
			p.Steps = append(p.Steps, builder.Step{Table: t})
		}
		_, err := l.engine(Options{}).Run(t.Context(), p, func(builder.Built) {})
		return err
	}
	if err := again(csv(builder.Gold, "again", "SELECT * FROM silver.x"), csv(builder.Gold, "types", "SELECT typeof(COLUMNS(*)) FROM silver.x LIMIT 1")); err != nil {
		t.Fatal(err)
	}
	if want, got := read(at), read(l.path("scratch", "gold/again.csv")); want != got || len(got) < 8_000_000 {
		t.Errorf("%d bytes became %d others", len(want), len(got))
	}
	if got, want := read(l.path("scratch", "gold/types.csv")), "i,s,d,ts,dt,b,f,u\nBIGINT,VARCHAR,\"DECIMAL(18,4)\",TIMESTAMP,DATE,BOOLEAN,DOUBLE,UTINYINT\n"; got != want {
		t.Errorf("got types %s", got)
	}

	// What isn't all there is refused.
	text := read(at)
	if err := os.WriteFile(at, []byte(text[:strings.LastIndex(strings.TrimSpace(text), "\n")+1]), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := again(csv(builder.Gold, "again", "SELECT * FROM silver.x")); err == nil || !strings.Contains(err.Error(), "silver.x has 9 rows in the lake, and DuckDB read 8") {
		t.Errorf("a file that was cut: %v", err)
	}
}
