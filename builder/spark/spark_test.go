package spark

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"goldserve/builder"
	"goldserve/gold"
	"goldserve/gold/storetest"
)

// lake is a small lake, whose files DuckDB writes and reads, for Spark to be held against.
type lake struct {
	t      *testing.T
	folder string
}

func newLake(t *testing.T) *lake {
	t.Helper()
	l := &lake{t: t, folder: t.TempDir()}
	for _, sub := range []string{"bronze", "scratch"} {
		if err := os.Mkdir(filepath.Join(l.folder, sub), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return l
}

func (l *lake) path(elem ...string) string {
	return filepath.Join(append([]string{l.folder}, elem...)...)
}

// sql runs statements on DuckDB and returns the rows of the last as JSON.
func (l *lake) sql(statements string) []map[string]any {
	l.t.Helper()
	// #nosec G204 -- the tests' own DuckDB
	cmd := exec.CommandContext(l.t.Context(), storetest.DuckDB(l.t), "-no-init", "-batch", "-json", "-c", "SET TimeZone='UTC'; "+strings.ReplaceAll(statements, "LAKE", l.folder))
	out, err := cmd.CombinedOutput()
	var rows []map[string]any
	if err == nil && len(out) > 0 {
		err = json.Unmarshal(out, &rows)
	}
	if err != nil {
		l.t.Fatalf("%s: %v %s", statements, err, out)
	}
	return rows
}

func (l *lake) engine() *Engine {
	l.t.Helper()
	remote, err := ParseRemote(storetest.Spark(l.t))
	if err != nil {
		l.t.Fatal(err)
	}
	e := New(Options{Remote: remote})
	l.t.Cleanup(func() { _ = e.Close() })
	return e
}

// program is a program of tables that all run.
func (l *lake) program(sources []builder.Source, tables ...*builder.Table) *builder.Program {
	p := &builder.Program{Scratch: l.path("scratch"), Sources: sources, Parameters: []builder.Value{{Name: "cap", Kind: gold.RawMoney, Text: "10000"}}}
	for _, t := range tables {
		p.Steps = append(p.Steps, builder.Step{Table: t})
	}
	return p
}

// run runs a program and returns the tables that were built, without the seconds, and with parts called part alone.
func (l *lake) run(ctx context.Context, e *Engine, p *builder.Program) ([]builder.Built, error) {
	l.t.Helper()
	var built []builder.Built
	_, err := e.Run(ctx, p, func(b builder.Built) {
		if b.Seconds <= 0 {
			l.t.Errorf("%s took no time", b.Table.Name)
		}
		l.t.Logf("%s.%s: %.2f s", b.Table.Stage, b.Table.Name, b.Seconds)
		b.Seconds = 0
		for _, files := range [][]string{b.Files, b.Quarantine} {
			for i, f := range files {
				if info, err := os.Stat(filepath.Join(p.Scratch, f)); err != nil || info.Size() == 0 {
					l.t.Errorf("%s: %v", f, err)
				}
				files[i] = part.ReplaceAllString(f, "part")
			}
		}
		built = append(built, b)
	})
	return built, err
}

var part = regexp.MustCompile(`part-\d{5}-[-0-9a-f]+[.-]c000`)

var reference = regexp.MustCompile(`\b(bronze|silver|gold)\.(\w+)( [a-z])?\b`)

// table is a table whose references are those of simple queries: an alias is one letter.
func table(stage builder.Stage, name, query string) *builder.Table {
	t := &builder.Table{Stage: stage, Name: name, File: "sql/" + string(stage) + "/" + name + ".sql", Query: builder.Query{Text: query, FirstLine: 3}}
	for _, at := range reference.FindAllStringSubmatchIndex(query, -1) {
		r := builder.Reference{Stage: builder.Stage(query[at[2]:at[3]]), Name: query[at[4]:at[5]], Start: at[0], End: at[5]}
		if at[6] >= 0 {
			r.Alias = query[at[6]+1 : at[7]]
		}
		t.Query.References = append(t.Query.References, r)
	}
	return t
}

// purchases is a source of two raw files, of which the second has a row without an amount. The first has a name that Spark takes for a
// pattern unless it is told not to; the second has its columns in another order, and other widths.
func (l *lake) purchases() builder.Source {
	l.t.Helper()
	l.sql(`COPY (SELECT * FROM (VALUES (1, 10.5::DOUBLE, ' tea '), (2, -1, 'cup'), (3, 3, NULL)) v(id, amount, product)) TO 'LAKE/bronze/a [1] é%20.parquet';
		COPY (SELECT product, amount, id::BIGINT AS id FROM (VALUES (4, NULL::FLOAT, 'pot'), (5, 20000, 'tea')) v(id, amount, product)) TO 'LAKE/bronze/b_20251113T103500.parquet'`)
	return builder.Source{
		Name: "purchases",
		Columns: []builder.Column{
			{Name: "id", Kind: gold.RawWhole, Stored: builder.StoredWhole},
			{Name: "amount", Kind: gold.RawMoney, Stored: builder.StoredNumber},
			{Name: "product", Kind: gold.RawText, Stored: builder.StoredText},
		},
		Files: []builder.File{
			{Path: l.path("bronze", "a [1] é%20.parquet"), Name: "a [1] é%20.parquet"},
			{Path: l.path("bronze", "b_20251113T103500.parquet"), Name: "b_20251113T103500.parquet", Slice: "2025-11-13T10:35:00Z"},
		},
	}
}
