package yaml_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"goldserve/gold/yaml"
)

// Of a file that can't be read the place is told, and nothing grows beyond its bound.
func TestFilesThatAreNoYAML(t *testing.T) {
	bomb := "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
	for c := 'b'; c <= 'i'; c++ {
		bomb += string(c) + ": &" + string(c) + " [" + strings.Repeat("*"+string(c-1)+", ", 9) + "*" + string(c-1) + "]\n"
	}
	for name, c := range map[string]struct{ text, want string }{
		"empty":                    {"", ":1:1: the file is empty"},
		"only a comment":           {"# nothing\n", ":1:1: the file is empty"},
		"a syntax error":           {"a: [1\nb: 2", ":2:1: YAML: ',' or ']' must be specified"},
		"a tab":                    {"a:\n\tb: 1", ":2:1: YAML: found character '\\t' that cannot start any token"},
		"two documents":            {"a: b\n---\nc: d\n", ":3:1: a second YAML document begins here: one file holds one"},
		"a tag":                    {"a: !!binary x", ":1:4: YAML tags (!…) are not used here"},
		"a complex key":            {"? a\n: b", ":1:1: YAML complex keys (?) are not used here"},
		"a directive":              {"%YAML 1.2\n---\na: b", ":1:1: YAML directives (%…) are not used here"},
		"a merge key":              {"a: &x {b: c}\nd:\n  <<: *x\n", ":3:3: YAML merge keys (<<) are not used here: write the keys out"},
		"an alias without anchor":  {"a: *x", ":1:4: the alias *x has no anchor &x before it"},
		"an alias of itself":       {"a: &x [*x]", ":1:8: the alias *x has no anchor &x before it"},
		"an alias bomb":            {bomb, ":5:36: aliases repeat too much: more than 100,000 values"},
		"deep lists":               {strings.Repeat("[", 100_000), ":1:33: lists and maps are nested too deep"},
		"deep lists of lines":      {strings.Repeat("- ", 100_000), ":1:65: lists and maps are nested too deep"},
		"deep maps":                {nested(40), ":33:33: lists and maps are nested too deep"},
		"many tokens":              {"a:\n" + strings.Repeat("- x\n", 60_000), ":25001:1: the file is too long: more than 50,000 YAML tokens"},
		"a large file":             {"a: " + strings.Repeat("x", 1<<20), ": the file is larger than 1 MiB"},
		"bytes that are not UTF-8": {"a: b\nc: \xff", ":2:4: expected UTF-8 text without control characters"},
		"a null byte":              {"a: \x00", ":1:4: expected UTF-8 text without control characters"},
	} {
		t.Run(name, func(t *testing.T) {
			r := &yaml.Report{}
			(&yaml.File{Name: "x.yaml", Report: r}).Read(fstest.MapFS{"x.yaml": {Data: []byte(c.text)}})
			if len(r.Problems) != 1 {
				t.Fatalf("problems: %v", r.Problems)
			}
			got := strings.TrimPrefix(r.Problems[0].String(), "x.yaml")
			if got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

// nested returns maps in maps, one on each line.
func nested(depth int) string {
	var b strings.Builder
	for i := range depth {
		b.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return b.String()
}
