package main

import (
	"go/ast"
	"go/importer"
	"go/parser"
	"go/scanner"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Bounds of what one has to read at once.
const (
	maxFileLines     = 450
	maxFunctionLines = 75
)

// circles are the packages whose files may not lean on each other beyond a share: the files of the largest circle of
// references among all of the package.
var circles = map[string]float64{
	"api": 1. / 3, "api/edge": 1. / 3, "api/respond": 1. / 3, "gold/query": 1. / 3, "gold/query/param": 1. / 3,
	"publisher": 1. / 3, "gold": 1. / 3, "gold/columnar": 1. / 3, "gold/lake": 1. / 3, "gold/lake/parquet": 1. / 3, "gold/lake/s3": 1. / 3, "gold/lake/text": 1. / 3, "gold/measure": 1. / 3,
	"gold/mongostore": 1. / 3, "gold/quality": 1. / 3, "gold/sqlitestore": 1. / 3,
}

// room is a package, parsed and typed.
type room struct {
	path  string
	files map[string]*ast.File
	set   *token.FileSet
	info  types.Info
}

func openRoom(t *testing.T, dir string) *room {
	t.Helper()
	r := &room{path: "goldserve/" + dir, files: map[string]*ast.File{}, set: token.NewFileSet(), info: types.Info{Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{}}}
	out, err := exec.CommandContext(t.Context(), "go", "list", "-export", "-deps", "-f", "{{.ImportPath}}\t{{.Export}}\t{{if not .DepOnly}}{{join .GoFiles \" \"}}{{end}}", "goldserve/"+dir).Output()
	if err != nil {
		t.Fatal(err)
	}
	exports := map[string]string{}
	var names []string
	for line := range strings.Lines(string(out)) {
		parts := strings.Split(strings.TrimSpace(line), "\t")
		if len(parts) > 1 {
			exports[parts[0]] = parts[1]
		}
		if len(parts) > 2 {
			names = strings.Fields(parts[2])
		}
	}
	var files []*ast.File
	for _, name := range names {
		path := filepath.Join("..", "..", dir, name)
		f, err := parser.ParseFile(r.set, path, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		r.files[name] = f
		files = append(files, f)
	}
	open := func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) }
	config := types.Config{Importer: importer.ForCompiler(r.set, "gc", open)}
	if _, err := config.Check("goldserve/"+dir, r.set, files, &r.info); err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *room) fileOf(p token.Pos) string { return filepath.Base(r.set.Position(p).Filename) }

// references returns for each file those that declare what it uses, be it a function, a type, a method or a member.
func (r *room) references() map[string][]string {
	to := map[string][]string{}
	for id, object := range r.info.Uses {
		if object.Pkg() == nil || object.Pkg().Path() != r.path {
			continue
		}
		from, target := r.fileOf(id.Pos()), r.fileOf(object.Pos())
		if from != target && r.files[target] != nil && !slices.Contains(to[from], target) {
			to[from] = append(to[from], target)
		}
	}
	return to
}

// largestCircle returns the most files each of which leads to all others (Tarjan's strongly connected components).
func largestCircle(to map[string][]string) (largest []string) {
	index, low, on := map[string]int{}, map[string]int{}, map[string]bool{}
	var stack []string
	var visit func(string)
	visit = func(v string) {
		index[v] = len(index) + 1
		low[v] = index[v]
		stack, on[v] = append(stack, v), true
		for _, w := range to[v] {
			if index[w] == 0 {
				visit(w)
				low[v] = min(low[v], low[w])
			} else if on[w] {
				low[v] = min(low[v], index[w])
			}
		}
		if low[v] != index[v] {
			return
		}
		at := slices.Index(stack, v)
		circle := slices.Clone(stack[at:])
		for _, w := range circle {
			on[w] = false
		}
		if stack = stack[:at]; len(circle) > len(largest) {
			largest = circle
		}
	}
	for v := range to {
		if index[v] == 0 {
			visit(v)
		}
	}
	slices.Sort(largest)
	return largest
}

func TestTheLargestCircleOfFilesOnlyShrinks(t *testing.T) {
	t.Parallel()
	for dir, most := range circles {
		r := openRoom(t, dir)
		circle := largestCircle(r.references())
		share := float64(len(circle)) / float64(len(r.files))
		t.Logf("%s: the largest circle has %d of %d files: %s", dir, len(circle), len(r.files), strings.Join(circle, " "))
		if share > most {
			t.Errorf("%s: the files of the largest circle of references are %.2f of the package's, %.2f is the limit", dir, share, most)
		}
	}
}

// sizes are the lines of code that a package may have, blank lines and comments left out.
var sizes = map[string]int{"api": 4000, "api/edge": 1300, "api/respond": 2000}

func TestPackagesKeepToTheirSizes(t *testing.T) {
	for dir, most := range sizes {
		files, err := filepath.Glob(filepath.Join("..", "..", dir, "*.go"))
		if err != nil || len(files) == 0 {
			t.Fatal(dir, err)
		}
		lines := 0
		for _, path := range files {
			if !strings.HasSuffix(path, "_test.go") {
				lines += linesOfCode(t, path)
			}
		}
		if t.Logf("%s: %d lines of code", dir, lines); lines > most {
			t.Errorf("%s has %d lines of code; at most %d are allowed", dir, lines, most)
		}
	}
}

func linesOfCode(t *testing.T, path string) int {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	set := token.NewFileSet()
	var s scanner.Scanner
	s.Init(set.AddFile(path, -1, len(text)), text, nil, 0)
	lines := map[int]bool{}
	for {
		at, tok, literal := s.Scan()
		if tok == token.EOF {
			return len(lines)
		}
		if literal == "\n" { // a semicolon that isn't there
			continue
		}
		for i := range strings.Count(literal, "\n") + 1 {
			lines[set.Position(at).Line+i] = true
		}
	}
}

// TestFilesAndFunctionsFitAScreenOrTwo holds the bounds for the engine and the HTTP edge.
func TestFilesAndFunctionsFitAScreenOrTwo(t *testing.T) {
	set := token.NewFileSet()
	for _, dir := range []string{"api", "gold/query"} {
		lines := 0
		for path, f := range programFiles(t, set, dir) {
			n := set.File(f.Pos()).LineCount()
			if lines += n; n > maxFileLines {
				t.Errorf("%s has %d lines; at most %d are allowed", path, n, maxFileLines)
			}
			for _, d := range f.Decls {
				if fn, ok := d.(*ast.FuncDecl); ok {
					if n := set.Position(fn.End()).Line - set.Position(fn.Pos()).Line + 1; n > maxFunctionLines {
						t.Errorf("%s: %s has %d lines; at most %d are allowed", path, fn.Name.Name, n, maxFunctionLines)
					}
				}
			}
		}
		t.Logf("%s: %d lines", dir, lines)
	}
}
