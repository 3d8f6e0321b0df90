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
