package api_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"goldserve/api"
	"goldserve/gold"
)

// codesOf returns the texts of the constants of a file whose names start with one of the prefixes.
func codesOf(t *testing.T, path string, prefixes ...string) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	var codes []string
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 {
			return true
		}
		text, ok := spec.Values[0].(*ast.BasicLit)
		if ok && text.Kind == token.STRING && slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(spec.Names[0].Name, p) }) {
			code, err := strconv.Unquote(text.Value)
			if err != nil {
				t.Fatal(err)
			}
			codes = append(codes, code)
		}
		return true
	})
	return codes
}

type page struct {
	Type, Title, Code, When, Help string
	Status                        []int
}

func TestEveryCodeHasItsPage(t *testing.T) {
	h := newServer(t, newMemory(0))
	var index struct{ Data []page }
	if err := json.Unmarshal(ask(h, "GET /problems").Body.Bytes(), &index); err != nil {
		t.Fatal(err)
	}
	var documented []string
	for _, p := range index.Data {
		documented = append(documented, p.Code)
		w := ask(h, "GET "+p.Type)
		var alone page
		if err := json.Unmarshal(w.Body.Bytes(), &alone); err != nil || w.Code != http.StatusOK || alone.When == "" || alone.Help == "" || alone.Title == "" {
			t.Errorf("%s: %d %v %s", p.Type, w.Code, err, w.Body)
		}
		html := ask(h, "GET "+p.Type+"\nAccept: text/html,application/xhtml+xml,*/*;q=0.8")
		if got := html.Header().Get("Content-Type"); got != "text/html; charset=utf-8" || !strings.Contains(html.Body.String(), "<h1>"+p.Title+"</h1>") {
			t.Errorf("%s for a browser: %s\n%s", p.Type, got, html.Body)
		}
	}
	known := codesOf(t, "../gold/code.go", "Code")
	if len(known) < 50 {
		t.Fatalf("%d codes found: %q", len(known), known)
	}
	slices.Sort(known)
	slices.Sort(documented)
	if diff := cmp.Diff(known, documented); diff != "" {
		t.Errorf("codes and their pages (-codes +pages):\n%s", diff)
	}
	checkProblem(t, ask(h, "GET /problems/nope"), http.StatusNotFound, "not_found")
	checkProblem(t, ask(h, "GET /problems/nope?x=1"), http.StatusNotFound, "not_found")
	checkProblem(t, ask(h, "GET /problems/internal?x=1"), http.StatusBadRequest, "invalid_parameter")
	checkProblem(t, ask(h, "GET /problems\nAccept: text/csv"), http.StatusNotAcceptable, "not_acceptable")
	based := newConfigured(t, api.Config{Reader: newMemory(0), BasePath: "/gold", Advice: map[gold.Code]string{
		gold.CodeMemoryLimit: "Give it more.", gold.CodeDatasetShrank: "Say that it is meant.",
	}}).Handler()
	for code, help := range map[string]string{"memory_limit": "fewer rows. Operators: Give it more.", "dataset_shrank": "export again. Say that it is meant.", "internal": "under it."} {
		var p page
		if err := json.Unmarshal(ask(based, "GET /gold/problems/"+code).Body.Bytes(), &p); err != nil || !strings.HasSuffix(p.Help, help) {
			t.Errorf("%s: %v, help %q, expected %q at its end", code, err, p.Help, help)
		}
	}
	if w := ask(based, "GET /gold/problems/internal"); !strings.Contains(w.Body.String(), `"type":"/gold/problems/internal"`) {
		t.Errorf("below a base path: %s", w.Body)
	}
}
