package bench_test

import (
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"goldserve/bench"
	"goldserve/gold/storetest"
)

// The gold and the counts of rejected rows of these lakes were computed by another program; what is rejected because it lies in the
// future depends on when that was.
func TestPandasBuildsTheGoldOfTheReference(t *testing.T) {
	python := storetest.Python(t)
	for lake, now := range map[string]int{"retail": 2026, "retail-edge/a": 2026, "retail-edge/b": 2026, "retail-edge/c": 2026, "sample": 2027} {
		t.Run(lake, func(t *testing.T) {
			shared := filepath.Join(storetest.Shared(t), "data", lake)
			out := t.TempDir()
			pandas, version, err := bench.Pandas(t.Context(), python, t.TempDir(), time.Date(now, 1, 1, 0, 0, 0, 0, time.UTC))
			if err != nil || !strings.HasPrefix(version, "3.") {
				t.Fatal(version, err)
			}
			run, err := bench.Measure(t.Context(), pandas.Build(filepath.Join(shared, "bronze"), out))
			if err != nil {
				t.Fatal(err)
			}
			if stages := slices.Sorted(maps.Keys(run.Stages)); !slices.Equal(stages, []string{"bronze", "gold", "silver"}) {
				t.Errorf("stages told: %v", stages)
			}
			compare := exec.CommandContext(t.Context(), python, "testdata/compare.py", filepath.Join(shared, "gold"), filepath.Join(out, "gold"))
			if said, err := compare.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, said)
			}

			want, got := readReport(t, shared), readReport(t, out)
			want["achats"] = want["purchases"]
			delete(want, "purchases")
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("silver_report.json (-want +got):\n%s", diff)
			}
		})
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
