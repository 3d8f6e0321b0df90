package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"

	"goldserve/bench"
	"goldserve/builder"
	"goldserve/builder/duckdb"
	"goldserve/builder/spark"
	"goldserve/gold"
)

// contenderNames are the engines that benchmark knows.
var contenderNames = []string{"duckdb", "spark", "pandas"}

// find finds the engines that can be had, and their versions.
func (b *benchmarking) find(ctx context.Context) error {
	wanted := b.request.engines
	if len(wanted) == 0 {
		wanted = contenderNames
		if b.request.spark == "" {
			wanted = []string{"duckdb", "pandas"}
		}
	}
	for _, name := range wanted {
		if !slices.Contains(contenderNames, name) {
			near := gold.Nearest(name, contenderNames)
			if near != "" {
				near = "; did you mean " + near + "?"
			}
			return usagef("--engines is %q: expected %s%s", name, strings.Join(contenderNames, ", "), near)
		}
	}
	for _, name := range wanted {
		engine, version, err := b.contender(ctx, name)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			b.leaveOut(name, err)
		default:
			b.engines = append(b.engines, engine)
			b.report.Versions[name] = version
		}
	}
	if len(b.engines) == 0 {
		return gold.Errorf(gold.Invalid, gold.CodeBuildEngine, "there is no engine to measure: %s", b.reasons())
	}
	return nil
}

// contender returns an engine and its version.
func (b *benchmarking) contender(ctx context.Context, name string) (bench.Engine, string, error) {
	switch name {
	case "pandas":
		return bench.Pandas(ctx, b.request.python, b.folder, b.began)
	case "spark":
		if b.request.spark == "" {
			return bench.Engine{}, "", errors.New("name its server with --spark")
		}
		remote, err := spark.ParseRemote(b.request.spark)
		if err != nil {
			return bench.Engine{}, "", err
		}
		return b.builds(ctx, name, spark.New(spark.Options{Remote: remote}), "--spark", b.request.spark)
	}
	var args []string
	if b.config.DuckDB != "" {
		args = append(args, "--duckdb", b.config.DuckDB)
	}
	if b.config.Threads > 0 {
		args = append(args, "--threads", strconv.Itoa(b.config.Threads))
	}
	if b.config.origins["memory"] != "" {
		args = append(args, "--memory", b.config.Memory.String())
	}
	return b.builds(ctx, name, duckdb.New(duckdb.Options{Executable: b.config.DuckDB}), args...)
}

// builds returns goldserve build with an engine, and the engine's version.
func (b *benchmarking) builds(ctx context.Context, name string, engine builder.Engine, more ...string) (bench.Engine, string, error) {
	version, err := engine.Version(ctx)
	if err = errors.Join(err, engine.Close()); err != nil {
		return bench.Engine{}, "", err
	}
	self, err := os.Executable()
	if err != nil {
		return bench.Engine{}, "", err
	}
	args := append([]string{self, "build", "--model", defaultModel, "--json", "--log-level", "error", "--set", "now=" + b.began.Format(time.RFC3339)}, more...)
	build := func(bronze, out string) bench.Command {
		command := bench.Command{Args: append(slices.Clone(args), "--bronze", bronze, "--lake", out), Stage: buildStage}
		if name == "spark" {
			command.Beside = b.beside()
		}
		return command
	}
	return bench.Engine{Name: name, Build: build}, version.Number, nil
}

// beside is Spark's server, if it runs on this machine.
func (b *benchmarking) beside() []int {
	at, err := url.Parse(b.request.spark)
	if err != nil || !loopback(at.Hostname()) {
		return nil
	}
	port, err := strconv.Atoi(at.Port())
	if err != nil {
		port = 15002
	}
	pid, err := bench.Listener(port)
	if err != nil {
		return nil
	}
	return []int{pid}
}

// buildStage reads a line of build --json: a source that was landed, or a table that was made.
func buildStage(line []byte) string {
	var event struct {
		Event string `json:"event"`
		Table string `json:"table"`
	}
	if !bytes.HasPrefix(line, []byte("{")) || json.Unmarshal(line, &event) != nil {
		return ""
	}
	if event.Event == "landed" {
		return "bronze"
	}
	stage, _, _ := strings.Cut(event.Table, ".")
	return stage
}

// generate writes the raw files of a scale.
func (b *benchmarking) generate(ctx context.Context, scale int, bronze string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	args := []string{"generate", "--model", defaultModel, "--clients", strconv.Itoa(benchmarkClients * scale), "--days", strconv.Itoa(benchmarkDays), "--seed", strconv.Itoa(benchmarkSeed), bronze}
	if b.config.DuckDB != "" {
		args = append(args, "--duckdb", b.config.DuckDB)
	}
	said, err := exec.CommandContext(ctx, self, args...).CombinedOutput() //nolint:gosec // this program
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return gold.Errorf(gold.Invalid, gold.CodeBuildFailed, "generate raw files: %w: %s", err, bytes.TrimSpace(said))
	}
	return nil
}
