package api

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"goldserve/gold"
)

// annotation is what swag found above a handler.
type annotation struct {
	OperationID string
	Responses   map[string]struct {
		Description string
		Schema      struct {
			Ref string `json:"$ref"`
		}
	}
}

// Each annotated handler has one row of the table of operations, and each row an annotated handler.
func TestEveryOperationHasOneRow(t *testing.T) {
	text, err := os.ReadFile("../openapi/swagger.json")
	if err != nil {
		t.Fatal(err)
	}
	var swagger struct {
		Paths map[string]map[string]annotation
	}
	if err := json.Unmarshal(text, &swagger); err != nil {
		t.Fatal(err)
	}
	annotated := map[string]string{}
	for path, methods := range swagger.Paths {
		for _, a := range methods {
			annotated[a.OperationID] = path
			for status, r := range a.Responses {
				for code := range strings.SplitSeq(r.Description, ", ") {
					if r.Schema.Ref == "#/definitions/ProblemDetails" && !slices.Contains(codesOf(gold.Meanings()), code) {
						t.Errorf("%s answers %s with the code %s, which is none", a.OperationID, status, code)
					}
				}
			}
		}
	}
	rows := map[string]string{}
	for _, o := range newOperations(&Server{service: &service{}}) {
		if rows[o.ID] != "" {
			t.Errorf("%s has two rows", o.ID)
		}
		if rows[o.ID] = o.Path; annotated[o.ID] != o.Path {
			t.Errorf("the row of %s has the path %s, and its handler's annotation %q", o.ID, o.Path, annotated[o.ID])
		}
	}
	for id := range annotated {
		if rows[id] == "" {
			t.Errorf("a handler is annotated with the id %s, which has no row", id)
		}
	}
}

// What differs between operations is in their rows: no code asks which one it has before it.
func TestNothingAsksWhichOperationItIs(t *testing.T) {
	names := map[string]bool{}
	for _, o := range newOperations(&Server{service: &service{}}) {
		names[o.ID], names[o.Path] = true, true
	}
	delete(names, "/") // of anything
	set := token.NewFileSet()
	for _, pattern := range []string{"*.go", "../openapi/*.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) < 5 {
			t.Fatal(files, err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			f, err := parser.ParseFile(set, file, nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(f, func(n ast.Node) bool {
				for _, e := range compared(n) {
					if l, ok := e.(*ast.BasicLit); ok {
						if name, err := strconv.Unquote(l.Value); err == nil && names[name] {
							t.Errorf("%s: what depends on the operation %s belongs in its row", set.Position(l.Pos()), name)
						}
					}
				}
				return true
			})
		}
	}
}

// compared returns what an expression is compared with.
func compared(n ast.Node) []ast.Expr {
	switch n := n.(type) {
	case *ast.CaseClause:
		return n.List
	case *ast.BinaryExpr:
		if n.Op == token.EQL || n.Op == token.NEQ {
			return []ast.Expr{n.X, n.Y}
		}
	}
	return nil
}
