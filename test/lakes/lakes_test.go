//go:build e2e

package lakes

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"goldserve/api"
	"goldserve/gold"
	"goldserve/gold/columnar"
	"goldserve/gold/contract"
	"goldserve/gold/infer"
	"goldserve/gold/lake"
	"goldserve/gold/mongostore"
	"goldserve/gold/sqlitestore"
	"goldserve/gold/storetest"
	"goldserve/publisher"
	"goldserve/test/fixture"
)

//go:embed compare.py
var compareWithPandas string

//go:embed random_lakes.py
var randomLakes string

// How many pairs of a dataset's fields are grouped by: all of them up to seven fields, else each with the next one; fewer
// of datasets with many rows.
const (
	mostPairs = 21
	manyRows  = 2_000
)

// asked is a lake with the questions that compare.py answers too.
type asked struct {
	Name     string         `json:"name"`
	Folder   string         `json:"folder"`
	Datasets []askedDataset `json:"datasets"`
}

type askedDataset struct {
	Source    string     `json:"source"`
	Fields    []column   `json:"fields"`
	Questions []question `json:"questions"`
}

type column struct {
	Name   string `json:"name"`
	Column string `json:"column"`
	Kind   string `json:"kind"`
}

type measure struct {
	Name     string `json:"name"`
	Function string `json:"function"`
	field    string
	Column   string `json:"column,omitempty"`
	Kind     string `json:"kind,omitempty"`
}

type question struct {
	ID       string    `json:"id"`
	URL      string    `json:"url"`
	Groups   []column  `json:"groups"`
	Measures []measure `json:"measures"`
}

// answers are those of each question, by its id and the store.
type answers map[string]map[string]json.RawMessage

func TestPublicLakesAnswerAsPandasDoes(t *testing.T) {
	folders, err := filepath.Glob("testdata/*")
	folders = slices.DeleteFunc(folders, isNoLake)
	if err != nil || len(folders) < 6 {
		t.Fatal(folders, err)
	}
	compareLakes(t, folders)
}

func TestLakesOfOtherWritersAnswerAsPandasDoes(t *testing.T) {
	shared := filepath.Join(storetest.Shared(t), "data")
	var folders []string
	for _, pattern := range []string{"field/*/lake", "writers/*", "retail-edge/*/gold", "sample/gold"} {
		found, err := filepath.Glob(filepath.Join(shared, filepath.FromSlash(pattern)))
		if err != nil {
			t.Fatal(err)
		}
		folders = append(folders, found...)
	}
	compareLakes(t, slices.DeleteFunc(folders, isNoLake))
}

func TestRandomLakesAnswerAsPandasDoes(t *testing.T) {
	const lakes = 12
	seed := storetest.Seed(t)
	folder := t.TempDir()
	out, err := exec.CommandContext(t.Context(), storetest.Python(t), "-c", randomLakes, folder, fmt.Sprint(seed), fmt.Sprint(lakes)).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var folders []string
	for lake := range lakes {
		folders = append(folders, filepath.Join(folder, fmt.Sprint(lake)))
	}
	compareLakes(t, folders)
}

// isNoLake reports whether something beside lakes is a file, or a folder without Parquet.
func isNoLake(path string) bool { return filepath.Ext(path) != "" || filepath.Base(path) == "csv" }

// compareLakes publishes each folder with what is guessed of it, into both stores, and compares their answers, with and
// without snapshots, with what pandas computes.
func compareLakes(t *testing.T, folders []string) {
	t.Helper()
	python := storetest.Python(t)
	var lakes []asked
	given := answers{}
	for _, folder := range folders {
		name := "lake" + fmt.Sprint(len(lakes))
		inferred, model := inferredModel(t, folder, name)
		if model == nil {
			continue
		}
		l := questionsOf(inferred, model, folder, name)
		lakes = append(lakes, l)
		for store, reader := range published(t, folder, model) {
			ask(t, &model.Model, reader, &l, store, given)
		}
	}
	dir := t.TempDir()
	questionFile, answerFile := filepath.Join(dir, "questions.json"), filepath.Join(dir, "answers.json")
	writeJSON(t, questionFile, lakes)
	writeJSON(t, answerFile, given)
	cmd := exec.CommandContext(t.Context(), python, "-c", compareWithPandas, questionFile, answerFile)
	var log bytes.Buffer
	cmd.Stderr = &log
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, log.Bytes())
	}
	if len(out) > 0 {
		t.Errorf("%s", out)
	}
	t.Logf("%s of %d lakes", strings.TrimSpace(log.String()), len(lakes))
}

func writeJSON(t *testing.T, path string, v any) {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// inferredModel compiles what is guessed of a lake, or returns nil where it has no table that can be served.
func inferredModel(t *testing.T, folder, name string) (*infer.Model, *contract.Model) {
	t.Helper()
	inferred, err := infer.Infer(t.Context(), openLake(t, folder), infer.Options{Name: name, NoSuccessFile: true})
	if err != nil {
		t.Fatalf("%s: %v", folder, err)
	}
	updates, _, err := inferred.Updates(fstest.MapFS{})
	if err != nil {
		t.Fatal(err)
	}
	files := fstest.MapFS{}
	for _, u := range updates {
		files[name+"/"+u.Path] = &fstest.MapFile{Data: u.Content}
	}
	if len(files) == 0 {
		return nil, nil
	}
	models, broken, err := contract.LoadAll(contract.Overlays{}, files)
	if err != nil || len(broken) > 0 {
		t.Fatalf("%s: %v %v", folder, err, broken)
	}
	for i := range models[0].Datasets {
		models[0].Datasets[i].Accelerate, models[0].Contracts[i].Dataset.Accelerate = true, true
	}
	return inferred, models[0]
}

func openLake(t *testing.T, folder string) *lake.Lake {
	t.Helper()
	l, err := lake.Open(t.Context(), folder)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// published publishes a lake into both stores and returns their readers, with and without snapshots, by name.
func published(t *testing.T, folder string, model *contract.Model) map[string]gold.Reader {
	t.Helper()
	readers := map[string]gold.Reader{}
	add := func(name string, store gold.Store) {
		request := publisher.Request{Model: model, Lake: openLake(t, folder), NoSuccessFile: true, AllowShrink: true}
		if _, err := publisher.New(publisher.Config{Store: store, Logger: slog.New(slog.DiscardHandler)}).Publish(t.Context(), request); err != nil {
			t.Fatalf("%s into %s: %v", folder, name, err)
		}
		readers[name] = store
		snapshots, err := columnar.New(store, columnar.Config{Memory: 1 << 30})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = snapshots.Close() })
		awaitSnapshots(t, snapshots, model.Name)
		readers[name+" with snapshots"] = snapshots
	}
	for _, store := range stores(t) {
		add(store.name, store.Store)
	}
	return readers
}

// held is a store with its name.
type held struct {
	gold.Store

	name string
}

// stores returns a fresh store of each kind. MongoDB is left out where the tests have no server.
func stores(t *testing.T) []held {
	t.Helper()
	sqlite, err := sqlitestore.Open(t.Context(), filepath.Join(t.TempDir(), "gold.db"), sqlitestore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sqlite.Close() })
	all := []held{{sqlite, "SQLite"}}
	if os.Getenv("GOLDSERVE_TEST_MONGODB") != "" || storetest.Required("mongodb") {
		uri, _ := fixture.MongoDB(t)
		mongodb, err := mongostore.Open(t.Context(), uri, mongostore.Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = mongodb.Close() })
		all = append(all, held{mongodb, "MongoDB"})
	}
	return all
}

// awaitSnapshots waits until all datasets with rows are held.
func awaitSnapshots(t *testing.T, r *columnar.Reader, model string) {
	t.Helper()
	fixture.WaitFor(t, "snapshots", func() bool {
		release, err := r.Resolve(t.Context(), gold.Selector{Model: model})
		if err != nil {
			t.Fatal(err)
		}
		return !slices.ContainsFunc(release.Versions, func(v gold.Version) bool { return v.Rows > 0 && !r.Holds(&v) })
	})
}

// questionsOf returns what a lake is asked: of each dataset the measures of all rows, and those of groups by two fields.
func questionsOf(inferred *infer.Model, model *contract.Model, folder, name string) asked {
	l := asked{Name: folder, Folder: folder}
	for _, d := range inferred.Datasets {
		if !slices.ContainsFunc(model.Datasets, func(o gold.Dataset) bool { return o.Name == d.Name }) || d.Rows == 0 {
			continue
		}
		set := askedDataset{Source: d.Source}
		for _, f := range d.Fields {
			if !f.PII {
				set.Fields = append(set.Fields, column{f.Name, f.Column(), f.Kind.String()})
			}
		}
		add := func(groups []column, measures []measure) {
			q := question{ID: fmt.Sprintf("%s/%s/%d", name, d.Name, len(set.Questions)), Groups: groups, Measures: measures}
			q.URL = urlOf(d.Name, groups, measures)
			set.Questions = append(set.Questions, q)
		}
		for i := range set.Fields {
			add(nil, measuresOf(set.Fields[i:i+1], true))
		}
		list := pairs(len(set.Fields))
		if d.Rows > manyRows {
			list = list[:min(len(list), 4)]
		}
		for _, pair := range list {
			groups := []column{set.Fields[pair[0]], set.Fields[pair[1]]}
			rest := slices.Concat(set.Fields[pair[1]+1:], set.Fields[:pair[1]])
			rest = slices.DeleteFunc(rest, func(c column) bool { return c.Name == groups[0].Name })
			add(groups, measuresOf(rest[:min(len(rest), 4)], false))
		}
		l.Datasets = append(l.Datasets, set)
	}
	return l
}

// pairs returns the pairs of n fields to group by.
func pairs(n int) [][2]int {
	var list [][2]int
	for step := 1; step < n; step++ {
		for i := range n - step {
			if len(list) < mostPairs || step == 1 {
				list = append(list, [2]int{i, i + step})
			}
		}
	}
	return list
}

// measuresOf returns the measures of some fields beside the number of rows; all of them, or sums and bounds alone.
func measuresOf(fields []column, all bool) []measure {
	list := []measure{{Name: "n", Function: "count"}}
	add := func(function string, c column) {
		list = append(list, measure{fmt.Sprintf("m%d", len(list)), function, c.Name, c.Column, c.Kind})
	}
	for _, f := range fields {
		numeric := f.Kind == "int" || f.Kind == "double" || f.Kind == "decimal"
		if numeric {
			add("sum", f)
			if all {
				add("avg", f)
				add("median", f)
			}
		}
		if f.Kind != "bool" {
			add("min", f)
			add("max", f)
		}
		if all {
			add("count_distinct", f)
		}
	}
	return list
}

func urlOf(dataset string, groups []column, measures []measure) string {
	q := url.Values{}
	var by, of []string
	for _, g := range groups {
		by = append(by, g.Name)
	}
	for _, m := range measures {
		of = append(of, m.Name+":"+m.Function+"("+m.field+")")
	}
	if len(by) > 0 {
		q.Set("group_by", strings.Join(by, ","))
	}
	q.Set("measures", strings.Join(of, ","))
	q.Set("format", "ndjson")
	return "/datasets/" + url.PathEscape(dataset) + "/aggregate?" + q.Encode()
}

// ask asks a reader all questions of a lake.
func ask(t *testing.T, model *gold.Model, reader gold.Reader, l *asked, store string, given answers) {
	t.Helper()
	server, err := api.New(api.Config{Reader: reader, Models: []gold.Model{*model}})
	if err != nil {
		t.Fatal(err)
	}
	handler := server.Handler()
	for _, d := range l.Datasets {
		for _, q := range d.Questions {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, q.URL, http.NoBody)
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r)
			if w.Code != http.StatusOK {
				t.Errorf("%s, %s: %s: %d %s", l.Name, store, q.URL, w.Code, w.Body)
				continue
			}
			if given[q.ID] == nil {
				given[q.ID] = map[string]json.RawMessage{}
			}
			lines := bytes.Split(bytes.TrimSpace(w.Body.Bytes()), []byte("\n"))
			given[q.ID][store] = json.RawMessage(slices.Concat([]byte("["), bytes.Join(lines, []byte(",")), []byte("]")))
		}
	}
}
