package main

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
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
