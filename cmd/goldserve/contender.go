package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"

	"goldserve/bench"
	"goldserve/gold"
)

// contenderNames are the engines that benchmark knows.
var contenderNames = []string{"duckdb", "spark", "pandas"}

// find finds the engines that can be had, and their versions.
func (b *benchmarking) find(ctx context.Context) error {
	wanted := b.request.engines
	if len(wanted) == 0 {
		wanted = contenderNames
		if b.config.Spark == "" {
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
	if name == "pandas" {
		return bench.Pandas(ctx, b.request.python, b.folder, b.began)
	}
	b.config.Engine = name
	engine, err := b.openEngine()
	if err != nil {
		return bench.Engine{}, "", err
	}
	version, err := engine.Version(ctx)
	if err = errors.Join(err, engine.Close()); err != nil {
		return bench.Engine{}, "", err
	}
	args, err := b.own("build", "--json", "--mlflow", noMLflow, "--engine", name, "--set", "now="+b.began.Format(time.RFC3339))
	if err != nil {
		return bench.Engine{}, "", err
	}
	build := func(bronze, out string) bench.Command {
		command := bench.Command{Args: append(slices.Clone(args), "--bronze", bronze, "--lake", out), Stage: buildStage}
		if name == "spark" {
			command.Beside = b.beside()
		}
		return command
	}
	return bench.Engine{Name: name, Build: build}, version.Number, nil
}

// own returns a command of this program about the model, with the settings of engines that this one's flags have: a variable or
// goldserve.yaml says the others to it too.
func (b *benchmarking) own(command string, args ...string) ([]string, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	args = append([]string{self, command, "--model", defaultModel, "--log-level", "error", "--emissions", noEmissions}, args...)
	for _, name := range []string{"duckdb", "threads", "memory", "spark", "spark-path"} {
		if b.config.origins[name] == "--"+name {
			args = append(args, "--"+name, variableText(b.settings.Lookup(name).Value))
		}
	}
	return args, nil
}

// beside is Spark's server, if it runs on this machine.
func (b *benchmarking) beside() []int {
	at, err := url.Parse(b.config.Spark)
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

// generate writes the raw files of a scale: the first parameter of the model's generate says how much there is.
func (b *benchmarking) generate(ctx context.Context, scale int, bronze string) error {
	model, err := b.config.chosenModel(b.log)
	if err != nil {
		return err
	}
	size := model.Build.Generate[0]
	usual, err := strconv.Atoi(size.Default)
	if err != nil {
		return err
	}
	args, err := b.own("generate", "--set", fmt.Sprintf("%s=%d", size.Name, usual*scale), bronze)
	if err != nil {
		return err
	}
	said, err := exec.CommandContext(ctx, args[0], args[1:]...).CombinedOutput() //nolint:gosec // this program
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return gold.Errorf(gold.Invalid, gold.CodeBuildFailed, "generate raw files: %w: %s", err, bytes.TrimSpace(said))
	}
	return nil
}
