package storetest

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"goldserve/gold"
)

// declared returns the codes that the comments of the interfaces of gold/store.go name, by interface and method.
func declared(t *testing.T) map[string][]gold.Code {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(Root(t), "gold", "store.go"), nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	known := map[gold.Code]bool{}
	for _, codes := range append(slices.Collect(maps.Values(allowed)), always) {
		for _, code := range codes {
			known[code] = true
		}
	}
	found := map[string][]gold.Code{}
	for name, object := range interfaces(file) {
		for _, method := range object.Methods.List {
			if len(method.Names) == 0 || !fails(method) || !slices.Contains([]string{"Reader", "Writer", "Loader"}, name) {
				continue
			}
			codes := []gold.Code{}
			for word := range strings.FieldsFuncSeq(method.Doc.Text(), func(r rune) bool { return r != '_' && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') }) {
				if code := gold.Code(word); known[code] && !slices.Contains(codes, code) {
					codes = append(codes, code)
				}
			}
			slices.Sort(codes)
			found[name+"."+method.Names[0].Name] = codes
		}
	}
	return found
}

// fails reports whether a method returns an error.
func fails(method *ast.Field) bool {
	results := method.Type.(*ast.FuncType).Results
	last, ok := results.List[len(results.List)-1].Type.(*ast.Ident)
	return ok && last.Name == "error"
}

func interfaces(file *ast.File) map[string]*ast.InterfaceType {
	found := map[string]*ast.InterfaceType{}
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, ok := n.(*ast.TypeSpec); ok {
			if object, ok := spec.Type.(*ast.InterfaceType); ok {
				found[spec.Name.Name] = object
			}
		}
		return true
	})
	return found
}

func TestTheCodesOfMethodsAreThoseOfTheirComments(t *testing.T) {
	want := map[string][]gold.Code{}
	for method, codes := range allowed {
		want[method] = append([]gold.Code{}, codes...)
		slices.Sort(want[method])
	}
	if diff := cmp.Diff(want, declared(t)); diff != "" {
		t.Errorf("storetest's codes and the comments of gold/store.go differ (-storetest +comments):\n%s", diff)
	}
}

// recorded notes what a test is told, and does not fail.
type recorded struct {
	testing.TB
	said []string
}

func (r *recorded) Helper() {}

func (r *recorded) Errorf(format string, args ...any) {
	r.said = append(r.said, fmt.Sprintf(format, args...))
}

func TestACodeThatAMethodDoesNotDeclareFailsTheTest(t *testing.T) {
	pruned := gold.Errorf(gold.Gone, gold.CodeReleasePruned, "gone")
	for _, tt := range []struct {
		method string
		err    error
		fails  bool
	}{
		{"Reader.Rows", nil, false},
		{"Reader.Rows", pruned, false},
		{"Reader.Rows", fmt.Errorf("read: %w", pruned), false},
		{"Reader.Rows", fmt.Errorf("read: %w", context.Canceled), false},
		{"Reader.Releases", gold.Errorf(gold.Unavailable, gold.CodeStoreUnavailable, "away"), false},
		{"Reader.Releases", pruned, true},
		{"Writer.State", errors.New("no meaning"), true},
		{"Loader.Seal", gold.Errorf(gold.Internal, gold.CodeStoreFailed, "broken"), true},
		{"Loader.Vanish", pruned, true},
	} {
		r := &recorded{TB: t}
		if err := check(r, tt.method, tt.err); !errors.Is(err, tt.err) {
			t.Errorf("%s: the error %v became %v", tt.method, tt.err, err)
		}
		if got := len(r.said) > 0; got != tt.fails {
			t.Errorf("%s with %v: %v", tt.method, tt.err, r.said)
		}
	}
}
