package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"goldserve/gold/reference"
)

func TestContractsSchemaWritesSchemas(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "new")
	if code, stdout, stderr := cli(t, "contracts", "schema", "--out", folder); code != exitDone || strings.Count(stdout, "\n") != 3 {
		t.Fatalf("exit %d\n%s%s", code, stdout, stderr)
	}
	for _, name := range reference.Names() {
		written, err := os.ReadFile(filepath.Join(folder, name+".schema.json"))
		if err != nil {
			t.Fatal(err)
		}
		code, stdout, stderr := cli(t, "contracts", "schema", name)
		if code != exitDone || stdout != string(written) || stdout != string(reference.Schema(name)) {
			t.Errorf("%s: exit %d: the file and standard output differ\n%s", name, code, stderr)
		}
	}
	for _, line := range [][]string{{"schema"}, {"schema", "lake"}, {"schema", "lake", "--out", folder}} {
		code, _, stderr := cli(t, append([]string{"contracts"}, line...)...)
		if code != exitUsage || !strings.Contains(stderr, "contract, model, dashboard") {
			t.Errorf("%v: exit %d: %s", line, code, stderr)
		}
	}
}

func TestContractsDocsWritesPages(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "docs")
	if code, _, stderr := cli(t, "contracts", "docs", "--out", folder); code != exitDone {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	if _, err := os.ReadFile(filepath.Join(folder, reference.IndexPath)); err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr := cli(t, "contracts", "docs")
	if code != exitDone || strings.Contains(stdout, ".md)") {
		t.Errorf("exit %d: standard output links to files\n%s", code, stderr)
	}
	pages, err := filepath.Glob(filepath.Join(folder, "datasets", "*.md"))
	if err != nil || len(pages) == 0 || strings.Count(stdout, "\n# ") != len(pages)+1 {
		t.Errorf("%d files and the index, %d parts on standard output: %v", len(pages), strings.Count(stdout, "\n# "), err)
	}
	if code, _, stderr := cli(t, "contracts", "docs", "--model", "nowhere"); code != exitUsage || !strings.Contains(stderr, "expected one of") {
		t.Errorf("exit %d: %s", code, stderr)
	}
}
