package bench_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"goldserve/bench"
	"goldserve/gold/storetest"
)

// The gold and the counts of rejected rows of these lakes were computed by another program; what is rejected because it lies in the
// future depends on when that was.
func TestPandasBuildsTheGoldOfTheReference(t *testing.T) {
	python := storetest.Python(t)
	script := filepath.Join(t.TempDir(), "pandas_build.py")
	if err := os.WriteFile(script, bench.PandasBuild, 0o600); err != nil {
		t.Fatal(err)
	}
	for lake, now := range map[string]string{"retail": "2026-01-01", "retail-edge/a": "2026-01-01", "retail-edge/b": "2026-01-01", "retail-edge/c": "2026-01-01", "sample": "2027-01-01"} {
		t.Run(lake, func(t *testing.T) {
			shared := filepath.Join(storetest.Shared(t), "data", lake)
			out := t.TempDir()
			run(t, python, script, "--bronze", filepath.Join(shared, "bronze"), "--out", out, "--now", now)
			run(t, python, "testdata/compare.py", filepath.Join(shared, "gold"), filepath.Join(out, "gold"))

			want, got := readReport(t, shared), readReport(t, out)
			want["achats"] = want["purchases"]
			delete(want, "purchases")
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("silver_report.json (-want +got):\n%s", diff)
			}
		})
	}
}

func run(t *testing.T, program string, args ...string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), program, args...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", args, err, out)
	}
}

func readReport(t *testing.T, lake string) map[string]any {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(lake, "silver_report.json"))
	if err != nil {
		t.Fatal(err)
	}
	report := map[string]any{}
	if err := json.Unmarshal(text, &report); err != nil {
		t.Fatal(err)
	}
	return report
}
