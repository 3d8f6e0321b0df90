package bench

import (
	"context"
	_ "embed" // for the script
	"errors"
	"math"
	"os"
	"slices"
)

// PandasBuild is a Python script that builds the shipped retail model's gold with pandas 3. Its comment says what it reads, writes
// and prints.
//
//go:embed pandas_build.py
var PandasBuild []byte

// Engine is one of those that are compared.
type Engine struct {
	Name string
	// Build prepares a build of the raw files of a folder into an empty folder.
	Build func(bronze, out string) Command
}

// Stages are those that are told of, in their order; Whole is all of them in one.
var Stages = []string{"bronze", "silver", "gold"}

// Whole is the task of a result that is of the whole build.
const Whole = "build"

// Runs are those of engines on the same raw files.
type Runs struct {
	engines []Engine
	all     map[string][]Run
	Failed  map[string]error // engines that failed in a run, and have no medians
}

// Compare runs every engine as often as asked, in turn, on the raw files of a folder, each time into a new folder below work. An engine that
// fails isn't run again. done is told of each run that ended well, before its folder is removed; its error ends the comparison.
func Compare(ctx context.Context, engines []Engine, bronze, work string, runs int, done func(engine string, r Run, out string) error) (*Runs, error) {
	r := &Runs{engines, map[string][]Run{}, map[string]error{}}
	for round := range runs {
		for i := range engines {
			e := engines[(i+round)%len(engines)] // none is always the first, whose disk is busy with the files of the one before
			if r.Failed[e.Name] != nil {
				continue
			}
			if err := r.run(ctx, e, bronze, work, done); err != nil {
				return nil, err
			}
		}
	}
	return r, nil
}

func (r *Runs) run(ctx context.Context, e Engine, bronze, work string, done func(string, Run, string) error) (err error) {
	out, err := os.MkdirTemp(work, "lake-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(out)) }()
	run, err := Measure(ctx, e.Build(bronze, out))
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		r.Failed[e.Name] = err
		return nil
	}
	r.all[e.Name] = append(r.all[e.Name], run)
	return done(e.Name, run, out)
}

// Medians returns the medians of each engine: of the whole build, then of its stages. The raw files have as many rows.
func (r *Runs) Medians(rows int64) []Result {
	var results []Result
	for _, task := range append([]string{Whole}, Stages...) {
		for _, e := range r.engines {
			if used, ok := medianOf(r.all[e.Name], task); ok && r.Failed[e.Name] == nil {
				results = append(results, newResult(e.Name, rows, task, used))
			}
		}
	}
	return results
}

func newResult(engine string, rows int64, task string, used Usage) Result {
	r := Result{Engine: engine, Scale: rows, Task: task, Seconds: round(used.Seconds, 1e3), ProcessorSeconds: round(used.Processor, 1e2), PeakMemoryMB: round(float64(used.Memory)/1e6, 10)}
	if used.Seconds > 0 {
		r.RowsPerSecond = math.Round(float64(rows) / used.Seconds)
	}
	return r
}

// round rounds to as many parts of a unit.
func round(x, parts float64) float64 { return math.Round(x*parts) / parts }

// medianOf returns the median of each figure of a task.
func medianOf(runs []Run, task string) (Usage, bool) {
	var seconds, processor, memory []float64
	for _, run := range runs {
		used, ok := run.Stages[task]
		if task == Whole {
			used, ok = run.Usage, true
		}
		if !ok {
			return Usage{}, false
		}
		seconds, processor, memory = append(seconds, used.Seconds), append(processor, used.Processor), append(memory, float64(used.Memory))
	}
	return Usage{median(seconds), median(processor), int64(median(memory))}, len(runs) > 0
}

// median returns the middle value, of an even number the mean of the two in the middle.
func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}
