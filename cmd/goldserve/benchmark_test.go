package main

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"goldserve/bench"
	"goldserve/gold/storetest"
)

func TestServeFindsTheResultsThatBenchmarkWrote(t *testing.T) {
	t.Chdir(t.TempDir())
	var said bytes.Buffer
	read := func(named string) (string, error) {
		t.Helper()
		said.Reset()
		a := &app{config: config{serveSettings: serveSettings{Benchmark: named}}}
		text, err := a.readBenchmark(slog.New(slog.NewTextHandler(&said, nil)))
		return string(text), err
	}
	if text, err := read(""); text != "" || err != nil || said.Len() > 0 {
		t.Errorf("without a file: %q, %v; log: %s", text, err, &said)
	}
	write := func(name, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(benchmarkFile, `{"results": [1]}`)
	write("other.json", `[2]`)
	if text, err := read(""); text != `{"results": [1]}` || err != nil {
		t.Errorf("from %s: %q, %v", benchmarkFile, text, err)
	}
	if text, err := read("other.json"); text != "[2]" || err != nil {
		t.Errorf("from a file that is named: %q, %v", text, err)
	}
	write(benchmarkFile, "{")
	if text, err := read(""); text != "" || err != nil || !strings.Contains(said.String(), "expected a file of JSON") {
		t.Errorf("from a file that can't be shown: %q, %v; log: %s; want none, and a warning", text, err, &said)
	}
	if _, err := read("none.json"); err == nil {
		t.Error("a file that is named and isn't there was no error")
	}
}

// raw is one of the lakes whose gold another program computed: 185 raw rows.
func raw(t *testing.T) string {
	return filepath.Join(storetest.Shared(t), "data", "retail-edge", "a", "bronze")
}

func TestBenchmarkWritesWhatServeShows(t *testing.T) {
	bronze := raw(t)
	t.Chdir(t.TempDir())
	t.Setenv(programVariable, "1")
	code, stdout, stderr := cli(t, "benchmark", "--bronze", bronze, "--runs", "1", "--python", storetest.Python(t), "--duckdb", storetest.DuckDB(t), "--threads", "1")
	if code != 0 {
		t.Fatalf("exit %d\n%s", code, stderr)
	}
	if lines := strings.Split(strings.TrimSpace(stdout), "\n"); len(lines) != 9 || strings.Join(strings.Fields(lines[1])[:3], " ") != "185 build duckdb" {
		t.Errorf("printed:\n%s", stdout)
	}
	a := &app{}
	text, err := a.readBenchmark(slog.New(slog.DiscardHandler))
	var report bench.Report
	if err != nil || json.Unmarshal(text, &report) != nil {
		t.Fatal(err, string(text))
	}
	var told []string
	var parts float64
	for _, r := range report.Results {
		told = append(told, r.Task+" "+r.Engine)
		if r.Scale != 185 || r.Seconds <= 0 || r.RowsPerSecond <= 0 {
			t.Errorf("%+v: want 185 rows in some time", r)
		}
		if r.Engine == "duckdb" && r.Task == bench.Whole {
			parts += r.Seconds
		} else if r.Engine == "duckdb" {
			parts -= r.Seconds
		}
	}
	if got := strings.Join(told, ", "); got != "build duckdb, build pandas, bronze duckdb, bronze pandas, silver duckdb, silver pandas, gold duckdb, gold pandas" || parts < -0.01 {
		t.Errorf("results: %s; the stages take %g s less than the whole", got, parts)
	}
	if report.Runs != 1 || len(report.LeftOut) != 0 || !strings.HasPrefix(report.Versions["duckdb"], "1.") || !strings.HasPrefix(report.Versions["pandas"], "3.") || !strings.Contains(report.Machine, "processors") {
		t.Errorf("report: %+v", report)
	}
}

func TestBenchmarkLeavesOutWhatCantBeHad(t *testing.T) {
	t.Chdir(t.TempDir())
	code, _, stderr := cli(t, "benchmark", "--bronze", ".", "--python", "./no-python", "--duckdb", "./no-duckdb")
	if code == 0 || !strings.Contains(stderr, "there is no engine to measure") || !strings.Contains(stderr, "no-duckdb") || !strings.Contains(stderr, "no-python") {
		t.Errorf("without engines: exit %d\n%s", code, stderr)
	}
	for want, args := range map[string][]string{
		`--engines is "panda": expected duckdb, spark, pandas; did you mean pandas?`: {"--engines", "panda"},
		"--runs is 0: expected 1 or more":                                            {"--runs", "0"},
		"--scale is -1: expected 1 or more":                                          {"--scale", "1,-1"},
		"not both":                                                                   {"--scale", "2", "--bronze", "."},
	} {
		if code, _, stderr := cli(t, append([]string{"benchmark"}, args...)...); code != exitUsage || !strings.Contains(stderr, want) {
			t.Errorf("%s: exit %d\n%s", args, code, stderr)
		}
	}
	if _, err := os.Stat(benchmarkFile); err == nil {
		t.Error("results were written")
	}
}
