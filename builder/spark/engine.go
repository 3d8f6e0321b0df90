package spark

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"goldserve/builder"
	"goldserve/gold"
)

// Options say where Spark is, and how it sees the lake.
type Options struct {
	Remote   *Remote
	Paths    []Path         // where Spark sees folders of this machine; the longest that fits counts
	Progress func(Progress) // told of a table's tasks while Spark works on it; nil: nobody
}

// Path is a folder, as this machine and as Spark see it: /data/lake and s3a://bucket/lake, or hdfs://name/lake.
type Path struct{ Here, There string }

// Engine is a Spark Connect server.
type Engine struct {
	caller  *caller
	options Options
}

var _ builder.Engine = (*Engine)(nil)

// New returns an engine. Whether the server can be reached is seen by Version and Run.
func New(o Options) *Engine { return &Engine{caller: newCaller(o.Remote), options: o} }

// Close closes the connection.
func (e *Engine) Close() error {
	e.caller.close()
	return nil
}

// oldest is the major version of Spark that has functions in SQL.
const oldest = 4

// Version returns the version of the server. The error is Unavailable (build_engine) where it can't be reached, and Invalid where it is too
// old.
func (e *Engine) Version(ctx context.Context) (builder.Version, error) {
	s := e.begin()
	defer s.end(ctx)
	return e.versionIn(ctx, s)
}

func (e *Engine) versionIn(ctx context.Context, s *session) (builder.Version, error) {
	number, err := s.version(ctx)
	if err != nil {
		return builder.Version{}, e.failed(err)
	}
	major, _, _ := strings.Cut(number, ".")
	if n, err := strconv.Atoi(major); err != nil || n < oldest {
		return builder.Version{}, gold.Errorf(gold.Invalid, gold.CodeBuildEngine,
			"Spark %d.0 or newer is needed, which has SQL functions: the server %s is Spark %s", oldest, e.options.Remote, number)
	}
	return builder.Version{Name: "spark", Number: number}, nil
}

// Run implements builder.Engine. What Spark uses on its cluster isn't measured.
func (e *Engine) Run(ctx context.Context, p *builder.Program, told func(builder.Built)) (builder.Usage, error) {
	s := e.begin()
	defer s.end(ctx)
	if _, err := e.versionIn(ctx, s); err != nil {
		return builder.Usage{}, err
	}
	r := &run{engine: e, session: s, program: p, readers: map[string]bool{}}
	err := r.all(ctx, told)
	if err != nil && ctx.Err() != nil {
		return builder.Usage{}, context.Cause(ctx)
	}
	return builder.Usage{}, err
}

// run is one run of a program.
type run struct {
	engine  *Engine
	session *session
	program *builder.Program
	readers map[string]bool // tables that a step that runs reads
}

func (r *run) all(ctx context.Context, told func(builder.Built)) error {
	if err := r.session.configure(ctx); err != nil {
		return r.engine.failed(err)
	}
	for _, statement := range prelude() {
		if err := r.session.do(ctx, statement); err != nil {
			return r.engine.failed(fmt.Errorf("define the functions of builds: %w", err))
		}
	}
	for _, v := range r.program.Parameters {
		statement, err := parameter(v)
		if err == nil {
			err = r.session.do(ctx, statement)
		}
		if err != nil {
			return r.engine.failed(fmt.Errorf("define the parameter %s: %w", v.Name, err))
		}
	}
	for _, s := range r.program.Sources {
		if err := r.source(ctx, s); err != nil {
			return err
		}
	}
	for _, step := range r.program.Steps {
		if step.Present == nil {
			for _, ref := range step.Table.Query.References {
				r.readers[view(ref.Stage, ref.Name)] = true
			}
		}
	}
	for _, step := range r.program.Steps {
		r.session.table = string(step.Table.Stage) + "." + step.Table.Name
		if step.Present != nil {
			if err := r.present(ctx, step); err != nil {
				return err
			}
			continue
		}
		built, err := r.build(ctx, step.Table)
		if err != nil {
			return err
		}
		told(built)
	}
	return nil
}

// there returns a path as Spark sees it, with its scheme: a path without one is the cluster's default file system's.
func (r *run) there(path string) string {
	var best Path
	for _, p := range r.engine.options.Paths {
		here := strings.TrimSuffix(p.Here, "/")
		if (path == here || strings.HasPrefix(path, here+"/")) && len(here) >= len(best.Here) {
			best = Path{here, strings.TrimSuffix(p.There, "/")}
		}
	}
	if best.There != "" {
		path = best.There + path[len(best.Here):]
	}
	switch {
	case strings.HasPrefix(path, "s3://"):
		return "s3a://" + strings.TrimPrefix(path, "s3://")
	case strings.HasPrefix(path, "/"):
		return "file://" + path
	}
	return path
}
