package main

import (
	"go/ast"
	"go/constant"
	"go/types"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/go/packages"

	"goldserve/gold"
)

// Every code that the program can print has its meaning, and no text becomes a code but the constants of gold/code.go. What
// is read as a code, from a description or an answer, is one that was written.
func TestEveryCodeOfTheProgramIsDocumented(t *testing.T) {
	t.Parallel()
	documented := map[string]bool{}
	for _, m := range gold.Meanings() {
		if documented[string(m.Code)] || m.When == "" || m.Help == "" {
			t.Errorf("%s is documented twice, or not in words: %+v", m.Code, m)
		}
		documented[string(m.Code)] = true
	}
	loaded, err := packages.Load(&packages.Config{
		Context: t.Context(), Mode: packages.NeedName | packages.NeedSyntax | packages.NeedTypes | packages.NeedTypesInfo | packages.NeedImports | packages.NeedExportFile,
	}, "goldserve/...")
	if err != nil {
		t.Fatal(err)
	}
	used := 0
	for _, pkg := range loaded {
		if len(pkg.Errors) > 0 {
			t.Fatal(pkg.Errors)
		}
		isCode := func(e ast.Expr) bool {
			typ := pkg.TypesInfo.Types[e].Type
			return typ != nil && types.TypeString(typ, nil) == "goldserve/gold.Code"
		}
		for _, file := range pkg.Syntax {
			path := pkg.Fset.File(file.Pos()).Name()
			ast.Inspect(file, func(n ast.Node) bool {
				e, ok := n.(ast.Expr)
				if !ok || !isCode(e) {
					return true
				}
				at, value := pkg.Fset.Position(n.Pos()), pkg.TypesInfo.Types[e].Value
				switch call, isCall := n.(*ast.CallExpr); {
				case value != nil:
					used++
					code := constant.StringVal(value)
					if code != "" && !documented[code] {
						t.Errorf("%s: the code %s has no meaning in gold/code.go", at, code)
					}
					if _, literal := n.(*ast.BasicLit); literal && code != "" && filepath.Base(path) != "code.go" {
						t.Errorf("%s: %s is written out: use the constant of gold/code.go", at, code)
					}
				case isCall && pkg.TypesInfo.Types[call.Fun].IsType() && !strings.Contains(path, "/openapi/"):
					t.Errorf("%s: a text becomes a code", at)
				}
				return true
			})
		}
	}
	if used < 200 {
		t.Errorf("%d uses of codes found", used)
	}
}
