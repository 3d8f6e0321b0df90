//go:build e2e

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"goldserve/gold/storetest"
)

// TestTheExampleOfAWebPageRuns runs the web page's example, as it stands in docs/query.md, against the sample lake.
func TestTheExampleOfAWebPageRuns(t *testing.T) {
	readme, err := os.ReadFile("../../docs/query.md")
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile("(?s)```js\n(.*?)```").FindSubmatch(readme)
	if found == nil {
		t.Fatal("docs/query.md has no example in JavaScript")
	}
	if lines := strings.Count(string(found[1]), "\n"); lines > 24 {
		t.Errorf("the example has %d lines", lines)
	}
	node := storetest.Node(t)
	p := sqlitePlace(t)
	publishLake(t, p, filepath.Join(sample, "gold"))
	script := filepath.Join(t.TempDir(), "example.mjs")
	if err := os.WriteFile(script, append([]byte("globalThis.GOLDSERVE = '"+served(t, p)+"'\n"), found[1]...), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), node, script).CombinedOutput() // #nosec G204 -- node and a file of ours
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	// The same object again: the second request was answered by a 304.
	if !regexp.MustCompile(`^[0-9.]+ [0-9]+ 10 true\n$`).Match(out) {
		t.Errorf("the example printed %s", out)
	}
}
