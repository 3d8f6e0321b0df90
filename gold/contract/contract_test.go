package contract_test

import (
	"encoding/json"
	"errors"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"goldserve/gold"
	"goldserve/gold/contract"
	"goldserve/gold/dashboard"
)

var update = flag.Bool("update", false, "rewrite the expected results in testdata")

// TestLoad reads the model in each testdata/*.txtar and compares what comes of it with the file "problems", or "model".
func TestLoad(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no testdata: %v", err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			input := fstest.MapFS{}
			var want txtar.File
			for _, f := range archive.Files {
				if f.Name == "problems" || f.Name == "model" {
					want = f
					continue
				}
				input["m/"+f.Name] = &fstest.MapFile{Data: f.Data}
			}
			got := outcome(t, input)
			if *update {
				rewrite(t, path, archive, got)
				return
			}
			if diff := cmp.Diff(want.Name+":\n"+string(want.Data), got.Name+":\n"+string(got.Data)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// load loads the one model of a file system, or returns its problems.
func load(fsys fs.FS) (*contract.Model, error) {
	sound, broken, err := contract.LoadAll(contract.Overlays{}, fsys)
	if err != nil {
		return nil, err
	}
	if len(broken) > 0 {
		return nil, broken[0].Err
	}
	return sound[0], nil
}

// contractOf returns the contract of a dataset, or nil.
func contractOf(m *contract.Model, dataset string) *contract.Contract {
	i := slices.IndexFunc(m.Contracts, func(c contract.Contract) bool { return c.Dataset.Name == dataset })
	if i < 0 {
		return nil
	}
	return &m.Contracts[i]
}

// outcome loads the model m and shows it as JSON, or its problems one on a line.
func outcome(t *testing.T, fsys fs.FS) txtar.File {
	t.Helper()
	m, err := load(fsys)
	if err == nil {
		data, err := json.MarshalIndent(struct {
			Name        string
			Title       map[string]string
			Description map[string]string
			Locale      string
			AsOf        gold.FieldRef
			Facts       string
			KPIs        []string
			Calendar    gold.Calendar `json:",omitzero"`
			Targets     []gold.Target `json:",omitempty"`
			Build       *gold.Build   `json:",omitempty"`
			Contracts   []contract.Contract
			Dashboard   dashboard.Layout
		}{m.Name, m.Title, m.Description, m.Locale, m.AsOf, m.Facts, m.KPIs, m.Calendar, m.Targets, m.Build, m.Contracts, m.Dashboard}, "", " ")
		if err != nil {
			t.Fatal(err)
		}
		return txtar.File{Name: "model", Data: append(data, '\n')}
	}
	var b strings.Builder
	for _, p := range problems(t, err) {
		b.WriteString(strings.TrimPrefix(p.String(), "m/") + "\n")
	}
	return txtar.File{Name: "problems", Data: []byte(b.String())}
}

func problems(t *testing.T, err error) []gold.Problem {
	t.Helper()
	var e *gold.Error
	if !errors.As(err, &e) {
		t.Fatalf("got %T, want *gold.Error: %v", err, err)
	}
	if e.Kind != gold.Invalid || e.Code != gold.CodeContractInvalid || len(e.Problems) == 0 {
		t.Fatalf("got kind %s, code %s, %d problems", e.Kind, e.Code, len(e.Problems))
	}
	for _, p := range e.Problems {
		if p.Code != gold.CodeContractInvalid || p.File == "" || p.Detail == "" {
			t.Errorf("incomplete problem %+v", p)
		}
	}
	return e.Problems
}

func rewrite(t *testing.T, path string, archive *txtar.Archive, got txtar.File) {
	t.Helper()
	kept := archive.Files[:0]
	for _, f := range archive.Files {
		if f.Name != "problems" && f.Name != "model" {
			kept = append(kept, f)
		}
	}
	archive.Files = append(kept, got)
	if err := os.WriteFile(path, txtar.Format(archive), 0o600); err != nil {
		t.Fatal(err)
	}
}

const modelYAML = "name: m\ntitle: {en: M}\n"

const smallest = `apiVersion: v3.1.0
kind: DataContract
id: m.a
version: 1.0.0
status: active
schema:
  - name: a
    properties:
      - {name: id, logicalType: integer, required: true, primaryKey: true}
`

// A contract's file that holds no map is told so.
func TestAContractIsAMap(t *testing.T) {
	for text, want := range map[string]string{
		"- a\n": "m/contracts/x.odcs.yaml:1:1: contract: expected a map, found a list",
		"hello": `m/contracts/x.odcs.yaml:1:1: contract: expected a map, found "hello"`,
		"a: [1": "m/contracts/x.odcs.yaml:1:4: YAML: sequence end token ']' not found",
	} {
		_, err := load(fstest.MapFS{
			"m/model.yaml":            {Data: []byte(modelYAML)},
			"m/contracts/x.odcs.yaml": {Data: []byte(text)},
		})
		if err == nil {
			t.Fatalf("%q is accepted", text)
		}
		if got := problems(t, err)[0].String(); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

// TestCollections: a dataset of files is called by its own name in the BI database, a derived one without endpoint is not
// there, and none keeps any other out.
func TestCollections(t *testing.T) {
	derive := "derive: {from: a, group: [{field: id, as: id}], measures: {n: count()}}"
	of := func(name, settings string) *fstest.MapFile {
		text := strings.NewReplacer("m.a", "m."+name, "name: a", "name: "+name).Replace(smallest)
		if strings.Contains(settings, "derive") {
			text += "      - {name: n, logicalType: integer, required: true}\n"
		}
		return &fstest.MapFile{Data: []byte(strings.Replace(text, "    properties:", "    customProperties: [{property: goldserve, value: {"+settings+"}}]\n    properties:", 1))}
	}
	files := func(more map[string]string) fstest.MapFS {
		all := fstest.MapFS{"m/model.yaml": {Data: []byte(modelYAML)}, "m/contracts/a.odcs.yaml": {Data: []byte(smallest)}}
		for name, settings := range more {
			all["m/contracts/"+name+".odcs.yaml"] = of(name, settings)
		}
		return all
	}
	m, err := load(files(map[string]string{
		"own": "endpoint: /own", "out": "collection: none", "named": "collection: gold_b",
		"hidden": derive, "asked": derive + ", endpoint: /asked", "shown": derive + ", collection: gold_c",
	}))
	if err != nil {
		t.Fatal(problems(t, err))
	}
	want := map[string]string{"a": "a", "own": "own", "out": "", "named": "gold_b", "hidden": "", "asked": "asked", "shown": "gold_c"}
	for name, collection := range want {
		if got := m.Dataset(name).Collection; got != collection {
			t.Errorf("the collection of %s is %q, expected %q", name, got, collection)
		}
	}
	_, err = load(files(map[string]string{"b": "collection: A", "gold_release": "sorts: []"}))
	var got []string
	for _, p := range problems(t, err) {
		got = append(got, p.String())
	}
	if diff := cmp.Diff([]string{
		"m/contracts/a.odcs.yaml:7:11: schema: name: the collection of this name: a is already used by m/contracts/b.odcs.yaml",
		"m/contracts/gold_release.odcs.yaml:7:11: schema: name: the collection gold_release, named after the dataset, is reserved by the stores: give it another one under collection, or none",
	}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestLoadAll(t *testing.T) {
	file := func(text string, edits ...string) *fstest.MapFile {
		return &fstest.MapFile{Data: []byte(strings.NewReplacer(edits...).Replace(text))}
	}
	settings := "\n    customProperties: [{property: goldserve, value: {collection: gold_a}}]\n    properties:"
	withCollection := []string{"\n    properties:", settings}
	two := fstest.MapFS{
		"m/model.yaml":            file(modelYAML),
		"m/contracts/a.odcs.yaml": file(smallest, withCollection...),
		"n/model.yaml":            file(modelYAML, "name: m", "name: n"),
		"n/contracts/a.odcs.yaml": file(smallest),
		"other/readme.txt":        file("no model"),
	}
	t.Run("two models may have datasets of one name", func(t *testing.T) {
		models, broken, err := contract.LoadAll(contract.Overlays{}, two)
		if err != nil || len(broken) > 0 {
			t.Fatal(err)
		}
		if len(models) != 2 || models[0].Name != "m" || models[1].Name != "n" || models[1].Dir != "n" {
			t.Fatalf("got %d models", len(models))
		}
		if c := contractOf(models[1], "a"); c == nil || c.Dataset.Model != "n" || c.File != "n/contracts/a.odcs.yaml" {
			t.Errorf("got %+v", c)
		}
		if contractOf(models[0], "b") != nil || models[0].Dataset("a") == nil {
			t.Error("contracts and datasets differ")
		}
	})
	t.Run("collections are unique within one BI database", func(t *testing.T) {
		apart := func(database string) fstest.MapFS {
			return fstest.MapFS{
				"apart/model.yaml":            file(modelYAML+"biDatabase: "+database+"\n", "name: m", "name: apart"),
				"apart/contracts/a.odcs.yaml": file(smallest, withCollection...),
			}
		}
		sound, broken, err := contract.LoadAll(contract.Overlays{}, two, apart("elsewhere"))
		if err != nil || len(broken) > 0 || sound[0].BIDatabase != "elsewhere" {
			t.Errorf("%v, %v", broken, err)
		}
		if _, broken, err = contract.LoadAll(contract.Overlays{}, two, apart("else.where")); err != nil || len(broken) != 1 {
			t.Errorf("a name that is none: %v, %v", broken, err)
		}
	})
	t.Run("names and collections are unique over all file systems", func(t *testing.T) {
		sound, broken, err := contract.LoadAll(contract.Overlays{}, two, fstest.MapFS{
			"again/model.yaml":            file(modelYAML),
			"again/contracts/a.odcs.yaml": file(smallest, "name: a", "name: b", "\n    properties:", strings.ReplaceAll(settings, "gold_a", "GOLD_A")),
		})
		if err != nil || len(sound) != 2 || len(broken) != 1 || broken[0].Name != "m" || broken[0].Dir != "again" {
			t.Fatalf("%d sound, %v, %v", len(sound), broken, err)
		}
		var got []string
		for _, p := range problems(t, broken[0].Err) {
			got = append(got, p.String())
		}
		want := []string{
			"again/contracts/a.odcs.yaml:8:66: goldserve: collection: GOLD_A is already used by m/contracts/a.odcs.yaml",
			"again/model.yaml:1:7: model: name: m is already used by m/model.yaml",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	})
	for name, c := range map[string]struct {
		fsys fs.FS
		want string
	}{
		"a folder without models":    {fstest.MapFS{"model.yaml": file(modelYAML)}, "no sub-folder of the models' folder has a model.yaml: write MODEL/model.yaml, or give the folder that holds the models' folders"},
		"a folder that is not there": {os.DirFS(filepath.Join(t.TempDir(), "none")), "the folder of models can't be read"},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := contract.LoadAll(contract.Overlays{}, c.fsys)
			if got := problems(t, err)[0].Detail; !strings.HasPrefix(got, c.want) {
				t.Errorf("got %s", got)
			}
		})
	}
}

func TestLoadMissing(t *testing.T) {
	_, err := load(fstest.MapFS{"m/model.yaml/readme.txt": {}})
	var got []string
	for _, p := range problems(t, err) {
		got = append(got, p.String())
	}
	want := []string{
		"m/contracts: the folder can't be read: file does not exist: expected model.yaml and a folder contracts, which goldserve init writes from the files of a lake",
		"m/model.yaml: the file can't be read: invalid argument",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if want := "2 problems in the contracts, the first: " + want[0]; err.Error() != want {
		t.Errorf("got %s", err)
	}
}

// TestABuildNeedsNoContracts: of a model without any, a build is told what else is wrong, and a dashboard's names wait for contracts.
func TestABuildNeedsNoContracts(t *testing.T) {
	t.Parallel()
	text := func(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s)} }
	for model, want := range map[string]string{
		"build: [oops": "m/model.yaml:1:8: YAML: sequence end token ']' not found",
		"name: m\ntitle: M\nbiuld: {sources: {loans: {columns: {isbn: text}}}}\n": "m/model.yaml:3:1: model: unknown key \"biuld\" (did you mean build?)",
	} {
		_, broken, err := contract.LoadAll(contract.Overlays{}, fstest.MapFS{"m/model.yaml": text(model), "m/dashboard.yaml": text("filters: [loans.day]\n")})
		if err != nil || len(broken) != 1 || len(broken[0].Err.Problems) != 2 || broken[0].OfBuild.Error() != want {
			t.Errorf("%s: %+v %v", model, broken[0].OfBuild, err)
		}
	}
}

// TestAModelThatHasOnlySQLYet: it is refused, as nothing of it can be published, but its build is known.
func TestAModelThatHasOnlySQLYet(t *testing.T) {
	t.Parallel()
	const build = "build: {sources: {loans: {columns: {isbn: text}}}}\n"
	text := func(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s)} }
	for about, c := range map[string]struct {
		fsys      fstest.MapFS
		unwritten bool
	}{
		"no folder of contracts":     {fstest.MapFS{"m/model.yaml": text("name: m\ntitle: M\n" + build)}, true},
		"an empty folder":            {fstest.MapFS{"m/model.yaml": text("name: m\ntitle: M\n" + build), "m/contracts": {Mode: fs.ModeDir}}, true},
		"facts that have none":       {fstest.MapFS{"m/model.yaml": text("name: m\ntitle: M\nasOf: loans.day\nfacts: loans\nkpis: [n]\n" + build)}, true},
		"a dashboard of them":        {fstest.MapFS{"m/model.yaml": text("name: m\ntitle: M\n" + build), "m/dashboard.yaml": text("filters: [loans.day]\n")}, true},
		"another problem as well":    {fstest.MapFS{"m/model.yaml": text("name: m\n" + build)}, false},
		"no SQL":                     {fstest.MapFS{"m/model.yaml": text("name: m\ntitle: M\n")}, false},
		"a contract that is damaged": {fstest.MapFS{"m/model.yaml": text("name: m\ntitle: M\n" + build), "m/contracts/a.odcs.yaml": text("a: [")}, false},
	} {
		sound, broken, err := contract.LoadAll(contract.Overlays{}, c.fsys)
		if err != nil || len(sound) > 0 || len(broken) != 1 || (broken[0].Unwritten != nil) != c.unwritten {
			t.Errorf("%s: %v, %+v, %v", about, sound, broken, err)
		} else if c.unwritten && (broken[0].Unwritten.Name != "m" || len(broken[0].Unwritten.Build.Sources) != 1 || broken[0].Unwritten.Files == nil) {
			t.Errorf("%s: %+v", about, broken[0].Unwritten)
		}
	}
}
