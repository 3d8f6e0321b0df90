package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var atOnce = regexp.MustCompile(`(?m)^at_once='\^\((.*)\)\$'$`)

// TestWhatIsAtWorkAtOnceIsRunWithTheRaceDetector holds the list of .ci/test: a test of this package that starts goroutines
// is on it, and every test on it exists.
func TestWhatIsAtWorkAtOnceIsRunWithTheRaceDetector(t *testing.T) {
	script, err := os.ReadFile(filepath.Join("..", "..", ".ci", "test"))
	if err != nil {
		t.Fatal(err)
	}
	list := atOnce.FindSubmatch(script)
	if list == nil {
		t.Fatal(".ci/test has no list at_once")
	}
	listed := strings.Split(string(list[1]), "|")
	files, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	var tests []string
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Recv != nil || !strings.HasPrefix(fn.Name.Name, "Test") {
				continue
			}
			tests = append(tests, fn.Name.Name)
			if startsGoroutines(fn.Body) && !slices.Contains(listed, fn.Name.Name) {
				t.Errorf("%s: %s starts goroutines: name it in at_once of .ci/test", name, fn.Name.Name)
			}
		}
	}
	for _, name := range listed {
		if !slices.Contains(tests, name) {
			t.Errorf(".ci/test lists %s, which does not exist", name)
		}
	}
}

// startsGoroutines reports whether a function has a go statement, or a call of a method Go, such as a WaitGroup's.
func startsGoroutines(body *ast.BlockStmt) (found bool) {
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			found = true
		case *ast.CallExpr:
			if method, ok := n.Fun.(*ast.SelectorExpr); ok && method.Sel.Name == "Go" {
				found = true
			}
		}
		return !found
	})
	return found
}
