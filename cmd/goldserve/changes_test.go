package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// An example of each kind of change in the table of docs/contributing.md: what identifiers and texts of Go name it, and
// what other files do.
var changes = map[string]struct{ code, text string }{
	"an endpoint: `/values/{field}`":                                   {`^handleValues$|/values/`, `/values/`},
	"a query with an endpoint and a command: `/concentration/{field}`": {`^(handle)?[Cc]oncentration(Parameters)?$|/concentration/`, `/concentration/`},
	"an operator of filters: `startswith`":                             {`^StartsWith$|^"startswith"$`, `startswith|StartsWith`},
	"a format of answers: `arrow`":                                     {`^Arrow$|^newArrow|"arrow"`, `arrow`},
	"a setting: `--refresh-ttl`":                                       {`^RefreshTTL$|^"refresh-ttl"$`, ``},
	"a key figure of a model: `panier_moyen`":                          {`panier_moyen`, `panier_moyen`},
	"an error's code: `row_not_found`":                                 {`^CodeRowNotFound$|row_not_found`, ``},
	"a type of widget: `scatter`":                                      {`^ScatterWidget$|^"scatter"$`, `[sS]catter`},
	"a store: SQLite":                                                  {`^"goldserve/gold/sqlitestore"$`, `sqlitestore`},
}

var rowOfChanges = regexp.MustCompile(`(?m)^\| (.+?) \| (\d+)(?: and its package)? \| (.+) \|$`)

var linkInDocs = regexp.MustCompile(`\]\(([^)]+)\)`)

// TestAChangeTouchesTheFilesThatItsRowNames counts: an example's name stands in the row's files, and in no other of Go.
func TestAChangeTouchesTheFilesThatItsRowNames(t *testing.T) {
	guide, err := os.ReadFile("../../docs/contributing.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := rowOfChanges.FindAllStringSubmatch(string(guide), -1)
	if len(rows) != len(changes) {
		t.Errorf("%d rows of %d examples", len(rows), len(changes))
	}
	names := namesOfFiles(t)
	for _, row := range rows {
		example, known := changes[row[1]]
		if !known {
			t.Errorf("%s: no example of it", row[1])
			continue
		}
		var linked, code []string
		packages := 0
		for _, link := range linkInDocs.FindAllStringSubmatch(row[3], -1) {
			path := filepath.ToSlash(filepath.Join("docs", link[1]))
			linked = append(linked, path)
			info, err := os.Stat(filepath.Join("..", "..", path))
			switch {
			case err != nil:
				t.Errorf("%s: %v", row[1], err)
			case info.IsDir():
				packages++
			case ofProgram(path):
				code = append(code, path)
			default:
				text, err := os.ReadFile(filepath.Join("..", "..", path))
				if err != nil || !regexp.MustCompile(example.text).Match(text) {
					t.Errorf("%s: %s names no %s (%v)", row[1], path, example.text, err)
				}
			}
		}
		if n, err := strconv.Atoi(row[2]); err != nil || n != len(linked)-packages {
			t.Errorf("%s: the row says %s files, and names %d", row[1], row[2], len(linked)-packages)
		}
		slices.Sort(code)
		var naming []string
		for path, names := range names {
			if slices.ContainsFunc(names, regexp.MustCompile(example.code).MatchString) {
				naming = append(naming, path)
			}
		}
		slices.Sort(naming)
		if diff := cmp.Diff(code, naming); diff != "" {
			t.Errorf("%s: files that the row names, and files that name the example (-row +files):\n%s", row[1], diff)
		}
	}
}

// ofProgram reports whether a file's names are counted: that of the program, of which the suite of stores is none.
func ofProgram(path string) bool {
	return strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") && !strings.HasPrefix(path, "gold/storetest/")
}

// namesOfFiles returns the identifiers and texts of every file that is counted.
func namesOfFiles(t *testing.T) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	for path, file := range programFiles(t, token.NewFileSet(), "api", "cmd", "gold", "openapi", "publisher") {
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Ident:
				found[path] = append(found[path], n.Name)
			case *ast.BasicLit:
				found[path] = append(found[path], n.Value)
			}
			return true
		})
	}
	return found
}

// programFiles parses the files of the program in folders, by their paths from the repository's root.
func programFiles(t *testing.T, set *token.FileSet, folders ...string) map[string]*ast.File {
	t.Helper()
	root, files := filepath.Join("..", ".."), map[string]*ast.File{}
	for _, folder := range folders {
		err := filepath.WalkDir(filepath.Join(root, folder), func(file string, _ fs.DirEntry, err error) error {
			path := filepath.ToSlash(strings.TrimPrefix(file, root+string(filepath.Separator)))
			if err != nil || !ofProgram(path) {
				return err
			}
			files[path], err = parser.ParseFile(set, file, nil, parser.SkipObjectResolution)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return files
}
