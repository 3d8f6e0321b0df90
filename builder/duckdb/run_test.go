package duckdb

import (
	"context"
	"crypto/sha256"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"goldserve/builder"
	"goldserve/gold"
)

func TestFailuresNameTheirPlace(t *testing.T) {
	l := newLake(t)
	source := l.purchases()
	missing := source
	missing.Columns = append(missing.Columns[:3:3], builder.Column{Name: "country", Kind: gold.RawText, Stored: builder.StoredText})
	broken := source
	broken.Name, broken.Files = "broken", []builder.File{{Path: l.path("bronze", "broken.parquet"), Name: "2025/broken.parquet"}}
	if err := os.WriteFile(broken.Files[0].Path, []byte("PAR1 and so on PAR1"), 0o600); err != nil {
		t.Fatal(err)
	}
	typed := source
	typed.Columns = []builder.Column{{Name: "id", Kind: gold.RawDate, Stored: builder.StoredWhole}}
	unlisted := table(builder.Silver, "x", "SELECT id, _file, _line, 'negativ' AS reason FROM bronze.purchases ORDER BY id", "bronze.purchases")
	unlisted.Quarantine = &builder.Quarantine{Column: "reason", Source: "purchases", Reasons: []string{"negative"}}
	elsewhere := table(builder.Silver, "x", "SELECT id, _file, _line + 100 AS _line, 'negative' AS reason FROM bronze.purchases ORDER BY id", "bronze.purchases")
	elsewhere.Quarantine = unlisted.Quarantine
	swapped := table(builder.Silver, "x", `SELECT p.id, p._file, p._line, CASE WHEN id > 3 THEN 'negative' END AS reason FROM bronze.purchases p JOIN (VALUES (1, 1), (2, 1), (2, 2), (4, 1), (5, 1)) f(of, nth) ON of = id ORDER BY id`, "bronze.purchases")
	swapped.Quarantine = unlisted.Quarantine
	nowhere := table(builder.Silver, "x", "SELECT id, CAST(NULL AS VARCHAR) AS _file, _line, NULL AS reason FROM bronze.purchases ORDER BY id", "bronze.purchases")
	nowhere.Quarantine = unlisted.Quarantine
	single := source
	single.Files = source.Files[:1]
	renamed := table(builder.Silver, "x", "SELECT id, 'b' || _file AS _file, _line, NULL AS reason FROM bronze.purchases ORDER BY id", "bronze.purchases")
	renamed.Quarantine = unlisted.Quarantine

	for _, c := range []struct {
		name   string
		source builder.Source
		table  *builder.Table
		code   gold.Code
		want   string
	}{
		{"a syntax error", source, table(builder.Silver, "x", "SELECT 'é' AS a\nFORM x, y"), gold.CodeBuildSQL, `sql/silver/x.sql:4:1: syntax error at or near "FORM"`},
		{"an unknown column", source, table(builder.Silver, "x", "SELECT 'é' AS a,\n  p.amuont\nFROM bronze.purchases p", "bronze.purchases"), gold.CodeBuildSQL, "sql/silver/x.sql:4:3: "},
		{"an unknown column of a table that is kept", source, temporary(table(builder.Silver, "x", "SELECT\n\n  amuont FROM bronze.purchases", "bronze.purchases")), gold.CodeBuildSQL, "sql/silver/x.sql:5:3: "},
		{"a value that has no such type", source, table(builder.Silver, "x", "SELECT id,\n CAST(product AS INTEGER) AS p FROM bronze.purchases", "bronze.purchases"), gold.CodeBuildSQL, "sql/silver/x.sql:"},
		{"a query that isn't one", source, table(builder.Silver, "x", "COPY (SELECT 1) TO 'x'"), gold.CodeBuildSQL, "a table's SQL is one query"},
		{"a missing column", missing, table(builder.Silver, "x", "SELECT 1 AS a"), gold.CodeSchemaMissing, "bronze/a.parquet, column country: "},
		{"a file that is none", broken, table(builder.Silver, "x", "SELECT 1 AS a"), gold.CodeFileInvalid, "bronze/2025/broken.parquet: "},
		{"a type that can't be read so", typed, table(builder.Silver, "x", "SELECT 1 AS a"), gold.CodeSchemaType, "bronze/a.parquet, column id: the column is stored as whole, which can't be read as date"},
		{"a reason that isn't listed", source, unlisted, gold.CodeBuildSQL, `for the reason "negativ", which the header's quarantine doesn't list (did you mean negative?)`},
		{"rejected rows that lie nowhere", source, elsewhere, gold.CodeBuildSQL, "the query gives a.parquet, line 1 of it not at all: a query with a quarantine must give each row of bronze.purchases exactly once"},
		{"a row twice in place of another", source, swapped, gold.CodeBuildSQL, "the query gives a.parquet, line 2 of it 2 times: "},
		{"rows of another file", single, renamed, gold.CodeBuildSQL, "the query gives a.parquet, line 1 of it not at all: "},
		{"rows without a place", source, nowhere, gold.CodeBuildSQL, "the query gives a.parquet, line 1 of it not at all: "},
		{"too little memory", source, table(builder.Silver, "x", "SELECT string_agg(CAST(range AS VARCHAR), ',') AS all_of_them FROM range(30000000)"), gold.CodeBuildEngine, "silver.x (sql/silver/x.sql): "},
	} {
		o := Options{}
		if c.code == gold.CodeBuildEngine {
			o = Options{Memory: 32 << 20, Threads: 1}
		}
		_, err := l.run(o, []builder.Source{c.source}, c.table)
		var e *gold.Error
		if !errors.As(err, &e) || e.Code != c.code || !strings.Contains(e.Message, c.want) {
			t.Errorf("%s: %v, expected %s %q", c.name, err, c.code, c.want)
		} else if strings.Contains(e.Message, l.folder) {
			t.Errorf("%s names a place of this machine: %s", c.name, e.Message)
		}
	}
}

func temporary(t *builder.Table) *builder.Table {
	t.Temporary = true
	return t
}

func TestTheSameBytesWithAnyNumberOfThreads(t *testing.T) {
	l := newLake(t)
	l.sql(`COPY (SELECT i AS id, CAST(hash(i) % 100000 AS DOUBLE) / 4 AS amount, 'p' || hash(i) % 1000 AS product FROM range(200000) r(i)) TO 'LAKE/bronze/a.parquet' (ROW_GROUP_SIZE 20480);
		COPY (SELECT i AS id, CAST(hash(i) % 100000 AS DOUBLE) / 4 AS amount, 'p' || hash(i) % 1000 AS product FROM range(200000, 350000) r(i)) TO 'LAKE/bronze/b.parquet'`)
	source := l.purchases2()
	silver := table(builder.Silver, "purchases", "SELECT id, amount, product, CASE WHEN id % 7 = 0 THEN 'seventh' END AS reason, _file, _line FROM bronze.purchases ORDER BY product, id", "bronze.purchases")
	silver.Quarantine = &builder.Quarantine{Column: "reason", Source: "purchases", Reasons: []string{"seventh"}}
	total := table(builder.Gold, "total", "SELECT product, CAST(sum(amount) AS DOUBLE) AS total, count(*) AS n FROM silver.purchases GROUP BY product ORDER BY total DESC, product", "silver.purchases")
	parts := table(builder.Gold, "parts", "SELECT id % 3 AS part, 'x=' || id % 2 AS \"other/one\", id, amount FROM silver.purchases ORDER BY amount, id", "silver.purchases")
	parts.PartitionBy = []string{"part", "other/one"}

	var first map[string][32]byte
	for _, o := range []Options{{Threads: 1}, {Threads: 2}, {Threads: 4}} {
		built, err := l.run(o, []builder.Source{source}, silver, total, parts)
		if err != nil {
			t.Fatal(err)
		}
		if built[0].Rows != 300000 || built[0].Rejected["seventh"] != 50000 || built[2].Rows != 300000 || len(built[2].Files) != 6 ||
			built[2].Files[0] != "gold/parts/part=0/other%2Fone=x%3D0/part-00000.parquet" {
			t.Fatalf("%+v", built)
		}
		sums := map[string][32]byte{}
		for _, b := range built {
			for _, file := range append(b.Files, b.Quarantine...) {
				body, err := os.ReadFile(l.path("scratch", filepath.FromSlash(file)))
				if err != nil {
					t.Fatal(err)
				}
				sums[file] = sha256.Sum256(body)
			}
		}
		if first == nil {
			first = sums
		} else if diff := cmp.Diff(first, sums); diff != "" {
			t.Errorf("%+v: %s", o, diff)
		}
	}
}

// purchases2 is the source whose files a.parquet and b.parquet somebody else has written.
func (l *lake) purchases2() builder.Source {
	return builder.Source{
		Name: "purchases",
		Columns: []builder.Column{
			{Name: "id", Kind: gold.RawWhole, Stored: builder.StoredWhole},
			{Name: "amount", Kind: gold.RawMoney, Stored: builder.StoredNumber},
			{Name: "product", Kind: gold.RawText, Stored: builder.StoredText},
		},
		Files:  []builder.File{{Path: l.path("bronze", "a.parquet"), Name: "a.parquet"}, {Path: l.path("bronze", "b.parquet"), Name: "b.parquet"}},
		Uneven: true,
	}
}

// endless is a table whose query takes longer than any test.
func endless() *builder.Table {
	return table(builder.Silver, "endless", "SELECT count(*) AS n FROM range(10000000) a, range(10000000) b WHERE a.range * b.range % 7919 = 1")
}

func TestACancelledRunLeavesNothing(t *testing.T) {
	l := newLake(t)
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(500*time.Millisecond, cancel)
	begin := time.Now()
	p := &builder.Program{Scratch: l.path("scratch"), Steps: []builder.Step{{Table: endless()}}}
	_, err := l.engine(Options{}).Run(ctx, p, func(builder.Built) {})
	if !errors.Is(err, context.Canceled) || time.Since(begin) > 20*time.Second {
		t.Errorf("%v after %v", err, time.Since(begin))
	}
	l.quiet()
}

func TestAKilledChildIsTheErrorOfItsTable(t *testing.T) {
	l := newLake(t)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 200 {
			time.Sleep(50 * time.Millisecond)
			if len(l.children()) > 0 {
				time.Sleep(300 * time.Millisecond)
				_ = exec.CommandContext(t.Context(), "kill", append([]string{"-9"}, l.children()...)...).Run()
				return
			}
		}
	}()
	_, err := l.run(Options{}, nil, table(builder.Silver, "before", "SELECT 1 AS a"), endless())
	<-done
	var e *gold.Error
	if !errors.As(err, &e) || e.Code != gold.CodeBuildEngine || e.Message != "silver.endless (sql/silver/endless.sql): DuckDB's process was ended (signal: killed)" {
		t.Error(err)
	}
	l.quiet()
}

// TestAKilledParentTakesItsChildWithIt: the query of a goldserve that was killed doesn't run on beside the next one's.
func TestAKilledParentTakesItsChildWithIt(t *testing.T) {
	if runtime.GOOS != "linux" {
		return // see endWithParent
	}
	l := newLake(t)
	parent := exec.CommandContext(t.Context(), os.Args[0])
	parent.Env = append(os.Environ(), "GOLDSERVE_TEST_ORPHAN="+l.path("scratch"), "GOLDSERVE_TEST_ORPHAN_DUCKDB="+l.executable)
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	for range 200 {
		if time.Sleep(50 * time.Millisecond); len(l.children()) > 0 {
			break
		}
	}
	time.Sleep(500 * time.Millisecond) // it is in its query
	if len(l.children()) != 1 {
		t.Errorf("children: %v", l.children())
	}
	_ = parent.Process.Kill()
	_ = parent.Wait()
	for range 100 {
		if len(l.children()) == 0 {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Error("the child runs on")
	_ = exec.CommandContext(context.Background(), "kill", append([]string{"-9"}, l.children()...)...).Run()
}

// runEndless is a program that runs a query until it is killed.
func runEndless(scratch string) {
	e := New(Options{})
	if !Linked {
		e = New(Options{Executable: os.Getenv("GOLDSERVE_TEST_ORPHAN_DUCKDB")})
	}
	p := &builder.Program{Scratch: scratch, Steps: []builder.Step{{Table: endless()}}}
	_, _ = e.Run(context.Background(), p, func(builder.Built) {})
	os.Exit(1)
}

// children returns the processes that work in a folder of the lake.
func (l *lake) children() []string {
	var found []string
	folders, _ := filepath.Glob("/proc/[0-9]*/cwd")
	for _, link := range folders {
		if folder, err := os.Readlink(link); err == nil && strings.HasPrefix(folder, l.folder) {
			found = append(found, filepath.Base(filepath.Dir(link)))
		}
	}
	return found
}

// quiet fails the test where a process or a file of a run is left.
func (l *lake) quiet() {
	l.t.Helper()
	if left := l.children(); len(left) > 0 {
		l.t.Errorf("processes are left: %v", left)
	}
	left, err := filepath.Glob(l.path("scratch", ".*"))
	if err != nil || len(left) > 0 {
		l.t.Errorf("files are left: %v %v", left, err)
	}
}
