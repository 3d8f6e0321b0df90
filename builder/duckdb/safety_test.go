package duckdb

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"goldserve/builder"
	"goldserve/gold"
)

// attacks are statements by which somebody's SQL would reach out of its lake. Each must fail by itself, should it ever get past the reader
// of SQL files and past oneQuery.
var attacks = []struct{ name, query, refused string }{
	{"a command of the shell in a string", "SELECT '\n.shell touch LAKE/touched\n' AS x", "line begins with a dot"},
	{"a command of the shell after a comment", "SELECT 1; -- one\n.shell touch LAKE/touched", "line begins with a dot"},
	{"a command of the shell that reads", "SELECT 1;\n.read LAKE/secret.sql", "line begins with a dot"},
	{"a command of the shell that writes", "SELECT 1;\n.output LAKE/touched\nSELECT 1;", "line begins with a dot"},
	{"a CSV file", "SELECT * FROM read_csv('/etc/passwd')", "not read_csv"},
	{"a text file", "SELECT * FROM read_text('/etc/passwd')", "not read_text"},
	{"a file by its name", "SELECT * FROM '/etc/passwd'", "not the file"},
	{"a list of files", "SELECT * FROM glob('/etc/*')", "not glob"},
	{"a path that climbs", "SELECT * FROM read_text('LAKE/scratch/../secret.sql')", "not read_text"},
	{"a link in scratch", "SELECT * FROM read_text('LAKE/scratch/link')", "not read_text"},
	{"a link in bronze", "SELECT * FROM read_text('LAKE/bronze/link')", "not read_text"},
	{"a file of bronze that is no source", "SELECT * FROM read_text('LAKE/bronze/other.csv')", "not read_text"},
	{"another query's text", "SELECT * FROM query('SELECT * FROM read_text(''/etc/passwd'')')", "not query"},
	{"the environment", "SELECT getenv('GOLDSERVE_TEST_SECRET') AS s", "getenv"},
	{"a copy", "COPY (SELECT 1) TO 'LAKE/touched'", "is one query"},
	{"a copy over a source", "COPY (SELECT 1) TO 'LAKE/bronze/a.parquet' (FORMAT parquet)", "is one query"},
	{"a database", "ATTACH 'LAKE/touched' AS x", "is one query"},
	{"a setting", "SET enable_external_access = true", "is one query"},
	{"a setting taken back", "RESET lock_configuration", "is one query"},
	{"a pragma", "PRAGMA enable_profiling = 'json'", "is one query"},
	{"an extension from the network", "INSTALL httpfs", "is one query"},
	{"an extension from a file", "LOAD 'LAKE/secret.sql'", "is one query"},
	{"a URL", "SELECT * FROM read_csv('http://127.0.0.1:9/x.csv')", "not read_csv"},
	{"a URL by its name", "SELECT * FROM 'https://127.0.0.1:9/x.parquet'", "not the file"},
	{"a second statement", "SELECT 1; COPY (SELECT 1) TO 'LAKE/touched'", "is one query"},
	{"the end of our statement", "SELECT 1) TO 'LAKE/touched' (FORMAT csv); SELECT (1", "syntax error"},
	{"a comment that doesn't end", "SELECT 1 /* x", "unterminated"},
	{"a text that the shell ends elsewhere", "SELECT E'\\';\n .shell touch LAKE/touched\n' AS x", "shell doesn't read this"},
	{"such a text after a quote", "SELECT E'a''\\'; COPY (SELECT 1) TO ''LAKE/touched'';' AS x", "shell doesn't read this"},
	{"dollars for quotes", "SELECT $$'; COPY (SELECT 1) TO 'LAKE/touched'; --$$", "shell doesn't read this"},
	{"a comment in a comment", "SELECT 1 /* /* */ ; COPY (SELECT 1) TO 'LAKE/touched'; /* */ */", "shell doesn't read this"},
	{"a table that isn't referred to", "SELECT * FROM bronze.purchases", "not a table that this query may read"},
	{"a table of the engine's", "SELECT * FROM kept.purchases", "not a table that this query may read"},
	{"a table of another catalog", "SELECT * FROM memory.bronze.purchases", "not a table that this query may read"},
}

// besieged is a lake with what attacks are after.
func besieged(t *testing.T) (*lake, builder.Source) {
	t.Helper()
	l := newLake(t)
	source := l.purchases()
	for _, file := range []string{"secret.sql", "bronze/other.csv"} {
		if err := os.WriteFile(l.path(file), []byte("SELECT 'secret' AS s;\n.shell touch "+l.path("touched")+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, link := range []string{"scratch/link", "bronze/link"} {
		if err := os.Symlink(l.path("secret.sql"), l.path(link)); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("GOLDSERVE_TEST_SECRET", "secret")
	return l, source
}

// unharmed fails the test where an attack left something.
func (l *lake) unharmed() {
	l.t.Helper()
	if _, err := os.Lstat(l.path("touched")); err == nil {
		l.t.Error("it wrote a file")
		_ = os.Remove(l.path("touched"))
	}
	if rows := l.sql("SELECT count(*) AS n FROM read_parquet('LAKE/bronze/*.parquet')"); rows[0]["n"] != 5.0 {
		l.t.Errorf("it changed the source: %v", rows)
	}
}

func TestSQLThatReachesOutIsRefused(t *testing.T) {
	l, source := besieged(t)
	for _, a := range attacks {
		query := strings.ReplaceAll(a.query, "LAKE", l.folder)
		_, err := l.run(Options{}, []builder.Source{source}, table(builder.Silver, "x", query))
		var e *gold.Error
		if !errors.As(err, &e) || e.Kind != gold.Invalid || e.Code != gold.CodeBuildSQL || !strings.Contains(err.Error(), a.refused) || !strings.HasPrefix(err.Error(), "sql/silver/x.sql:") {
			t.Errorf("%s: %v, expected %q", a.name, err, a.refused)
		}
	}
	l.unharmed()
}

// Without what is looked at before, DuckDB itself must hold: its settings, its shell's safe mode, its empty home.
func TestSQLThatReachesOutFails(t *testing.T) {
	l, source := besieged(t)
	for _, a := range attacks {
		if strings.Contains(a.refused, "may read") {
			continue // no more than the lake's own tables
		}
		r := l.prepared(source)
		_, err := io.WriteString(r.session.in, r.session.encode(strings.ReplaceAll(a.query, "LAKE", l.folder)+"\n;"))
		if err == nil {
			err = r.session.in.Close()
		}
		if err != nil {
			t.Error(err)
		}
		said, err := io.ReadAll(r.session.out)
		if err != nil {
			t.Error(err)
		}
		if strings.Contains(string(said), "secret") || strings.Contains(string(said), "root:") {
			t.Errorf("%s: it got %s", a.name, said)
		}
		if _, ended := r.session.end(); ended == nil && !strings.Contains(a.name, "shell") && !strings.Contains(a.refused, "shell") {
			t.Errorf("%s: it worked: %s", a.name, said)
		}
		if err := r.remove(); err != nil {
			t.Error(err)
		}
	}
	l.unharmed()
}

// prepared is a session in which nothing but the settings and the sources has been said.
func (l *lake) prepared(sources ...builder.Source) *run {
	l.t.Helper()
	r, err := newRun(&builder.Program{Scratch: l.path("scratch"), Sources: sources}, Options{})
	if err != nil {
		l.t.Fatal(err)
	}
	r.session, err = l.engine(Options{}).start(l.t.Context(), r.home)
	if err != nil {
		l.t.Fatal(err)
	}
	if err := r.prepare(); err != nil {
		l.t.Fatal(err)
	}
	return r
}

func TestStartFilesAreNotRead(t *testing.T) {
	l, source := besieged(t)
	home := l.path("home")
	for _, file := range []string{".duckdbrc", ".config/duckdb/duckdbrc", ".config/duckdb/.duckdbrc"} {
		path := filepath.Join(home, file)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(".shell touch "+l.path("touched")+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("HOME", home)
	t.Setenv("XDG_CONFIG_HOME", filepath.Join(home, ".config"))
	t.Chdir(home)
	if _, err := l.run(Options{}, []builder.Source{source}, table(builder.Silver, "x", "SELECT 1 AS a")); err != nil {
		t.Error(err)
	}
	l.unharmed()
}
