package bench_test

import (
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"goldserve/bench"
	"goldserve/gold/storetest"
)

// The second stage's work is done by a process that the measured one starts: 64 MiB and 0.3 s of a processor.
const program = `
import json, subprocess, sys, time
def done(stage): print(json.dumps({"stage": stage}), flush=True)
time.sleep(0.2)
done("bronze")
print("a line that is none of the stages")
subprocess.run([sys.executable, "-c", """
import time
held, until = bytearray(64 << 20), time.process_time() + 0.3
while time.process_time() < until: pass
"""], check=True)
done("silver")
time.sleep(0.1)
done("gold")
`

func stageOf(line []byte) string {
	_, rest, _ := strings.Cut(string(line), `"stage": "`)
	stage, _, _ := strings.Cut(rest, `"`)
	return stage
}

func TestMeasureTellsWhatEachStageUsed(t *testing.T) {
	python := storetest.Python(t)
	run, err := bench.Measure(t.Context(), bench.Command{Args: []string{python, "-c", program}, Stage: stageOf})
	if err != nil {
		t.Fatal(err)
	}
	bronze, silver, gold := run.Stages["bronze"], run.Stages["silver"], run.Stages["gold"]
	// A line is seen somewhat after it was written: what a stage then lasts longer the next one lasts less.
	if two := bronze.Seconds + silver.Seconds; len(run.Stages) != 3 || two+gold.Seconds > run.Seconds || bronze.Seconds < 0.2 || two < 0.5 || two+gold.Seconds < 0.6 || gold.Seconds <= 0 {
		t.Errorf("stages %+v of %g s: want three that end at least 0.2, 0.5 and 0.6 s after the begin, within the whole", run.Stages, run.Seconds)
	}
	if run.Processor < 0.3 || run.Processor > run.Seconds*float64(runtime.NumCPU()) {
		t.Errorf("%g s of processors in %g s: want at least the 0.3 s of the process that was started", run.Processor, run.Seconds)
	}
	if runtime.GOOS != "linux" {
		return
	}
	if silver.Processor < 0.28 || silver.Processor > run.Processor || bronze.Processor > silver.Processor+0.5 || gold.Processor > 0.2 {
		t.Errorf("processor seconds: %g, %g and %g of %g, want at least 0.28 in the second", bronze.Processor, silver.Processor, gold.Processor, run.Processor)
	}
	if const64 := int64(64 << 20); silver.Memory < const64 || gold.Memory >= const64 || run.Memory < silver.Memory {
		t.Errorf("peaks: %d, %d and %d of %d bytes, want at least %d in the second alone", bronze.Memory, silver.Memory, gold.Memory, run.Memory, const64)
	}
}

func TestMeasureSaysWhyAProgramFailed(t *testing.T) {
	python := storetest.Python(t)
	_, err := bench.Measure(t.Context(), bench.Command{Args: []string{python, "-c", "raise SystemExit('no such lake')"}, Stage: stageOf})
	if err == nil || !strings.Contains(err.Error(), "no such lake") {
		t.Errorf("error %v, want what the program said", err)
	}
}

func TestCompareTellsOfTheWholeBuildAndItsStagesByEngine(t *testing.T) {
	python := storetest.Python(t)
	one := bench.Engine{Name: "one", Build: func(bronze, out string) bench.Command {
		return bench.Command{Args: []string{python, "-c", "import sys, time\nfor s in ('bronze', 'silver', 'gold'): time.sleep(0.03); print('\"stage\": \"' + s + '\"', *sys.argv[1:], flush=True)", bronze, out}, Stage: stageOf}
	}}
	other := one
	other.Name = "other"
	failing := bench.Engine{Name: "failing", Build: func(string, string) bench.Command {
		return bench.Command{Args: []string{python, "-c", "print('\"stage\": \"bronze\"'); raise SystemExit('no memory')"}, Stage: stageOf}
	}}
	var order []string
	work := t.TempDir()
	runs, err := bench.Compare(t.Context(), []bench.Engine{one, failing, other}, t.TempDir(), work, 2, func(engine string, _ bench.Run, out string) error {
		order = append(order, engine)
		if filepath.Dir(out) != work {
			t.Errorf("a run's folder is %s, want one below %s", out, work)
		}
		return nil
	})
	if left, _ := filepath.Glob(filepath.Join(work, "*")); len(left) > 0 {
		t.Errorf("left there: %v", left)
	}
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(order, " "); got != "one other other one" {
		t.Errorf("runs: %s, want each engine first once", got)
	}
	if err := runs.Failed["failing"]; len(runs.Failed) != 1 || err == nil || !strings.Contains(err.Error(), "no memory") {
		t.Errorf("failed: %v", runs.Failed)
	}
	var told []string
	for _, r := range runs.Medians(1000) {
		told = append(told, r.Task+" "+r.Engine)
		if r.Scale != 1000 || r.Seconds <= 0 || r.RowsPerSecond < 1000/r.Seconds*0.9-1 || r.RowsPerSecond > 1000/r.Seconds*1.1+1 {
			t.Errorf("%+v: want rows per second of 1,000 rows", r)
		}
	}
	if got := strings.Join(told, ", "); got != "build one, build other, bronze one, bronze other, silver one, silver other, gold one, gold other" {
		t.Errorf("results: %s", got)
	}
}
