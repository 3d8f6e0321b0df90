package storetest

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// Shared returns the folder of the shared test data (GOLDSERVE_SHARED, else ../shared beside the project). Where it
// isn't there the test is skipped, or fails: see Required.
func Shared(tb testing.TB) string {
	tb.Helper()
	if dir := os.Getenv("GOLDSERVE_SHARED"); dir != "" {
		return dir
	}
	dir := filepath.Join(Root(tb), "..", "shared")
	if _, err := os.Stat(filepath.Join(dir, "data")); err != nil {
		missing(tb, "data", "needs the shared test data: set GOLDSERVE_SHARED")
	}
	return dir
}

// MongoDB returns the URI of a MongoDB server for tests (GOLDSERVE_TEST_MONGODB; make test starts one). See Required.
func MongoDB(tb testing.TB) string {
	tb.Helper()
	return setting(tb, "mongodb", "GOLDSERVE_TEST_MONGODB", "a MongoDB server")
}

// Mongod returns the mongod program (GOLDSERVE_MONGOD; make test names one) of tests that start servers of their own.
// See Required.
func Mongod(tb testing.TB) string {
	tb.Helper()
	return setting(tb, "mongod", "GOLDSERVE_MONGOD", "a mongod program")
}

// S3 returns the servers of tests that need an object store, as URLs with their keys (GOLDSERVE_TEST_S3; make test starts
// them). See Required.
func S3(tb testing.TB) []string {
	tb.Helper()
	return strings.Fields(setting(tb, "s3", "GOLDSERVE_TEST_S3", "an S3 server"))
}

// Versitygw returns the versitygw program (GOLDSERVE_VERSITYGW; make test names one) of tests that start S3 servers of their
// own. See Required.
func Versitygw(tb testing.TB) string {
	tb.Helper()
	return setting(tb, "s3", "GOLDSERVE_VERSITYGW", "a versitygw program")
}

// Toxiproxy returns the toxiproxy-server program (GOLDSERVE_TOXIPROXY; make test names one) of tests of faulty networks. See
// Required.
func Toxiproxy(tb testing.TB) string {
	tb.Helper()
	return setting(tb, "s3", "GOLDSERVE_TOXIPROXY", "a toxiproxy-server program")
}

// Spark returns the URL of a Spark Connect server on this machine (GOLDSERVE_TEST_SPARK; make test-spark starts one), once it
// answers. See Required.
func Spark(tb testing.TB) string {
	tb.Helper()
	server := os.Getenv("GOLDSERVE_TEST_SPARK")
	if server == "" {
		missing(tb, "spark", "needs a Spark Connect server: run make test-spark, or set GOLDSERVE_TEST_SPARK")
	}
	address, _, _ := strings.Cut(strings.TrimPrefix(server, "sc://"), "/")
	var err error
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		var c net.Conn
		if c, err = (&net.Dialer{Timeout: time.Second}).DialContext(tb.Context(), "tcp", address); err == nil {
			_ = c.Close()
			return server
		}
	}
	tb.Fatalf("%s does not answer: %v", server, err)
	return ""
}

// Postgres returns the URL of a PostgreSQL server, of a superuser (GOLDSERVE_TEST_POSTGRES; make test starts one). See Required.
func Postgres(tb testing.TB) string {
	tb.Helper()
	return setting(tb, "sql", "GOLDSERVE_TEST_POSTGRES", "a PostgreSQL server")
}

// MySQL returns the URL of a MariaDB or MySQL server, of a superuser (GOLDSERVE_TEST_MYSQL; make test starts a MariaDB). See
// Required.
func MySQL(tb testing.TB) string {
	tb.Helper()
	return setting(tb, "sql", "GOLDSERVE_TEST_MYSQL", "a MariaDB server")
}

// Python returns a Python that has pandas, Polars, DuckDB, pyarrow and openpyxl (GOLDSERVE_TEST_PYTHON; make test installs
// one). See Required.
func Python(tb testing.TB) string {
	tb.Helper()
	return setting(tb, "python", "GOLDSERVE_TEST_PYTHON", "a Python with readers of files")
}

// DuckDB returns a duckdb program (GOLDSERVE_TEST_DUCKDB; make test installs one). See Required.
func DuckDB(tb testing.TB) string {
	tb.Helper()
	return setting(tb, "duckdb", "GOLDSERVE_TEST_DUCKDB", "a duckdb program")
}

// Chromium returns the chromium program. See Required.
func Chromium(tb testing.TB) string {
	tb.Helper()
	return program(tb, "chromium")
}

// Node returns the node program. See Required.
func Node(tb testing.TB) string {
	tb.Helper()
	return program(tb, "node")
}

// setting returns the variable in which make test names what a test needs of a tool.
func setting(tb testing.TB, tool, variable, what string) string {
	tb.Helper()
	value := os.Getenv(variable)
	if value == "" {
		missing(tb, tool, "needs "+what+": run make test, or set "+variable)
	}
	return value
}

func program(tb testing.TB, name string) string {
	tb.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		missing(tb, name, "needs "+name+": install it")
	}
	return path
}

// Root returns the project's folder, where go.mod lies.
func Root(tb testing.TB) string {
	tb.Helper()
	dir, err := os.Getwd()
	if err != nil {
		tb.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		if dir == filepath.Dir(dir) {
			tb.Fatal("no go.mod above the test's folder")
		}
		dir = filepath.Dir(dir)
	}
}

// Required reports whether tests that need a tool (mongodb, mongod, s3, python, duckdb, spark, sql, chromium, node, data) fail where it is
// missing, rather than being skipped. GOLDSERVE_TEST_REQUIRE, which make test sets, requires all but those that
// GOLDSERVE_TEST_WITHOUT lists.
func Required(tool string) bool {
	left := strings.Split(os.Getenv("GOLDSERVE_TEST_WITHOUT"), ",")
	// Who does without a server does without its program.
	without := slices.Contains(left, tool) || tool == "mongod" && slices.Contains(left, "mongodb")
	return os.Getenv("GOLDSERVE_TEST_REQUIRE") != "" && !without
}

func missing(tb testing.TB, tool, what string) {
	tb.Helper()
	if Required(tool) {
		tb.Fatal(what + ", or set GOLDSERVE_TEST_WITHOUT=" + tool)
	}
	tb.Skip(what)
}
