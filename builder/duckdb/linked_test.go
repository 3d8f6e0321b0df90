package duckdb

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"goldserve/gold/storetest"
)

// The full program is built of the same modules; make full-mod writes them again.
func TestTheFullProgramRequiresWhatThisOneDoes(t *testing.T) {
	required := func(file string) map[string]bool {
		body, err := os.ReadFile(filepath.Join(storetest.Root(t), file))
		if err != nil {
			t.Fatal(err)
		}
		lines := map[string]bool{}
		for line := range strings.Lines(string(body)) {
			if module, version, ok := strings.Cut(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(line), "// indirect")), " "); ok && strings.HasPrefix(version, "v") {
				lines[module+" "+version] = true
			}
		}
		return lines
	}
	full := required("full/go.mod")
	ours := required("go.mod")
	for line := range ours {
		if !full[line] {
			t.Errorf("full/go.mod does not require %s: run make full-mod", line)
		}
	}
	if len(ours) < 40 || !full["github.com/duckdb/duckdb-go/v2 v2.10506.0"] {
		t.Errorf("%d modules", len(ours))
	}
}
