package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"goldserve/bench"
	"goldserve/gold"
)

// benchmarkRequest is what the command benchmark measures.
type benchmarkRequest struct {
	engines     []string
	scales      []int
	runs        int
	bronze, out string
	python      string
}

func (a *app) benchmark() *cobra.Command {
	request := benchmarkRequest{}
	cmd := &cobra.Command{
		Use:   "benchmark",
		Short: "Compare the speed of builds with different engines",
		Long: `benchmark builds the gold of the model ` + defaultModel + ` from generated raw files with each engine in turn, several times, and writes
the medians to a file that serve shows as a page of the dashboard: seconds, processor seconds, raw rows per second and peak memory
of the whole build and of its stages. Each run is a separate process that begins with an empty lake.

Engines: duckdb, spark (with --spark), and pandas, an embedded script (bench/pandas_build.py) that needs a Python with pandas 3 and
pyarrow. An engine that is not available is left out, and the reason is reported. If the engines rejected or made different rows,
nothing is written. The processor time and memory of Spark's server are counted if it runs on this machine.`,
		Example: `  goldserve benchmark --scale 1,10,100
  goldserve benchmark --engines duckdb,pandas --python .venv/bin/python
  goldserve benchmark --bronze ./lake/bronze --runs 5`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if request.bronze != "" && cmd.Flags().Changed("scale") {
				return usagef("benchmark takes --scale for generated raw files or --bronze for yours, not both")
			}
			return a.footprint(cmd.Context(), "benchmark", func(ctx context.Context) error { return a.runBenchmark(ctx, &request) })
		},
	}
	flags := cmd.Flags()
	flags.IntSliceVar(&request.scales, "scale", []int{1, 10}, "multiples of generate's default number of rows (about 24,000)")
	flags.StringVar(&request.bronze, "bronze", "", "folder of raw files to build from, instead of generated ones")
	flags.StringSliceVar(&request.engines, "engines", nil, "engines to compare: duckdb, spark, pandas (default: all available)")
	flags.IntVar(&request.runs, "runs", 3, "how often each engine builds at each scale")
	flags.StringVar(&request.out, "out", benchmarkFile, "file for the results")
	flags.StringVar(&request.python, "python", "python3", "Python that runs the pandas script")
	a.setting(flags, "duckdb")
	a.setting(flags, "spark")
	a.setting(flags, "spark-path")
	a.setting(flags, "threads").Usage = "number of threads of DuckDB (default: as for build)"
	a.setting(flags, "memory").Usage = "memory limit of DuckDB, which then spills to disk"
	a.config.footprintSettings.flags(flags)
	a.setting(flags, "json").Usage = "print the results as JSON"
	return cmd
}

func (r *benchmarkRequest) check() error {
	var problems []error
	if r.runs < 1 {
		problems = append(problems, usagef("--runs is %d: expected 1 or more", r.runs))
	}
	for _, scale := range r.scales {
		if scale < 1 {
			problems = append(problems, usagef("--scale is %d: expected 1 or more", scale))
		}
	}
	return errors.Join(problems...)
}

func (a *app) runBenchmark(ctx context.Context, request *benchmarkRequest) error {
	if err := request.check(); err != nil {
		return err
	}
	log := a.logger()
	folder, err := os.MkdirTemp("", "goldserve-benchmark-")
	if err != nil {
		return gold.Errorf(gold.Unavailable, gold.CodeNoTemporaryFolder, "the benchmark needs a temporary folder: %w", err)
	}
	defer func() {
		if err := os.RemoveAll(folder); err != nil {
			log.Warn("temporary folder not removed", "folder", folder, "error", err)
		}
	}()
	b := &benchmarking{app: a, log: log, request: request, folder: folder, began: time.Now().UTC().Truncate(time.Second)}
	b.report = &bench.Report{
		Title: "Builds of the model " + defaultModel, GeneratedAt: b.began.Format(time.RFC3339), Machine: machineName(), Runs: request.runs,
		Versions: map[string]string{"goldserve": programVersion()}, LeftOut: map[string]string{},
	}
	report := b.report
	if err := b.find(ctx); err != nil {
		return err
	}
	if request.bronze != "" {
		err = b.compare(ctx, request.bronze)
	} else {
		err = b.compareScales(ctx)
	}
	if err != nil {
		return err
	}
	if err := report.Write(request.out); err != nil {
		return usagef("--out: %w", err)
	}
	log.Info("benchmark written", "file", request.out)
	if a.config.JSON {
		return a.printJSON(report)
	}
	return a.printBenchmark(report)
}

// benchmarking is one run of the command.
type benchmarking struct {
	*app
	log     *slog.Logger
	request *benchmarkRequest
	folder  string
	began   time.Time // later dates are rejected, by all engines alike
	engines []bench.Engine
	report  *bench.Report
}

// compareScales generates raw files of each scale, and compares the engines on them.
func (b *benchmarking) compareScales(ctx context.Context) error {
	for _, scale := range b.request.scales {
		bronze := filepath.Join(b.folder, "bronze")
		if err := b.generate(ctx, scale, bronze); err != nil {
			return err
		}
		if err := b.compare(ctx, bronze); err != nil {
			return err
		}
		if err := os.RemoveAll(bronze); err != nil {
			return err
		}
	}
	return nil
}

// compare compares the engines on the raw files of a folder.
func (b *benchmarking) compare(ctx context.Context, bronze string) error {
	bronze, err := filepath.Abs(bronze)
	if err != nil {
		return err
	}
	var first *bench.Outcome
	var of string // the engine whose outcome that is
	runs, err := bench.Compare(ctx, b.engines, bronze, b.folder, b.request.runs, func(engine string, run bench.Run, lake string) error {
		outcome, err := bench.ReadOutcome(lake)
		if err != nil {
			return err
		}
		b.log.Info("built", "engine", engine, "rows", outcome.RowsIn(), "seconds", run.Seconds, "processor_seconds", run.Processor)
		if first == nil {
			first, of = &outcome, engine
		}
		if differs := first.Difference(outcome); differs != "" {
			return gold.Errorf(gold.Conflict, gold.CodeEnginesDiffer, "%s and %s made different tables from the same raw files: %s", of, engine, differs)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for engine, err := range runs.Failed {
		b.leaveOut(engine, err)
	}
	b.engines = slices.DeleteFunc(b.engines, func(e bench.Engine) bool { return runs.Failed[e.Name] != nil })
	if len(b.engines) == 0 {
		return gold.Errorf(gold.Invalid, gold.CodeBuildEngine, "no engine built the gold of %s: %s", bronze, b.reasons())
	}
	b.report.Results = append(b.report.Results, runs.Medians(first.RowsIn())...)
	return nil
}

// leaveOut says once why an engine has no results, or no more of them.
func (b *benchmarking) leaveOut(engine string, err error) {
	b.log.Warn("engine left out", "engine", engine, "error", err)
	b.report.LeftOut[engine] = messageOf(err)
}

// reasons says why engines were left out.
func (b *benchmarking) reasons() string {
	var all []string
	for _, engine := range slices.Sorted(maps.Keys(b.report.LeftOut)) {
		all = append(all, engine+": "+b.report.LeftOut[engine])
	}
	return strings.Join(all, "; ")
}

// machineName says on what the figures were measured.
func machineName() string {
	name := fmt.Sprintf("%s/%s, %d processors, %s of memory", runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), gold.RoundedBytes(machineMemory()))
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return name
	}
	for line := range strings.Lines(string(text)) {
		if key, model, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == "model name" {
			return name + ", " + strings.TrimSpace(model)
		}
	}
	return name
}

func (a *app) printBenchmark(r *bench.Report) error {
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	text := []byte("ROWS\tTASK\tENGINE\tSECONDS\tPROCESSOR\tROWS/S\tMEMORY\t\n")
	known := func(x float64, unit string) string {
		if x == 0 {
			return "-"
		}
		return strconv.FormatFloat(x, 'f', -1, 64) + unit
	}
	for _, x := range r.Results {
		text = fmt.Appendf(text, "%d\t%s\t%s\t%s\t%s\t%s\t%s\t\n", x.Scale, x.Task, x.Engine, known(x.Seconds, ""), known(x.ProcessorSeconds, ""), known(x.RowsPerSecond, ""), known(x.PeakMemoryMB, " MB"))
	}
	if _, err := w.Write(text); err != nil {
		return err
	}
	return w.Flush()
}
