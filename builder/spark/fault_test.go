package spark

import (
	"context"
	"errors"
	"net"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"goldserve/builder"
	"goldserve/gold"
)

// An error says where the SQL is wrong, in the words of the file.
func TestErrorsNameTheFileAndLineOfTheSQL(t *testing.T) {
	l := newLake(t)
	source := l.purchases()
	for _, c := range []struct{ name, query, want string }{
		{"a column that is not there", "SELECT b.id,\n  b.amont\nFROM bronze.purchases b", "sql/gold/x.sql:4:3: [UNRESOLVED_COLUMN.WITH_SUGGESTION] A column, variable, or function parameter with name `b`.`amont` cannot be resolved. Did you mean one of the following? "},
		{"behind a table's name", "SELECT b.id, 'é'\nFROM bronze.purchases JOIN bronze.purchases b ON b.nope = 1", "sql/gold/x.sql:4:50: [UNRESOLVED_COLUMN.WITH_SUGGESTION] "},
		{"in a line with a table", "SELECT '😀' AS a, (SELECT max(id) FROM bronze.purchases) + nope AS n", "sql/gold/x.sql:3:59: [UNRESOLVED_COLUMN.WITHOUT_SUGGESTION] "},
		{"no SQL", "SELECT id\nFRM bronze.purchases", "sql/gold/x.sql:4:"},
		{"a function that is not there", "SELECT\n\n  nope(id) FROM bronze.purchases", "sql/gold/x.sql:5:3: [UNRESOLVED_ROUTINE] "},
		{"a value", "SELECT id,\n  1 / (id - 1) AS n FROM bronze.purchases", "sql/gold/x.sql:4:3: [DIVIDE_BY_ZERO] Division by zero."},
		{"a cast", "SELECT CAST(product AS INT) AS n FROM bronze.purchases b WHERE id = 2", "sql/gold/x.sql:3:8: [CAST_INVALID_INPUT] The value 'cup' of the type \"STRING\" cannot be cast to \"INT\""},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := l.program([]builder.Source{source}, table(builder.Gold, "x", c.query))
			p.Scratch = t.TempDir()
			_, err := l.run(t.Context(), l.engine(), p)
			var e *gold.Error
			if !errors.As(err, &e) || e.Kind != gold.Invalid || e.Code != gold.CodeBuildSQL || !strings.HasPrefix(e.Message, c.want) {
				t.Fatalf("%v\nexpected %s", err, c.want)
			}
			for _, foreign := range []string{"== SQL", "Project", "__", "goldserve_"} {
				if strings.Contains(e.Message, foreign) {
					t.Errorf("%s: has %q", e.Message, foreign)
				}
			}
		})
	}
}

func TestErrorsNameTheSource(t *testing.T) {
	l := newLake(t)
	if err := os.WriteFile(l.path("bronze", "broken é.parquet"), []byte("PAR1 is not enough PAR1"), 0o600); err != nil {
		t.Fatal(err)
	}
	l.sql("COPY (SELECT 'one' AS id) TO 'LAKE/bronze/text.parquet'; COPY (SELECT 1 AS id) TO 'LAKE/bronze/_hidden.parquet'")
	for file, want := range map[string]string{
		"broken é.parquet": "bronze/broken é.parquet: ",
		"gone.parquet":     "bronze/gone.parquet: [PATH_NOT_FOUND] Path does not exist",
		"text.parquet":     "bronze/text.parquet: ",
		"_hidden.parquet":  `bronze/_hidden.parquet: Spark ignores files whose names begin with "_": rename it`,
	} {
		source := builder.Source{
			Name:    "x",
			Columns: []builder.Column{{Name: "id", Kind: gold.RawNumber, Stored: builder.StoredNumber}},
			Files:   []builder.File{{Path: l.path("bronze", file), Name: file}},
		}
		p := l.program([]builder.Source{source}, table(builder.Gold, "x", "SELECT id FROM bronze.x"))
		p.Scratch = t.TempDir()
		_, err := l.run(t.Context(), l.engine(), p)
		var e *gold.Error
		if !errors.As(err, &e) || e.Kind != gold.Invalid || e.Code != gold.CodeFileInvalid || !strings.HasPrefix(e.Message, want) || strings.Contains(e.Message, l.folder) {
			t.Errorf("%s: %v\nexpected %s", file, err, want)
		}
	}
}

// A server that lacks the library of the lake's file system is told of, and not the file that it meets first.
func TestAServerThatCannotUseTheStorageIsTold(t *testing.T) {
	if os.Getenv("GOLDSERVE_TEST_SPARK_S3A") != "" {
		t.Skip("this server has the library")
	}
	l := newLake(t)
	source := l.purchases()
	for i, f := range source.Files {
		source.Files[i].Path = "s3://lake/bronze/" + f.Name
	}
	reads, writes := l.program([]builder.Source{source}, table(builder.Gold, "x", "SELECT id FROM bronze.purchases")), l.program(nil, table(builder.Gold, "x", "SELECT 1 AS id"))
	writes.Scratch = "s3://lake/_scratch/build-1"
	for what, p := range map[string]*builder.Program{"read": reads, "written": writes} {
		_, err := l.run(t.Context(), l.engine(), p)
		var e *gold.Error
		if !errors.As(err, &e) || e.Kind != gold.Unavailable || e.Code != gold.CodeBuildEngine || !strings.Contains(e.Message, " can't use the lake's storage: ") || !strings.Contains(e.Message, "hadoop-aws") {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestAQuarantineThatIsWrongIsTold(t *testing.T) {
	l := newLake(t)
	source := l.purchases()
	for query, want := range map[string]string{
		"SELECT id, 'mising' AS reason, _file, _line FROM bronze.purchases":               `sql/silver/x.sql:3:1: the query rejects rows for the reason "mising", which the header's quarantine doesn't list (did you mean missing?)`,
		"SELECT id, 'missing' AS reason, _file, _line + 1 AS _line FROM bronze.purchases": "sql/silver/x.sql:3:1: the query gives a [1] é%20.parquet, line 1 of it not at all: a query with a quarantine must give each row of bronze.purchases exactly once, with a reason or without, and pass _file and _line through unchanged",
	} {
		x := table(builder.Silver, "x", query)
		x.Quarantine = &builder.Quarantine{Column: "reason", Source: "purchases", Reasons: []string{"missing"}}
		p := l.program([]builder.Source{source}, x)
		p.Scratch = t.TempDir()
		_, err := l.run(t.Context(), l.engine(), p)
		var e *gold.Error
		if !errors.As(err, &e) || e.Code != gold.CodeBuildSQL || !strings.HasPrefix(e.Message, want) {
			t.Errorf("%s: %v\nexpected %s", query, err, want)
		}
	}
}

// A build that is stopped stops on the server too, and its session is gone.
func TestACanceledRunIsInterruptedOnTheServer(t *testing.T) {
	l := newLake(t)
	e := l.engine()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	e.options.Progress = func(p Progress) {
		if p.Table != "gold.slow" || p.Tasks < 1 || p.Done > p.Tasks {
			t.Errorf("%+v", p)
		}
		cancel()
	}
	begin := time.Now()
	_, err := l.run(ctx, e, l.program(nil, table(builder.Gold, "slow", "SELECT sum(id % 7) AS n FROM range(1000000000000000)")))
	if !errors.Is(err, context.Canceled) || time.Since(begin) > time.Minute {
		t.Errorf("after %s: %v", time.Since(begin), err)
	}
	sessionsEnd(t)
}

// sessionsEnd checks in the server's log that no session is left, and that nothing runs.
func sessionsEnd(t *testing.T) {
	t.Helper()
	file := os.Getenv("GOLDSERVE_TEST_SPARK_LOG")
	if file == "" {
		t.Log("the server's log isn't known: GOLDSERVE_TEST_SPARK_LOG")
		return
	}
	var open map[string]bool
	for range 100 {
		log, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		open = map[string]bool{}
		for _, line := range sessionLine.FindAllSubmatch(log, -1) {
			open[string(line[2])] = string(line[1]) != "Closing session"
			if !open[string(line[2])] {
				delete(open, string(line[2]))
			}
		}
		if len(open) == 0 {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Errorf("sessions that are left: %v", open)
}

var sessionLine = regexp.MustCompile(`SessionHolder: (Session|Closing session) with userId: goldserve and sessionId: ([-0-9a-f]+)`)

// A server that is not there, or no server of Spark, is told with what to do, and never the token.
func TestAServerThatCannotBeAskedIsTold(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	go func() { // a server of something else
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			_, _ = c.Write([]byte("220 mail.example.com ESMTP\r\n"))
			_ = c.Close()
		}
	}()
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = gone.Close()
	for _, address := range []string{listener.Addr().String(), gone.Addr().String(), "no-such-host.invalid:15002"} {
		for _, parameters := range []string{"", "/;token=secret-canary", "/;use_ssl=true;token=secret-canary;x-key=secret-canary"} {
			remote, err := ParseRemote("sc://" + address + parameters)
			if err != nil {
				t.Fatal(err)
			}
			e := New(Options{Remote: remote})
			for _, call := range []func() error{
				func() error { _, err := e.Version(t.Context()); return err },
				func() error { _, err := e.Run(t.Context(), &builder.Program{}, nil); return err },
			} {
				err := call()
				var told *gold.Error
				if !errors.As(err, &told) || told.Kind != gold.Unavailable || told.Code != gold.CodeBuildEngine ||
					!strings.HasPrefix(told.Message, "the Spark server sc://"+address+" can't be reached, or was lost: ") || strings.Contains(err.Error(), "canary") {
					t.Errorf("%s%s: %v", address, parameters, err)
				}
			}
		}
	}
}

func TestTheVersionIsTold(t *testing.T) {
	v, err := newLake(t).engine().Version(t.Context())
	if err != nil || v.Name != "spark" || !regexp.MustCompile(`^[4-9]\.\d`).MatchString(v.Number) {
		t.Errorf("%+v, %v", v, err)
	}
}
