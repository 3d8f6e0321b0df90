package storetest

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestAToolThatIsMissingFailsUnlessItIsLeftOut(t *testing.T) {
	for _, c := range []struct {
		require, without, tool string
		want                   bool
	}{
		{"", "", "mongodb", false}, // go test alone
		{"1", "", "mongodb", true}, // make test
		{"1", "mongodb,python", "mongodb", false},
		{"1", "mongodb,python", "mongod", false},
		{"1", "mongodb,python", "python", false},
		{"1", "mongodb,python", "chromium", true},
		{"1", "mongod", "mongodb", true},
	} {
		t.Setenv("GOLDSERVE_TEST_REQUIRE", c.require)
		t.Setenv("GOLDSERVE_TEST_WITHOUT", c.without)
		if got := Required(c.tool); got != c.want {
			t.Errorf("%+v: required: %v", c, got)
		}
	}
}

// What make test begins with, on a machine that has a shell and nothing else.
func TestTheScriptsOfTestsEndRedWithoutTheirTools(t *testing.T) {
	bare := t.TempDir()
	for _, name := range []string{"bash", "dirname", "rm", "mkdir", "mktemp"} {
		path, err := exec.LookPath(name)
		if err == nil {
			err = os.Symlink(path, filepath.Join(bare, name))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for script, tool := range map[string]string{"with-python": "python", "with-mongod": "mongodb", "with-s3": "s3", "with-duckdb": "duckdb", "with-spark": "spark"} {
		for without, code := range map[string]int{"": 1, tool: 0, "gcc": 2} {
			// #nosec G204 -- a script of this project
			cmd := exec.CommandContext(t.Context(), filepath.Join(Root(t), ".ci", script), "bash", "-c", "echo ran")
			cmd.Env = []string{"PATH=" + bare, "GOLDSERVE_TOOLS=" + t.TempDir()}
			if without != "" {
				cmd.Env = append(cmd.Env, "GOLDSERVE_TEST_WITHOUT="+without)
			}
			text, _ := cmd.CombinedOutput() // the code says it
			if got := cmd.ProcessState.ExitCode(); got != code || strings.Contains(string(text), "ran") != (code == 0) {
				t.Errorf("%s without %q: exit %d, expected %d:\n%s", script, without, got, code, text)
			}
			if code == 1 && !strings.Contains(string(text), "GOLDSERVE_TEST_WITHOUT="+tool) {
				t.Errorf("%s doesn't say how to go on:\n%s", script, text)
			}
		}
	}
}
