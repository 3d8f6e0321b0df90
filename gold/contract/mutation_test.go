package contract

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"golang.org/x/tools/txtar"

	"goldserve/gold/storetest"
	"goldserve/gold/yaml"
)

// mutant is a model with one node of one of its files changed.
type mutant struct {
	what string
	*sources
}

// TestMutations changes one node at a time of models that are sound, and of some that are not: removed, emptied,
// replaced by each other kind, duplicated, renamed. Whatever comes of it, it is a whole model or problems with places.
// Of a model that has more, it tries about maxMutants, spread over its files; FuzzMutations tries the rest.
func TestMutations(t *testing.T) {
	for name, fsys := range mutationModels(t) {
		t.Run(name, func(t *testing.T) {
			r := &yaml.Report{}
			original := readSources(fsys, "m", r)
			if len(r.Problems) > 0 {
				t.Fatal(invalid(r, ""))
			}
			n := 0
			for range mutants(original) {
				n++
			}
			stride := n/maxMutants + 1
			n = 0
			for m := range mutants(original) {
				if n++; n%stride == 0 {
					checkMutant(t, m)
				}
			}
		})
	}
}

const maxMutants = 1000

// FuzzMutations does the same with two changes of one of the models, which the fuzzer chooses.
func FuzzMutations(f *testing.F) {
	models := mutationModels(f)
	names := slices.Sorted(maps.Keys(models))
	originals, counts := make([]*sources, len(names)), make([]uint, len(names))
	for i, name := range names {
		originals[i] = readSources(models[name], "m", &yaml.Report{})
		for range mutants(originals[i]) {
			counts[i]++
		}
		f.Add(uint(i), uint(0), counts[i]/2)
	}
	f.Fuzz(func(t *testing.T, model, first, second uint) {
		i := model % uint(len(names))
		one := nth(originals[i], first%counts[i])
		two := nth(one.sources, second%counts[i])
		two.what = one.what + ", then " + two.what
		checkMutant(t, two)
	})
}

// nth returns a mutant of sources by its number, the last one where there are fewer.
func nth(s *sources, n uint) mutant {
	last := mutant{"nothing", s}
	for m := range mutants(s) {
		last = m
		if n == 0 {
			break
		}
		n--
	}
	return last
}

// mutationModels are the models to be changed: the shipped ones, each test's, and the cases from the field.
func mutationModels(tb testing.TB) map[string]fs.FS {
	tb.Helper()
	models := map[string]fs.FS{}
	for _, pattern := range []string{"../../models/*/model.yaml", "../../cmd/goldserve/testdata/models/*/model.yaml", storetest.Shared(tb) + "/data/field/*/models/m/model.yaml"} {
		paths, err := filepath.Glob(pattern)
		if err != nil || len(paths) == 0 {
			tb.Fatalf("no model at %s: %v", pattern, err)
		}
		for _, path := range paths {
			dir := filepath.Dir(path)
			name := filepath.Base(dir)
			if name == "m" {
				name = filepath.Base(filepath.Dir(filepath.Dir(dir)))
			}
			files := fstest.MapFS{}
			for _, file := range []string{"model.yaml", "dashboard.yaml", "contracts"} {
				for path, data := range readAll(tb, filepath.Join(dir, file)) {
					files["m/"+strings.TrimPrefix(path, dir+"/")] = &fstest.MapFile{Data: data}
				}
			}
			models[name] = files
		}
	}
	for _, name := range []string{"full", "dashboard", "casts", "build"} {
		archive, err := txtar.ParseFile("testdata/" + name + ".txtar")
		if err != nil {
			tb.Fatal(err)
		}
		files := fstest.MapFS{}
		for _, f := range archive.Files {
			files["m/"+f.Name] = &fstest.MapFile{Data: f.Data}
		}
		models[name] = files
	}
	return models
}

// readAll reads a file, or those of a folder, by path; nothing where it isn't there.
func readAll(tb testing.TB, path string) map[string][]byte {
	tb.Helper()
	files := map[string][]byte{}
	err := filepath.WalkDir(path, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return nil //nolint:nilerr // a model may have no dashboard
		}
		data, err := os.ReadFile(path)
		files[path] = data
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	return files
}

// checkMutant compiles a mutant.
func checkMutant(t *testing.T, m mutant) {
	t.Helper()
	r := &yaml.Report{}
	made := m.compile(Overlays{}.read(r), r)
	for _, p := range r.Problems {
		if p.File == "" || p.Line < 1 || p.Column < 1 || strings.Contains(p.Detail, yaml.Unforeseen) {
			t.Errorf("%s: %+v", m.what, p)
		}
	}
	if len(r.Problems) > 0 {
		return
	}
	for _, c := range made.Contracts {
		d := &c.Dataset
		if d.Name == "" || len(d.Fields) == 0 || len(d.KeyFields()) != len(d.Key) || len(d.DefaultSort) == 0 || d.MaxLimit <= 0 {
			t.Errorf("%s: incomplete dataset %+v", m.what, d)
		}
	}
}

// mutants are all changes of one node of a model, and of its files as a whole.
func mutants(s *sources) func(func(mutant) bool) {
	return func(yield func(mutant) bool) {
		for changed, what := range changes(s.model) {
			other := *s
			if other.model = changed; !yield(mutant{"model.yaml: " + what, &other}) {
				return
			}
		}
		for i, c := range s.contracts {
			for changed, what := range changes(c.root) {
				other := *s
				other.contracts = slices.Clone(s.contracts)
				if other.contracts[i].root = changed; !yield(mutant{c.name + ": " + what, &other}) {
					return
				}
			}
			other := *s
			other.contracts = slices.Delete(slices.Clone(s.contracts), i, i+1)
			if !yield(mutant{c.name + ": removed", &other}) {
				return
			}
		}
		if s.dashboard == nil {
			return
		}
		for changed, what := range changes(s.dashboard.root) {
			other := *s
			other.dashboard = &source{s.dashboard.name, changed}
			if !yield(mutant{"dashboard.yaml: " + what, &other}) {
				return
			}
		}
	}
}

// changes returns each tree that differs from n in one node, with words for the difference.
func changes(n *yaml.Node) func(func(*yaml.Node, string) bool) {
	return func(yield func(*yaml.Node, string) bool) {
		for _, other := range replacements(n) {
			if !yield(other, fmt.Sprintf("%d:%d: %s for %s", n.Line, n.Column, other.What(), n.What())) {
				return
			}
		}
		for i := range n.Items {
			without, twice := *n, *n
			without.Items = slices.Delete(slices.Clone(n.Items), i, i+1)
			twice.Items = slices.Insert(slices.Clone(n.Items), i, n.Items[i])
			place := fmt.Sprintf("%d:%d: ", n.Items[i].Line, n.Items[i].Column)
			if !yield(&without, place+"removed") || !yield(&twice, place+"duplicated") {
				return
			}
			for changed, what := range changes(n.Items[i]) {
				other := *n
				other.Items = slices.Clone(n.Items)
				if other.Items[i] = changed; !yield(&other, what) {
					return
				}
			}
		}
		for i, e := range n.Entries {
			without, twice, renamed := *n, *n, *n
			without.Entries = slices.Delete(slices.Clone(n.Entries), i, i+1)
			twice.Entries = slices.Insert(slices.Clone(n.Entries), i, e)
			renamed.Entries = slices.Clone(n.Entries)
			renamed.Entries[i].Key = &yaml.Node{Line: e.Key.Line, Column: e.Key.Column, Text: e.Key.Text + "_2", Plain: true}
			place := fmt.Sprintf("%d:%d: key %s ", e.Key.Line, e.Key.Column, e.Key.Text)
			if !yield(&without, place+"removed") || !yield(&twice, place+"duplicated") || !yield(&renamed, place+"renamed") {
				return
			}
			for changed, what := range changes(e.Value) {
				other := *n
				other.Entries = slices.Clone(n.Entries)
				if other.Entries[i].Value = changed; !yield(&other, what) {
					return
				}
			}
		}
	}
}

// replacements are what may stand in a node's place: nothing, a scalar, a list or a map, each empty and not.
func replacements(n *yaml.Node) []*yaml.Node {
	at := func(kind yaml.Kind, text string, plain bool) *yaml.Node {
		return &yaml.Node{Kind: kind, Line: n.Line, Column: n.Column, Text: text, Plain: plain}
	}
	word := at(yaml.Scalar, "other", true)
	list, mapped := at(yaml.List, "", false), at(yaml.Map, "", false)
	list.Items = []*yaml.Node{word}
	mapped.Entries = []yaml.Entry{{Key: word, Value: at(yaml.Scalar, "1", true)}}
	all := []*yaml.Node{
		at(yaml.Scalar, "", true), at(yaml.Scalar, "", false), at(yaml.Scalar, "-1", true), at(yaml.Scalar, "true", true), word,
		at(yaml.List, "", false), list, at(yaml.Map, "", false), mapped,
	}
	if n.Kind != yaml.Scalar {
		return all
	}
	within := *list
	within.Items = []*yaml.Node{n} // a list of one where a value stood
	return append(all, at(yaml.Scalar, n.Text+"_2", true), at(yaml.Scalar, n.Text, false), &within)
}
