package duckdb

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"goldserve/builder"
	"goldserve/gold"
)

// Options configure an engine.
type Options struct {
	Executable string // a duckdb program; "": the DuckDB that is part of this program, else the one in PATH
	Memory     int64  // bytes that DuckDB may use before it spills to disk; 0: DuckDB's default, four fifths of the machine's
	Threads    int    // 0: one for each core, one alone where there is little to read
}

// Engine is DuckDB in a child process for each run.
type Engine struct{ options Options }

var _ builder.Engine = (*Engine)(nil)

// New returns an engine. Whether there is a DuckDB to run is seen by Version and Run.
func New(o Options) *Engine { return &Engine{options: o} }

// Close does nothing: a child ends with its run.
func (e *Engine) Close() error { return nil }

// oldest is the version of DuckDB that has all that the engine asks of it: allowed_paths, .safe_mode and errors in JSON.
var oldest = [2]int{1, 5}

const howToGet = "pip install duckdb-cli installs one, and the full goldserve program has DuckDB built in"

// Version returns DuckDB's version. The error is Invalid (build_engine) where there is none, or one that is too old.
func (e *Engine) Version(ctx context.Context) (builder.Version, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	number, err := "", error(nil)
	if e.isLinked() {
		number, err = e.linkedVersion(ctx)
	} else {
		number, err = e.programVersion(ctx)
	}
	if err != nil {
		return builder.Version{}, err
	}
	sum := sha256.Sum256([]byte(prelude))
	return builder.Version{Name: "duckdb", Number: number, Prelude: hex.EncodeToString(sum[:])}, nil
}

// programVersion asks the executable.
func (e *Engine) programVersion(ctx context.Context) (string, error) {
	path, err := e.executable()
	if err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, path, "-no-init", "-version") //nolint:gosec // the operator names the program
	cmd.Env = []string{}
	said, err := cmd.Output()
	if err != nil {
		return "", unusable(path, "does not tell its version", err)
	}
	number, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimSpace(string(said)), "v"), " ")
	if number == "" {
		return "", unusable(path, "is no duckdb, as it doesn't tell its version", nil)
	}
	if !recent(number) {
		return "", unusable(path, "is DuckDB "+strconv.Quote(number)+", where 1.5 or newer is needed", nil)
	}
	return number, nil
}

func unusable(path, what string, err error) error {
	return &gold.Error{Kind: gold.Invalid, Code: gold.CodeBuildEngine, Message: path + " " + what + ": " + howToGet, Err: err}
}

// executable returns the absolute path of the duckdb program: a child has another working folder and no PATH.
func (e *Engine) executable() (string, error) {
	name := e.options.Executable
	if name == "" {
		name = "duckdb"
	}
	path, err := exec.LookPath(name)
	switch {
	case err == nil:
	case e.options.Executable == "":
		return "", &gold.Error{Kind: gold.Invalid, Code: gold.CodeBuildEngine, Message: "no duckdb program in PATH: " + howToGet}
	case errors.Is(err, os.ErrPermission):
		return "", unusable(name, "may not be run", nil)
	default:
		return "", unusable(name, "is not a program that can be run", nil)
	}
	path, err = filepath.Abs(path)
	if err != nil {
		return "", err
	}
	return unwrapped(path), nil
}

// unwrapped returns the program that PyPI's duckdb-cli holds, where path is the script with which it is installed: the script would stand
// between the child and its signals.
func unwrapped(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	for _, packages := range []string{"../lib/python*/site-packages", "../Lib/site-packages"} {
		found, err := filepath.Glob(filepath.Join(filepath.Dir(path), packages, "duckdb_cli", filepath.Base(path)))
		if err == nil && len(found) == 1 {
			return found[0]
		}
	}
	return path
}

// recent reports whether a version such as 1.5.6 is at least the oldest one.
func recent(number string) bool {
	parts := strings.SplitN(number, ".", 3)
	if len(parts) < 2 {
		return false
	}
	major, err1 := strconv.Atoi(parts[0])
	minor, err2 := strconv.Atoi(parts[1])
	return err1 == nil && err2 == nil && (major > oldest[0] || major == oldest[0] && minor >= oldest[1])
}

// isLinked reports whether the engine is the DuckDB that is part of this program: one that is named goes before it.
func (e *Engine) isLinked() bool { return Linked && e.options.Executable == "" }

// start starts a child, whose home is an empty folder.
func (e *Engine) start(ctx context.Context, home string) (*session, error) {
	path, s, err := "this program's DuckDB", (*session)(nil), error(nil)
	if e.isLinked() {
		s, err = startLinked(ctx, home)
	} else {
		if path, err = e.executable(); err != nil {
			return nil, err
		}
		s, err = startShell(ctx, path, home)
	}
	if err != nil {
		return nil, unusable(path, "can't be started", err)
	}
	return s, nil
}

// linkedVersion asks the DuckDB that is part of this program.
func (e *Engine) linkedVersion(ctx context.Context) (string, error) {
	home, err := os.MkdirTemp("", "goldserve-duckdb-")
	if err != nil {
		return "", gold.Errorf(gold.Unavailable, gold.CodeNoTemporaryFolder, "make a folder for DuckDB: %w", err)
	}
	defer func() { _ = os.RemoveAll(home) }()
	s, err := e.start(ctx, home)
	if err != nil {
		return "", err
	}
	answer, err := s.tell("SELECT version() AS version;")
	if _, ended := s.end(); err == nil {
		err = ended
	}
	if err != nil || len(answer) != 1 {
		return "", unusable("this program's DuckDB", "does not tell its version", err)
	}
	number, _ := answer[0]["version"].(string)
	return strings.TrimPrefix(number, "v"), nil
}

// Run implements builder.Engine.
func (e *Engine) Run(ctx context.Context, p *builder.Program, told func(builder.Built)) (used builder.Usage, err error) {
	if _, err := e.Version(ctx); err != nil {
		return used, err
	}
	r, err := newRun(p, e.options)
	if err != nil {
		return used, err
	}
	defer func() { err = errors.Join(err, r.remove()) }()
	s, err := e.start(ctx, r.home)
	if err != nil {
		return used, err
	}
	r.session = s
	err = r.all(ctx, told)
	used, ended := s.end()
	if err == nil && ended != nil {
		err = ended
	}
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	return used, err
}
