package main

import (
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

func TestExitCodesOfCommandLines(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv("HOME", "/a/home")
	for name, c := range map[string]struct {
		args []string
		code int
		says string
	}{
		"no such command":             {[]string{"publsh"}, exitUsage, "publsh"},
		"no such flag":                {[]string{"publish", "--lak", "x"}, exitUsage, "--lak"},
		"a store of no kind":          {[]string{"publish", "--lake", ".", "--store", "postgres://x"}, exitUsage, "mongodb://"},
		"no lake to be found":         {[]string{"publish", "--store", "sqlite:x.db"}, exitUsage, "data/spark_lake/gold"},
		"a lake that is not there":    {[]string{"publish", "--lake", "nowhere", "--store", "sqlite:x.db"}, exitUnavailable, "nowhere"},
		"a server that is not there":  {[]string{"releases", "--store", "mongodb://user:secret@127.0.0.1:1/x?serverSelectionTimeoutMS=300"}, exitUnavailable, "127.0.0.1:1"},
		"what to do about it":         {[]string{"releases", "--store", "mongodb://127.0.0.1:1/x?serverSelectionTimeoutMS=300"}, exitUnavailable, "goldserve config print"},
		"a rollback to no number":     {[]string{"rollback", "three"}, exitUsage, "three"},
		"a bad --as-of":               {[]string{"publish", "--lake", ".", "--as-of", "yesterday"}, exitUsage, "--as-of"},
		"no such model":               {[]string{"publish", "--lake", ".", "--model", "shoe"}, exitUsage, "shoe"},
		"beyond loopback":             {[]string{"serve", "--listen", "0.0.0.0:0", "--store", "sqlite:x.db"}, exitUsage, "--no-auth if that is intended, and --allowed-hosts"},
		"beyond loopback, of no name": {[]string{"serve", "--listen", "0.0.0.0:0", "--no-auth", "--store", "sqlite:x.db"}, exitUsage, "give --allowed-hosts"},
		"a host with its scheme":      {[]string{"serve", "--allowed-hosts", "http://a", "--listen", "127.0.0.1:0", "--store", "sqlite:x.db"}, exitUsage, "without scheme and port"},
		"a mistyped store":            {[]string{"releases", "--store", "mongodb//user:secret@host/db"}, exitUsage, "mongodb://"},
		"a URI that does not parse":   {[]string{"releases", "--store", "mongodb://user:secret@host:port/db"}, exitUsage, "URI"},
		"an origin that is none":      {[]string{"serve", "--cors-origins", "foo", "--listen", "127.0.0.1:0", "--store", "sqlite:x.db"}, exitUsage, "foo"},
		"a host to be looked up":      {[]string{"releases", "--store", "mongodb+srv://user:secret@nowhere.invalid/db"}, exitUnavailable, "DNS"},
		"a database of no name":       {[]string{"releases", "--store", "mongodb://user:secret@127.0.0.1:1/a.b"}, exitUsage, "a.b"},
		"a SQLite store of no name":   {[]string{"publish", "--lake", ".", "--store", "sqlite:"}, exitUsage, "sqlite:PATH"},
		"rollback without a store":    {[]string{"rollback", "1", "--store", "sqlite:x.db"}, exitRefused, "no store at x.db"},
		"prune without a store":       {[]string{"prune", "--store", "sqlite:~/x.db"}, exitRefused, "home/x.db"},
		"verify without a store":      {[]string{"verify", "--store", "sqlite:x.db"}, exitRefused, "no store at x.db"},
		"status without a store":      {[]string{"status", "--store", "sqlite:x.db"}, exitRefused, "no store at x.db"},
		"a year 0":                    {[]string{"publish", "--lake", ".", "--as-of", "0000-01-01"}, exitUsage, "0001"},
		"a lease of no time":          {[]string{"publish", "--lake", ".", "--lease-ttl", "1ns"}, exitUsage, "--lease-ttl"},
		"a negative poll":             {[]string{"serve", "--poll", "-1s"}, exitUsage, "--poll"},
		"no such default model":       {[]string{"serve", "--default-model", "shoe", "--store", "sqlite:x.db"}, exitUsage, "shoe"},
		"no such port":                {[]string{"serve", "--listen", "127.0.0.1:99999"}, exitUsage, "99999"},
		"contracts lint":              {[]string{"contracts", "lint"}, exitDone, ""},
		"version":                     {[]string{"version"}, exitDone, ""},
		"help":                        {[]string{"--help"}, exitDone, ""},
		"no store":                    {[]string{"releases", "--store", "sqlite:none.db"}, exitRefused, "there is no store at none.db"},
	} {
		t.Run(name, func(t *testing.T) {
			code, stdout, stderr := cli(t, c.args...)
			if code != c.code || !strings.Contains(stderr, c.says) {
				t.Errorf("exit %d, want %d and %q:\n%s%s", code, c.code, c.says, stdout, stderr)
			}
			if strings.Contains(stdout+stderr, "secret") {
				t.Errorf("a password is shown:\n%s%s", stdout, stderr)
			}
		})
	}
}

func TestAForeignFileIsRefusedAsItIs(t *testing.T) {
	for statement, says := range map[string]string{`CREATE TABLE gold_monthly (mois TEXT)`: "gold_monthly", `CREATE VIEW gold_release AS SELECT 1`: "gold_release"} {
		path := filepath.Join(t.TempDir(), "theirs.db")
		db, err := sql.Open("sqlite", path)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = db.Close() }()
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
		for _, args := range [][]string{{"publish", "--lake", filepath.Join(sample, "gold")}, {"rollback", "1"}, {"prune"}} {
			if code, _, stderr := cli(t, append(args, "--store", "sqlite:"+path)...); code != exitRefused || args[0] == "publish" && !strings.Contains(stderr, says) {
				t.Errorf("%s: exit %d %s", args[0], code, stderr)
			}
		}
		var names string
		if err := db.QueryRowContext(t.Context(), `SELECT group_concat(name) FROM sqlite_schema`).Scan(&names); err != nil || names != says {
			t.Errorf("the file holds %s (%v), expected %s alone", names, err, says)
		}
	}
}

func TestEveryCommandHasExamples(t *testing.T) {
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		if c.Example == "" || c.Short == "" {
			t.Errorf("%s has no example or no short text", c.CommandPath())
		}
		for _, sub := range c.Commands() {
			walk(sub)
		}
	}
	walk((&app{}).root())
}

func TestFlagsVariablesAndFileMeanTheSame(t *testing.T) {
	t.Chdir(t.TempDir())
	read := func(args ...string) config {
		t.Helper()
		a := &app{}
		root := a.root()
		for _, c := range root.Commands() {
			if c.Name() == "serve" {
				c.RunE = func(*cobra.Command, []string) error { return nil }
			}
		}
		root.SetArgs(append([]string{"serve"}, args...))
		if err := root.Execute(); err != nil {
			t.Fatal(err)
		}
		return a.config
	}
	if got := read(); got.Listen != "127.0.0.1:8080" || !strings.HasPrefix(got.Store, "sqlite:") {
		t.Errorf("defaults: %+v", got)
	}
	t.Setenv("MONGO_URI", "mongodb://m")
	t.Setenv("PORT", "5000")
	if got := read(); got.Store != "mongodb://m" || got.Listen != "127.0.0.1:5000" {
		t.Errorf("MONGO_URI and PORT: %s %s", got.Store, got.Listen)
	}
	t.Setenv("MONGO_DB", "shop")
	if got := read(); got.database != "shop" {
		t.Errorf("MONGO_DB beside MONGO_URI: %q", got.database)
	}
	if got := read("--store", "mongodb://other/db"); got.database != "" {
		t.Errorf("MONGO_DB beside --store: %q", got.database)
	}
	if err := os.WriteFile("goldserve.yaml", []byte("poll: 5\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, stderr := cli(t, "version"); code != exitUsage || !strings.Contains(stderr, "5s") {
		t.Errorf("a duration without a unit: exit %d %s", code, stderr)
	}
	if err := os.WriteFile("goldserve.yaml", []byte("store: sqlite:file.db\ncorsOrigins: [https://a, https://b]\npoll: 2s\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := read(); got.Store != "sqlite:file.db" || len(got.CORSOrigins) != 2 || got.Poll.Seconds() != 2 {
		t.Errorf("goldserve.yaml: %+v", got)
	}
	t.Setenv("GOLDSERVE_STORE", "sqlite:env.db")
	t.Setenv("GOLDSERVE_CORS_ORIGINS", "https://c")
	if got := read(); got.Store != "sqlite:env.db" || len(got.CORSOrigins) != 1 {
		t.Errorf("variables: %+v", got)
	}
	if got := read("--store", "sqlite:flag.db"); got.Store != "sqlite:flag.db" {
		t.Errorf("flag: %+v", got)
	}
	if err := os.WriteFile("goldserve.yaml", []byte("stor: x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, stderr := cli(t, "version"); code != exitUsage || !strings.Contains(stderr, "did you mean store") {
		t.Errorf("an unknown key: exit %d %s", code, stderr)
	}
}

func TestTheFirstLakeThatExistsIsFound(t *testing.T) {
	folder, err := filepath.Abs(sample)
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	if err := os.CopyFS("data/gold", os.DirFS(filepath.Join(folder, "gold"))); err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr := cli(t, "publish", "--store", "sqlite:gold.db")
	if code != exitDone || !strings.Contains(stderr, "data/gold") || !strings.Contains(stdout, "release 1") {
		t.Errorf("exit %d\n%s%s", code, stdout, stderr)
	}
}
