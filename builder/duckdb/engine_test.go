package duckdb

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"goldserve/builder"
	"goldserve/gold"
	"goldserve/gold/storetest"
)

// Where DuckDB is part of the program, the tests run that one, and the children are this test once more.
func TestMain(m *testing.M) {
	if folder := os.Getenv("GOLDSERVE_TEST_ORPHAN"); folder != "" {
		runEndless(folder)
	}
	if Linked && len(os.Args) == 2 && os.Args[1] == Command {
		if Serve(context.Background(), os.Stdin, os.Stdout, os.Stderr) != nil {
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// engine returns the engine that is tested.
func (l *lake) engine(o Options) *Engine {
	if !Linked {
		o.Executable = l.executable
	}
	return New(o)
}

// lake is a small lake, whose files DuckDB itself wrote.
type lake struct {
	t          *testing.T
	executable string
	folder     string
}

func newLake(t *testing.T) *lake {
	t.Helper()
	l := &lake{t: t, executable: storetest.DuckDB(t), folder: t.TempDir()}
	for _, sub := range []string{"bronze", "landed", "scratch"} {
		if err := os.Mkdir(filepath.Join(l.folder, sub), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return l
}

func (l *lake) path(elem ...string) string {
	return filepath.Join(append([]string{l.folder}, elem...)...)
}

// sql runs statements with a duckdb of its own, and returns the rows of the last as JSON.
func (l *lake) sql(statements string) []map[string]any {
	l.t.Helper()
	cmd := exec.CommandContext(l.t.Context(), l.executable, "-no-init", "-batch", "-json", "-c", strings.ReplaceAll(statements, "LAKE", l.folder))
	out, err := cmd.Output()
	if err != nil {
		l.t.Fatalf("%s: %v %s", statements, err, out)
	}
	var rows []map[string]any
	if len(out) > 0 {
		if err := json.Unmarshal(out, &rows); err != nil {
			l.t.Fatalf("%s: %v %s", statements, err, out)
		}
	}
	return rows
}

// purchases is a source of two raw files, of which the second has a row without an amount.
func (l *lake) purchases() builder.Source {
	l.t.Helper()
	l.sql(`COPY (SELECT * FROM (VALUES (1, 10.5::DOUBLE, ' tea '), (2, -1, 'cup'), (3, 3, NULL)) v(id, amount, product)) TO 'LAKE/bronze/a.parquet';
		COPY (SELECT * FROM (VALUES (4, NULL::DOUBLE, 'pot'), (5, 20000, 'tea')) v(id, amount, product)) TO 'LAKE/bronze/b_20251113T103500.parquet'`)
	return builder.Source{
		Name: "purchases",
		Columns: []builder.Column{
			{Name: "id", Kind: gold.RawWhole, Stored: builder.StoredWhole},
			{Name: "amount", Kind: gold.RawMoney, Stored: builder.StoredNumber},
			{Name: "product", Kind: gold.RawText, Stored: builder.StoredText},
		},
		Files: []builder.File{
			{Path: l.path("bronze", "a.parquet"), Name: "a.parquet"},
			{Path: l.path("bronze", "b_20251113T103500.parquet"), Name: "b_20251113T103500.parquet", Slice: "2025-11-13T10:35:00Z"},
		},
	}
}

func table(stage builder.Stage, name, query string, reads ...string) *builder.Table {
	t := &builder.Table{Stage: stage, Name: name, File: "sql/" + string(stage) + "/" + name + ".sql", Query: builder.Query{Text: query, FirstLine: 3}}
	for _, r := range reads {
		of, name, _ := strings.Cut(r, ".")
		t.Query.References = append(t.Query.References, builder.Reference{Stage: builder.Stage(of), Name: name})
	}
	return t
}

// run builds tables from sources.
func (l *lake) run(o Options, sources []builder.Source, tables ...*builder.Table) ([]builder.Built, error) {
	l.t.Helper()
	p := &builder.Program{Scratch: l.path("scratch"), Sources: sources, Parameters: []builder.Value{{Name: "cap", Kind: gold.RawMoney, Text: "10000"}}}
	for _, t := range tables {
		p.Steps = append(p.Steps, builder.Step{Table: t})
	}
	var built []builder.Built
	used, err := l.engine(o).Run(l.t.Context(), p, func(b builder.Built) { built = append(built, b) })
	if used.Memory < 1<<20 || used.Processor <= 0 {
		l.t.Errorf("the child used %+v", used)
	}
	for _, sub := range []string{"", "scratch"} {
		left, globErr := filepath.Glob(l.path(sub, ".*"))
		if globErr != nil || len(left) > 0 {
			l.t.Errorf("left behind: %v %v", left, globErr)
		}
	}
	return built, err
}

func TestTablesAreMadeFromSources(t *testing.T) {
	l := newLake(t)
	priced := table(builder.Silver, "priced", "SELECT * FROM bronze.purchases", "bronze.purchases")
	priced.Temporary, priced.View = true, true
	silver := table(builder.Silver, "purchases", `SELECT id, amount, product, _file, _line,
	CASE WHEN amount IS NULL OR product IS NULL THEN 'missing' WHEN amount <= 0 THEN 'negative' WHEN amount > param_cap() THEN 'over_cap' END AS reason
FROM silver.priced
ORDER BY id`, "silver.priced")
	silver.Quarantine = &builder.Quarantine{Column: "reason", Source: "purchases", Reasons: []string{"missing", "negative", "over_cap", "never"}}
	half := table(builder.Silver, "half", "SELECT sum(amount) AS total FROM silver.purchases", "silver.purchases")
	half.Temporary = true
	gold := table(builder.Gold, "total", "SELECT CAST(total AS DOUBLE) AS total, (SELECT max(_slice) FROM bronze.purchases) AS newest FROM silver.half", "silver.half", "bronze.purchases")

	built, err := l.run(Options{}, []builder.Source{l.purchases()}, priced, silver, half, gold)
	if err != nil {
		t.Fatal(err)
	}
	for i := range built {
		if built[i].Seconds <= 0 {
			t.Errorf("%s took no time", built[i].Table.Name)
		}
		built[i].Seconds = 0
	}
	if got := fmt.Sprint(built[2].Columns, built[3].Columns); got != "[{total DECIMAL(38,4)}] [{total DOUBLE} {newest TIMESTAMP}]" {
		t.Errorf("columns %s", got)
	}
	for i := range built {
		built[i].Columns = nil
	}
	want := []builder.Built{
		{Table: priced},
		{
			Table: silver, Files: []string{"silver/purchases.parquet"}, Rows: 1, RowsIn: 5,
			Rejected: map[string]int64{"missing": 2, "negative": 1, "over_cap": 1, "never": 0}, Quarantine: []string{"quarantine/purchases.parquet"},
		},
		{Table: half, Rows: 1},
		{Table: gold, Files: []string{"gold/total.parquet"}, Rows: 1},
	}
	if diff := cmp.Diff(want, built); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]map[string]any{{"id": 1.0, "amount": "10.5000", "product": "tea"}}, l.sql("FROM 'LAKE/scratch/silver/purchases.parquet'")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]map[string]any{
		{"reason": "negative", "_file": "a.parquet", "_line": 2.0, "_id": 2.0, "_amount": -1.0, "_product": "cup"},
		{"reason": "missing", "_file": "a.parquet", "_line": 3.0, "_id": 3.0, "_amount": 3.0, "_product": nil},
		{"reason": "missing", "_file": "b_20251113T103500.parquet", "_line": 1.0, "_id": 4.0, "_amount": nil, "_product": "pot"},
		{"reason": "over_cap", "_file": "b_20251113T103500.parquet", "_line": 2.0, "_id": 5.0, "_amount": 20000.0, "_product": "tea"},
	}, l.sql("FROM 'LAKE/scratch/quarantine/purchases.parquet'")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]map[string]any{{"total": 10.5, "newest": "2025-11-13 10:35:00"}}, l.sql("FROM 'LAKE/scratch/gold/total.parquet'")); diff != "" {
		t.Error(diff)
	}
}

func TestTheVersionIsChecked(t *testing.T) {
	l := newLake(t)
	version, err := l.engine(Options{}).Version(t.Context())
	if err != nil || version.Name != "duckdb" || !strings.HasPrefix(version.Number, "1.") {
		t.Errorf("%+v %v", version, err)
	}
	old := l.path("old")
	if err := os.WriteFile(old, []byte("#!/bin/sh\necho 'v1.4.9 (Andium) 0123456789'\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		old:                            `is DuckDB "1.4.9", where 1.5 or newer is needed: pip install duckdb-cli`,
		l.path("nowhere"):              "is not a program that can be run: pip install duckdb-cli",
		"/dev/null":                    "may not be run: pip install duckdb-cli",
		l.path("bronze"):               "pip install duckdb-cli",
		storetest.Root(t) + "/LICENSE": "may not be run: pip install duckdb-cli",
	} {
		_, err := New(Options{Executable: path}).Version(context.Background())
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, expected %q", path, err, want)
		}
	}
}

func TestTextFilesKeepTheOrderAndAreCounted(t *testing.T) {
	l := newLake(t)
	query := `SELECT i AS "n""o", CASE WHEN i % 3 = 0 THEN 'a "b",' || chr(10) || '.c' WHEN i % 3 = 1 THEN NULL ELSE 'x' END AS "t` + "\n" + ` x" FROM range(50000) t(i)`
	rows := table(builder.Generate, "rows", query)
	rows.Format = "csv"
	lines := table(builder.Generate, "lines", query)
	lines.Format = "jsonl"
	read := table(builder.Generate, "read", query)
	read.Format = "csv"
	reader := table(builder.Gold, "reader", `SELECT count("t`+"\n"+` x") AS n FROM generate.read`, "generate.read")
	var first []byte
	for _, threads := range []int{1, 4} {
		built, err := l.run(Options{Threads: threads}, nil, rows, lines, read, reader)
		if err != nil {
			t.Fatal(err)
		}
		for i, file := range []string{"generate/rows.csv", "generate/lines.jsonl", "generate/read.csv"} {
			if b := built[i]; b.Rows != 50000 || len(b.Files) != 1 || b.Files[0] != file {
				t.Errorf("%s: %d rows in %v", b.Table.Name, b.Rows, b.Files)
			}
		}
		csv, err := os.ReadFile(l.path("scratch", "generate", "rows.csv"))
		if err != nil {
			t.Fatal(err)
		}
		if again, err := os.ReadFile(l.path("scratch", "generate", "read.csv")); err != nil || string(again) != string(csv) {
			t.Errorf("a file that a step reads is another one: %v", err)
		}
		if first == nil {
			first = csv
		} else if string(first) != string(csv) {
			t.Error("the bytes depend on the number of threads")
		}
	}
	if want := "\"n\"\"o\",\"t\n x\"\n0,\"a \"\"b\"\",\n.c\"\n1,\n2,x\n"; !strings.HasPrefix(string(first), want) {
		t.Errorf("got %q", first[:80])
	}
}
