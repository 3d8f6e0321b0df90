package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"goldserve/gold/contract"
)

var (
	// ownWords are names of the shipped models that are goldserve's too: fields that every histogram and growth has, and the day of a release
	// or a snapshot; texts that are shown are labels.
	ownWords = []string{"bucket", "lower", "upper", "count", "growth_abs", "growth_pct", "as_of", "labels"}
	// englishWords are names of the shipped models that any English text may have: they give no model away.
	englishWords = []string{
		"channel",
		"country",
		"events",
		"revenue",
		"scores", // of machine learning models
		"theme",
		"transactions",
	}
	// plainWords are names of the shipped model that a variable may have by chance: a URL has segments. In a text
	// they are found all the same.
	plainWords = []string{"clients", "cohort", "daily", "distribution", "monthly", "segments", "users", "weekly"}
)

// soundModels returns the models of a configuration, none of which has problems.
func soundModels(t *testing.T, c *config) []*contract.Model {
	t.Helper()
	all, broken, err := c.loadSound()
	if err == nil && len(broken) > 0 {
		err = problemsOf(broken)
	}
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// modelNames returns every name of the shipped models: of models, datasets, fields, metrics, collections, endpoints. Of those but the
// default, whose words are English, a name of one word alone isn't among them: it may be any sentence's.
func modelNames(t *testing.T) map[string]string {
	t.Helper()
	all := soundModels(t, &config{})
	known := map[string]string{}
	for _, m := range all {
		is := func(name, what string) {
			if m.Name == defaultModel || strings.Contains(name, "_") {
				known[name] = what
			}
		}
		is(m.Name, "a model")
		for _, c := range m.Contracts {
			is(c.Dataset.Name, "a dataset of "+m.Name)
			is(c.Dataset.Collection, "a collection of "+m.Name)
			is(strings.TrimPrefix(c.Dataset.Endpoint, "/"), "an endpoint of "+m.Name)
			for _, f := range append(c.Dataset.Stored(), c.Dropped...) {
				is(f.Name, "a field of "+c.Dataset.Name)
			}
			for _, metric := range c.Dataset.Metrics {
				is(metric.Name, "a metric of "+c.Dataset.Name)
			}
		}
	}
	delete(known, "")
	for _, word := range slices.Concat(ownWords, englishWords) {
		delete(known, word)
	}
	return known
}

// wordsOfLanguages are what inference and default layouts know columns of any lake by, and the shipped model's names are among
// them.
var (
	wordsOfLanguages = []string{"annee", "mois", "semaine", "jour", "email", "nom", "montant", "ca"}
	knowLanguages    = []string{"gold/infer/role.go", "gold/infer/personal.go", "gold/infer/unit.go", "gold/dashboard/dimension.go"}
)

// TestNothingInGoKnowsAModel reads the code without its comments: no identifier and no word of a text outside models/
// may be a name of a shipped model, but for the default's. Tests, and storetest is one, may know them.
func TestNothingInGoKnowsAModel(t *testing.T) {
	known := modelNames(t)
	if known[defaultModel] == "" || len(known) < 60 {
		t.Fatalf("%d names: %v", len(known), known)
	}
	set, found := token.NewFileSet(), 0
	files := programFiles(t, set, "gold", "publisher", "api", "cmd")
	for path, file := range files {
		for at, word := range codeWords(file) {
			switch {
			case known[word] == "":
			case slices.Contains(knowLanguages, path):
				if !slices.Contains(wordsOfLanguages, word) {
					t.Errorf("%s: %s is %s", set.Position(at), word, known[word])
				}
			case word == defaultModel && path == "cmd/goldserve/model.go":
				found++
			default:
				t.Errorf("%s: %s is %s", set.Position(at), word, known[word])
			}
		}
	}
	if len(files) < 100 || found != 1 {
		t.Errorf("%d files, the default's name %d times", len(files), found)
	}
}

var wordPattern = regexp.MustCompile(`[A-Za-z][A-Za-z0-9_]*`)

// codeWords returns each identifier and each word of a text literal, with its place.
func codeWords(file *ast.File) func(yield func(token.Pos, string) bool) {
	return func(yield func(token.Pos, string) bool) {
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Ident:
				if !slices.Contains(plainWords, n.Name) {
					yield(n.Pos(), n.Name)
				}
			case *ast.BasicLit:
				text, err := strconv.Unquote(n.Value)
				if n.Kind != token.STRING || err != nil {
					return true
				}
				for _, word := range wordPattern.FindAllString(text, -1) {
					yield(n.Pos(), word)
				}
			}
			return true
		})
	}
}

// TestKnowingAModelIsFound is the test of the test.
func TestKnowingAModelIsFound(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "x.go", "package x\n// fact_achats\nvar ca, clients = \"/segments\", \"sum(montant) \\\"pays\\\"\" + `retail/12`", parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	known, got := modelNames(t), ""
	for _, word := range codeWords(file) {
		if known[word] != "" {
			got += word + " "
		}
	}
	if got != "ca segments montant pays "+defaultModel+" " {
		t.Errorf("found %q", got)
	}
}
