package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/spf13/pflag"

	"goldserve/api"
	"goldserve/gold"
	"goldserve/gold/columnar"
)

var updateDocs = flag.Bool("update", false, "write the tables of docs that are made of the code")

// tableInDocs is the place of a table in a document.
var tableInDocs = regexp.MustCompile(`(?s)(<!-- (\w+): go test ./cmd/goldserve -run TestTablesOfDocs -update -->\n).*?(<!-- end -->)`)

// Documents hold tables that are made of the code, between comments that name them.
func TestTablesOfDocsAreThoseOfTheCode(t *testing.T) {
	for path, tables := range map[string]map[string]string{
		"../../docs/query.md":         {"operators": operatorsTable()},
		"../../docs/configuration.md": {"settings": settingsTable(t)},
		"../../docs/problems.md": {
			"answers": codesTable(t, gold.OfAnswers), "parameters": codesTable(t, gold.OfParameters),
			"publishing": codesTable(t, gold.OfPublishing), "program": codesTable(t, gold.OfTheProgram),
		},
	} {
		old, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		found := 0
		made := tableInDocs.ReplaceAllStringFunc(string(old), func(text string) string {
			m := tableInDocs.FindStringSubmatch(text)
			table, known := tables[m[2]]
			if !known {
				t.Errorf("%s has the table %s, which nobody makes", path, m[2])
			}
			found++
			return m[1] + table + m[3]
		})
		if found != len(tables) {
			t.Errorf("%s has %d of %d tables", path, found, len(tables))
		}
		if *updateDocs {
			if err := os.WriteFile(path, []byte(made), 0o600); err != nil {
				t.Fatal(err)
			}
		} else if diff := cmp.Diff(made, string(old)); diff != "" {
			t.Errorf("%s is not as the code is: run this test with -update (-code +docs):\n%s", path, diff)
		}
	}
}

// settingsTable lists the settings, part by part.
func settingsTable(t *testing.T) string {
	t.Helper()
	serve, _, err := (&app{}).root().Find([]string{"serve"})
	if err != nil {
		t.Fatal(err)
	}
	settings := pflag.NewFlagSet("", pflag.ContinueOnError)
	settings.SortFlags = false
	(&config{}).all(settings)
	text := []byte("| flag | in `goldserve.yaml` | default | |\n|---|---|---|---|\n")
	settings.VisitAll(func(f *pflag.Flag) {
		value := " "
		if !slices.Contains([]string{"", "[]", "false", "0", "0s"}, f.DefValue) {
			value = " `" + f.DefValue + "` "
		}
		usage := f.Usage
		if f.Name == "memory" { // another one in a server
			usage += ". Of `serve`: " + serve.Flags().Lookup(f.Name).Usage
		}
		text = fmt.Appendf(text, "| `--%s` | `%s` |%s| %s |\n", f.Name, camel(f.Name), value, usage)
	})
	return string(text)
}

// operatorsTable lists the operators as filters spell them.
func operatorsTable() string {
	text := []byte("| operator | meaning | value | fields |\n|---|---|---|---|\n")
	for _, o := range gold.Operators() {
		if !o.Spelled {
			continue
		}
		name, fields := "`field__"+o.Name+"=`", "any"
		if o.Op == gold.Eq {
			name = "`field=`, " + name
		}
		value := map[gold.Arity]string{gold.OneValue: "one", gold.NoValue: "`true` or `false`", gold.AnyValues: "a list: `a,b`"}[o.Arity]
		switch {
		case o.Search:
			fields = "texts"
		case o.Ordered:
			fields = "any but booleans"
		}
		text = fmt.Appendf(text, "| %s | %s | %s | %s |\n", name, o.Meaning, value, fields)
	}
	return string(text)
}

// codesTable lists the codes of a scope, with what /problems says of them.
func codesTable(t *testing.T, scope gold.CodeScope) string {
	t.Helper()
	w := httptest.NewRecorder()
	newServer(t, nil).Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", "/problems", nil))
	var index struct {
		Data []struct {
			Status []int
			Help   string
		}
	}
	if err := json.Unmarshal(w.Body.Bytes(), &index); err != nil {
		t.Fatal(err)
	}
	head, status := "| code | when | what to do |\n|---|---|---|\n", ""
	if scope == gold.OfAnswers {
		head = "| code | status | when | what to do |\n|---|---|---|---|\n"
	}
	text := []byte(head)
	for i, m := range gold.Meanings() {
		if m.Scope != scope {
			continue
		}
		if scope == gold.OfAnswers {
			status = " " + strings.Trim(strings.ReplaceAll(fmt.Sprint(index.Data[i].Status), " ", ", "), "[]") + " |"
		}
		text = fmt.Appendf(text, "| `%s` |%s %s | %s |\n", m.Code, status, m.When, index.Data[i].Help)
	}
	return string(text)
}

func newServer(t *testing.T, metrics prometheus.Registerer) *api.Server {
	t.Helper()
	all := soundModels(t, &config{})
	s, err := api.New(api.Config{
		Reader: openPlace(t, sqlitePlace(t)), Models: compiled(all), DefaultModel: defaultModel, CacheSize: -1, Logger: slog.New(slog.DiscardHandler),
		Advice: adviceByCode(), Metrics: metrics, Memory: gold.NewMemory(1 << 30),
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// described collects what metrics say of themselves: name{labels}.
type described struct {
	prometheus.Registerer
	found map[string]bool
}

var descPattern = regexp.MustCompile(`fqName: "([^"]+)".*constLabels: \{([^}]*)\}, variableLabels: \{([^}]*)\}`)

func (d described) Register(c prometheus.Collector) error {
	all := make(chan *prometheus.Desc)
	go func() {
		c.Describe(all)
		close(all)
	}()
	for desc := range all {
		m := descPattern.FindStringSubmatch(desc.String())
		var labels []string
		for pair := range strings.SplitSeq(m[2]+","+m[3], ",") {
			if name, _, _ := strings.Cut(pair, "="); name != "" {
				labels = append(labels, name)
			}
		}
		slices.Sort(labels)
		name := m[1]
		if len(labels) > 0 {
			name += "{" + strings.Join(labels, ",") + "}"
		}
		d.found[name] = true
	}
	return d.Registerer.Register(c)
}

// Every metric stands in a table with its labels, and the tables have no other.
func TestTablesOfMetricsAreThoseOfTheCode(t *testing.T) {
	t.Parallel()
	d := described{prometheus.NewRegistry(), map[string]bool{}}
	newServer(t, d)
	snapshots, err := columnar.New(openPlace(t, sqlitePlace(t)), columnar.Config{Memory: 1 << 20, Logger: slog.New(slog.DiscardHandler), Metrics: d})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(snapshots.Close(), d.Register(watchMetrics{func() *gold.Watching { return &gold.Watching{} }})); err != nil {
		t.Fatal(err)
	}
	documented := map[string]bool{}
	for _, path := range []string{"../../docs/serving.md", "../../docs/columnar.md"} {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for row := range strings.Lines(string(text)) {
			if !strings.HasPrefix(row, "| `goldserve_") {
				continue
			}
			for _, m := range regexp.MustCompile("`(goldserve_[a-z_]+)(?:\\{([a-z,]+)\\})?`").FindAllStringSubmatch(row, -1) {
				labels := strings.Split(m[2], ",")
				slices.Sort(labels)
				name := m[1]
				if m[2] != "" {
					name += "{" + strings.Join(labels, ",") + "}"
				}
				documented[name] = true
			}
		}
	}
	if diff := cmp.Diff(d.found, documented); diff != "" || len(documented) < 15 {
		t.Errorf("metrics of the code and of docs/serving.md and docs/columnar.md (-code +docs):\n%s", diff)
	}
}

// Each decision has a number of its own, which its file and its heading have, without a gap.
func TestNumbersOfDecisionsInDocs(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../docs/adr/*.md")
	if err != nil || len(files) == 0 {
		t.Fatalf("no decisions: %v", err)
	}
	for i, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Base(path)
		if n := i + 1; !strings.HasPrefix(name, fmt.Sprintf("%04d-", n)) || !strings.HasPrefix(string(text), fmt.Sprintf("# %d. ", n)) {
			t.Errorf("%s is not the file of decision %d, or its heading has another number", name, n)
		}
	}
}
