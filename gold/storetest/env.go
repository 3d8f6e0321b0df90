package storetest

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Shared returns the folder of the shared test data (GOLDSERVE_SHARED, else ../shared beside the project). Where it
// isn't there the test is skipped, or fails where GOLDSERVE_TEST_REQUIRE is set.
func Shared(tb testing.TB) string {
	tb.Helper()
	if dir := os.Getenv("GOLDSERVE_SHARED"); dir != "" {
		return dir
	}
	dir := filepath.Join(Root(tb), "..", "shared")
	if _, err := os.Stat(filepath.Join(dir, "data")); err != nil {
		missing(tb, "needs the shared test data: set GOLDSERVE_SHARED")
	}
	return dir
}

// MongoDB returns the URI of a MongoDB server for tests (GOLDSERVE_TEST_MONGODB; make test starts one). Where there is
// none the test is skipped, or fails where GOLDSERVE_TEST_REQUIRE is set.
func MongoDB(tb testing.TB) string {
	tb.Helper()
	uri := os.Getenv("GOLDSERVE_TEST_MONGODB")
	if uri == "" {
		missing(tb, "needs a MongoDB server: run make test, or set GOLDSERVE_TEST_MONGODB")
	}
	return uri
}

// Mongod returns the mongod program (GOLDSERVE_MONGOD; make test names one) of tests that start servers of their own.
// Where there is none the test is skipped, or fails where GOLDSERVE_TEST_REQUIRE is set.
func Mongod(tb testing.TB) string {
	tb.Helper()
	program := os.Getenv("GOLDSERVE_MONGOD")
	if program == "" {
		missing(tb, "needs a mongod program: run make test, or set GOLDSERVE_MONGOD")
	}
	return program
}

// Python returns a Python that has pandas, Polars, DuckDB, pyarrow and openpyxl (GOLDSERVE_TEST_PYTHON; make test installs
// one). Where there is none the test is skipped, or fails where GOLDSERVE_TEST_REQUIRE is set.
func Python(tb testing.TB) string {
	tb.Helper()
	python := os.Getenv("GOLDSERVE_TEST_PYTHON")
	if python == "" {
		missing(tb, "needs a Python with readers of files: run make test, or set GOLDSERVE_TEST_PYTHON")
	}
	return python
}

// Chromium returns the chromium program. Where there is none the test is skipped, or fails where GOLDSERVE_TEST_REQUIRE
// is set.
func Chromium(tb testing.TB) string {
	tb.Helper()
	program, err := exec.LookPath("chromium")
	if err != nil {
		missing(tb, "needs chromium: apt-get install chromium")
	}
	return program
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

func missing(tb testing.TB, what string) {
	tb.Helper()
	if os.Getenv("GOLDSERVE_TEST_REQUIRE") != "" {
		tb.Fatal(what)
	}
	tb.Skip(what)
}
