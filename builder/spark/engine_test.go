package spark

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"goldserve/builder"
	"goldserve/gold"
)

func TestTablesAreMadeFromSources(t *testing.T) {
	l := newLake(t)
	silver := table(builder.Silver, "purchases", `SELECT id, amount, product, _file, _line,
	CASE WHEN amount IS NULL OR product IS NULL THEN 'missing' WHEN amount <= 0 THEN 'negative' WHEN amount > param_cap() THEN 'over_cap' END AS reason
FROM bronze.purchases
ORDER BY id DESC`)
	silver.Quarantine = &builder.Quarantine{Column: "reason", Source: "purchases", Reasons: []string{"missing", "negative", "over_cap", "never"}}
	half := table(builder.Silver, "half", "SELECT sum(purchases.amount) AS total FROM silver.purchases")
	half.Temporary = true
	total := table(builder.Gold, "total", "SELECT CAST(h.total AS DOUBLE) AS total, (SELECT max(b._slice) FROM bronze.purchases b) AS newest, param_cap() AS cap FROM silver.half h")
	ids := table(builder.Gold, "ids", "SELECT id, concat('\"', product, '\"') AS quoted, _slice FROM bronze.purchases ORDER BY id DESC")
	ids.Format = "csv"
	lines := table(builder.Gold, "lines", "SELECT id, quoted, _slice FROM gold.ids ORDER BY id")
	lines.Format = "jsonl"
	parts := table(builder.Gold, "parts", "SELECT id, CASE WHEN id > 3 THEN 'a:b/c' END AS product FROM bronze.purchases")
	parts.PartitionBy = []string{"product"}
	none := table(builder.Gold, "none", "SELECT * FROM silver.purchases WHERE id < 0")

	built, err := l.run(t.Context(), l.engine(), l.program([]builder.Source{l.purchases()}, silver, half, total, ids, lines, parts, none))
	if err != nil {
		t.Fatal(err)
	}
	want := []builder.Built{
		{
			Table: silver, Files: []string{"silver/purchases.parquet/part.snappy.parquet"}, Rows: 1, RowsIn: 5,
			Rejected: map[string]int64{"missing": 2, "negative": 1, "over_cap": 1, "never": 0}, Quarantine: []string{"quarantine/purchases.parquet/part.snappy.parquet"},
		},
		{Table: half, Rows: 1},
		{Table: total, Files: []string{"gold/total.parquet/part.snappy.parquet"}, Rows: 1},
		{Table: ids, Files: []string{"gold/ids.csv/part.csv"}, Rows: 5},
		{Table: lines, Files: []string{"gold/lines.jsonl/part.json"}, Rows: 5},
		{Table: parts, Files: []string{
			"gold/parts/product=__HIVE_DEFAULT_PARTITION__/part.snappy.parquet", "gold/parts/product=a%3Ab%2Fc/part.snappy.parquet",
		}, Rows: 5},
		{Table: none, Files: []string{"gold/none.parquet/part.snappy.parquet"}},
	}
	if got := fmt.Sprint(built[1].Columns, built[2].Columns); got != "[{total decimal(28,4)}] [{total double} {newest timestamp} {cap decimal(18,4)}]" {
		t.Errorf("columns %s", got)
	}
	for i := range built {
		built[i].Columns = nil
	}
	if diff := cmp.Diff(want, built); diff != "" {
		t.Error(diff)
	}
	for query, want := range map[string][]map[string]any{
		"FROM 'LAKE/scratch/silver/purchases.parquet/*.parquet'": {{"id": 1.0, "amount": "10.5000", "product": "tea"}},
		"FROM 'LAKE/scratch/quarantine/purchases.parquet/*.parquet'": {
			{"reason": "negative", "_file": "a [1] é%20.parquet", "_line": 2.0, "_id": 2.0, "_amount": -1.0, "_product": "cup"},
			{"reason": "missing", "_file": "a [1] é%20.parquet", "_line": 3.0, "_id": 3.0, "_amount": 3.0, "_product": nil},
			{"reason": "missing", "_file": "b_20251113T103500.parquet", "_line": 1.0, "_id": 4.0, "_amount": nil, "_product": "pot"},
			{"reason": "over_cap", "_file": "b_20251113T103500.parquet", "_line": 2.0, "_id": 5.0, "_amount": 20000.0, "_product": "tea"},
		},
		"FROM 'LAKE/scratch/gold/total.parquet/*.parquet'": {{"total": 10.5, "newest": "2025-11-13 10:35:00+00", "cap": "10000.0000"}},
		"FROM read_csv('LAKE/scratch/gold/ids.csv/*.csv', all_varchar = true)": {
			{"id": "5", "quoted": `"tea"`, "_slice": "2025-11-13T10:35:00.000000Z"},
			{"id": "4", "quoted": `"pot"`, "_slice": "2025-11-13T10:35:00.000000Z"},
			{"id": "3", "quoted": nil, "_slice": nil},
			{"id": "2", "quoted": `"cup"`, "_slice": nil},
			{"id": "1", "quoted": `"tea"`, "_slice": nil},
		},
		"SELECT id, quoted, CAST(_slice AS VARCHAR) AS s FROM read_json('LAKE/scratch/gold/lines.jsonl/*.json', columns = {id: 'BIGINT', quoted: 'VARCHAR', _slice: 'VARCHAR'}) WHERE id > 2": {
			{"id": 3.0, "quoted": nil, "s": nil}, {"id": 4.0, "quoted": `"pot"`, "s": "2025-11-13T10:35:00.000000Z"}, {"id": 5.0, "quoted": `"tea"`, "s": "2025-11-13T10:35:00.000000Z"},
		},
		"SELECT product, count(*) AS n FROM read_parquet('LAKE/scratch/gold/parts/*/*.parquet', hive_partitioning = true) GROUP BY 1 ORDER BY 1 NULLS LAST": {
			{"product": "a:b/c", "n": 2.0}, {"product": nil, "n": 3.0},
		},
		"FROM glob('LAKE/scratch/[a-z]*/*/_SUCCESS') SELECT count(*) AS n": {{"n": 7.0}},
	} {
		if diff := cmp.Diff(want, l.sql(query)); diff != "" {
			t.Errorf("%s:\n%s", query, diff)
		}
	}
}

// A table that is up to date is read as another engine has left it.
func TestTablesThatAreThereAreRead(t *testing.T) {
	l := newLake(t)
	l.sql(`COPY (SELECT 1::BIGINT AS id, TIMESTAMP '2025-01-01 10:00:00.000001' AS at, 1.25::DECIMAL(18, 4) AS amount) TO 'LAKE/bronze/x.parquet'`)
	x := table(builder.Silver, "x", "SELECT nothing")
	p := l.program(nil, table(builder.Gold, "y", "SELECT x.id, date_trunc('day', x.at) AS day, x.at, x.amount FROM silver.x"))
	p.Steps = append([]builder.Step{{Table: x, Present: []string{l.path("bronze", "x.parquet")}}}, p.Steps...)
	if _, err := l.run(t.Context(), l.engine(), p); err != nil {
		t.Fatal(err)
	}
	want := []map[string]any{{"id": 1.0, "day": "2025-01-01 00:00:00+00", "at": "2025-01-01 10:00:00.000001+00", "amount": "1.2500"}}
	if diff := cmp.Diff(want, l.sql("FROM 'LAKE/scratch/gold/y.parquet/*.parquet'")); diff != "" {
		t.Error(diff)
	}
}

// Files whose types differ in width, unit or scale are one table.
func TestFilesOfOtherTypesAreOneTable(t *testing.T) {
	l := newLake(t)
	l.sql(`COPY (SELECT 1::INT AS n, 1.5::DECIMAL(4, 1) AS m, TIMESTAMP_NS '2025-01-01 10:00:00.000001' AS at) TO 'LAKE/bronze/a.parquet';
		COPY (SELECT TIMESTAMP_MS '2025-01-02' AS at, 12345.6789::DECIMAL(18, 4) AS m, 9000000000 AS n) TO 'LAKE/bronze/b.parquet';
		COPY (SELECT TIMESTAMP '2025-01-03' AS at, 2.25::DECIMAL(9, 2) AS m, 18446744073709551615::UBIGINT AS n) TO 'LAKE/bronze/c.parquet'`)
	s := builder.Source{Name: "x", Uneven: true, Columns: []builder.Column{
		{Name: "n", Kind: gold.RawWhole, Stored: builder.StoredWhole},
		{Name: "m", Kind: gold.RawMoney, Stored: builder.StoredDecimal},
		{Name: "at", Kind: gold.RawInstant, Stored: builder.StoredTimestamp},
	}}
	for _, f := range []string{"a.parquet", "b.parquet", "c.parquet"} {
		s.Files = append(s.Files, builder.File{Path: l.path("bronze", f), Name: f})
	}
	if _, err := l.run(t.Context(), l.engine(), l.program([]builder.Source{s}, table(builder.Gold, "y", "SELECT n, m, at, _file FROM bronze.x ORDER BY _file"))); err != nil {
		t.Fatal(err)
	}
	want := []map[string]any{
		{"n": 1.0, "m": "1.5000", "at": "2025-01-01 10:00:00.000001+00", "_file": "a.parquet"},
		{"n": 9e9, "m": "12345.6789", "at": "2025-01-02 00:00:00+00", "_file": "b.parquet"},
		{"n": nil, "m": "2.2500", "at": "2025-01-03 00:00:00+00", "_file": "c.parquet"},
	}
	if diff := cmp.Diff(want, l.sql("FROM 'LAKE/scratch/gold/y.parquet/*.parquet'")); diff != "" {
		t.Error(diff)
	}
}

// The core may see the lake elsewhere than Spark does.
func TestPathsAreMappedToWhereSparkSeesThem(t *testing.T) {
	r := &run{engine: New(Options{Remote: &Remote{Host: "h", Port: 1}, Paths: []Path{{"/data", "hdfs://n/d"}, {"/data/lake/", "s3a://b/lake/"}}})}
	for path, want := range map[string]string{
		"/data/lake/bronze/a.parquet": "s3a://b/lake/bronze/a.parquet",
		"/data/lakes/a":               "hdfs://n/d/lakes/a",
		"/database/a":                 "file:///database/a",
		"s3://bucket/a b":             "s3a://bucket/a b",
		"abfss://c@a/x":               "abfss://c@a/x",
	} {
		if got := r.there(path); got != want {
			t.Errorf("%s: %s, expected %s", path, got, want)
		}
	}
}
