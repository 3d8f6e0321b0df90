package duckdb

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"goldserve/builder"
	"goldserve/gold"
)

// run is one program in one session.
type run struct {
	program *builder.Program
	options Options
	session *session
	home    string // the child's folder, below scratch: HOME, and where it spills
	readers map[string]bool
}

func newRun(p *builder.Program, o Options) (*run, error) {
	r := &run{program: p, options: o, readers: map[string]bool{}}
	for _, s := range p.Steps {
		if s.Present != nil {
			continue
		}
		for _, ref := range s.Table.Query.References {
			r.readers[string(ref.Stage)+"."+ref.Name] = true
		}
	}
	if err := r.checkNames(); err != nil {
		return nil, err
	}
	if err := checkPaths(p); err != nil {
		return nil, err
	}
	home, err := os.MkdirTemp(p.Scratch, ".duckdb-")
	if err != nil {
		return nil, gold.Errorf(gold.Unavailable, gold.CodeBuildEngine, "make a folder for DuckDB: %w", err)
	}
	r.home, err = filepath.Abs(home)
	return r, err
}

// checkNames refuses names that would break a line of the script.
func (r *run) checkNames() error {
	var all []string
	for _, s := range r.program.Sources {
		all = append(all, s.Name)
		for _, c := range s.Columns {
			all = append(all, c.Name)
		}
	}
	for _, s := range r.program.Steps {
		all = append(all, s.Table.Name)
		all = append(all, s.Table.PartitionBy...)
		if q := s.Table.Quarantine; q != nil {
			all = append(all, q.Column, q.Source)
		}
	}
	for _, v := range r.program.Parameters {
		all = append(all, v.Name)
	}
	for _, n := range all {
		if n == "" || strings.ContainsAny(n, "\n\r\x00") {
			return gold.Errorf(gold.Invalid, gold.CodeBuildSQL, "%q can't be a name in SQL", n)
		}
	}
	return nil
}

func (r *run) remove() error { return os.RemoveAll(r.home) }

// all does the whole program.
func (r *run) all(ctx context.Context, told func(builder.Built)) error {
	if err := r.prepare(); err != nil {
		return err
	}
	if err := r.sources(); err != nil {
		return err
	}
	for i, s := range r.program.Steps {
		if err := ctx.Err(); err != nil {
			return err
		}
		if s.Present != nil {
			if err := r.present(s); err != nil {
				return err
			}
			continue
		}
		built, err := r.build(s.Table)
		if err != nil {
			return r.alsoWrong(ctx, i, err)
		}
		told(built)
	}
	return nil
}

// sources makes the sources readable.
func (r *run) sources() error {
	for _, s := range r.program.Sources {
		view, err := sourceView(s)
		if err != nil {
			return err
		}
		if gathered(s) {
			view = strings.Replace(view, "CREATE VIEW", "CREATE TABLE", 1)
		}
		if _, err := r.session.tell(view); err != nil {
			return r.sourceError(s, err)
		}
	}
	return nil
}

// What makes a source's files cheaper to read once into a table than to open for each query: there are many, and they are small. While
// DuckDB makes the table, it holds some 100 kB for each file, at its default limit of 1 GiB for fewer than 10,000.
const (
	manyFiles = 32
	mostFiles = 2000
	fewBytes  = 64 << 20 // of all files
)

// gathered reports whether a source is read into a table of DuckDB's, which can spill, before queries read it.
func gathered(s builder.Source) bool {
	if len(s.Files) < manyFiles || len(s.Files) > mostFiles {
		return false
	}
	bytes := int64(0)
	for _, f := range s.Files {
		info, err := os.Stat(f.Path)
		if err != nil {
			return false // DuckDB will say so
		}
		bytes += info.Size()
	}
	return bytes <= fewBytes
}

// paths are all that the child may touch: files, and folders, of which scratch is the only one.
func paths(p *builder.Program) (files, folders []string) {
	for _, s := range p.Sources {
		for _, f := range s.Files {
			files = append(files, f.Path)
		}
	}
	for _, s := range p.Steps {
		files = append(files, s.Present...)
	}
	return files, []string{p.Scratch}
}

// checkPaths refuses paths that DuckDB can't be told: in a pattern it takes a backslash for the end of a folder's name.
func checkPaths(p *builder.Program) error {
	shown := map[string]string{}
	for _, s := range p.Sources {
		for _, f := range s.Files {
			shown[f.Path] = "bronze/" + f.Name
		}
	}
	files, folders := paths(p)
	for _, path := range append(folders, files...) {
		if strings.ContainsAny(path, globs) && strings.ContainsAny(path, `\`) {
			return gold.Invalidf(gold.Problem{File: firstOf(shown[path], path), Code: gold.CodeFileUnsupported},
				`DuckDB can't read a file whose path has a backslash and one of %s: give it, or the lake's folder, another name`, globs)
		}
	}
	return nil
}

// prepare locks the child, and defines what the SQL reads beside tables.
func (r *run) prepare() error {
	files, folders := paths(r.program)
	r.session.plain = plain(append(folders, files...))
	own := func(statements string) ([]row, error) {
		rows, err := r.session.tell(statements)
		if f, ok := errors.AsType[*fault](err); ok {
			err = &gold.Error{Kind: gold.Internal, Code: gold.CodeBuildEngine, Message: "prepare DuckDB: " + r.message(f)}
		}
		return rows, err
	}
	if _, err := own(settings(r.program, r.options, filepath.Join(r.home, "spill"))); err != nil {
		return err
	}
	answer, err := own(r.session.lock + "\n" + locked)
	if err != nil {
		return err
	}
	if err := checkLocked(answer); err != nil {
		return err
	}
	define := []string{prelude}
	for _, stage := range []builder.Stage{builder.Generate, builder.Bronze, builder.Silver, builder.Gold, kept} {
		define = append(define, "CREATE SCHEMA "+name(string(stage))+";")
	}
	for _, v := range r.program.Parameters {
		macro, err := parameter(v)
		if err != nil {
			return err
		}
		define = append(define, macro)
	}
	_, err = own(strings.Join(define, "\n"))
	return err
}

// present makes a table of the lake readable.
func (r *run) present(s builder.Step) error {
	if t := s.Table; keepsTypes(t) {
		_, err := r.session.tell(view(t, s.Present))
		return r.tableError(t, -1, err)
	}
	return r.presentText(s)
}

// view makes a table of Parquet files.
func view(t *builder.Table, paths []string) string {
	return "CREATE VIEW " + qualified(t.Stage, t.Name) + " AS SELECT * FROM read_parquet(" + literals(paths) + ", hive_partitioning = false);"
}
