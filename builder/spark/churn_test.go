package spark

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"goldserve/builder"
	"goldserve/builder/duckdb"
	"goldserve/builder/landing"
	folders "goldserve/builder/place"
	"goldserve/gold/contract"
	"goldserve/gold/lake/dir"
	"goldserve/gold/storetest"
	"goldserve/models"
)

// monthLake is a lake of the model churn, that Spark builds.
type monthLake struct {
	*lake
	model  *contract.Model
	tables []*builder.Table
	spark  *Engine
}

func (l *monthLake) place(name string) *folders.Folder {
	l.t.Helper()
	f, err := folders.NewFolder(l.path(name))
	if err != nil {
		l.t.Fatal(err)
	}
	l.t.Cleanup(func() { _ = f.Close() })
	return f
}

// generate makes the months' files in a folder.
func (l *monthLake) generate(folder string, set ...string) {
	l.t.Helper()
	values, err := l.model.Build.SetGenerate(set)
	if err != nil {
		l.t.Fatal(err)
	}
	g := &builder.Generator{
		Parameters: l.model.Build.Generate, Values: values, Engine: duckdb.New(duckdb.Options{Executable: storetest.DuckDB(l.t)}),
		Bronze: l.place(folder), Scratch: l.path("_scratch"),
	}
	for _, table := range l.tables {
		if table.Stage == builder.Generate {
			g.Tables = append(g.Tables, table)
		}
	}
	if _, err := g.All(l.t.Context()); err != nil {
		l.t.Fatal(err)
	}
}

// take copies a month's files into bronze.
func (l *monthLake) take(month string) {
	l.t.Helper()
	if err := os.CopyFS(l.path("bronze", month), os.DirFS(l.path("made", month))); err != nil {
		l.t.Fatal(err)
	}
}

func (l *monthLake) build() *builder.Report {
	l.t.Helper()
	source, err := dir.Open(l.path("bronze"))
	if err != nil {
		l.t.Fatal(err)
	}
	defer func() { _ = source.Close() }()
	set, err := l.model.Build.Set([]string{"first_month=2023-04-01"})
	if err != nil {
		l.t.Fatal(err)
	}
	root := l.place(".")
	b := &builder.Builder{
		Model: l.model.Name, Build: l.model.Build, Tables: l.tables, Set: set, Engine: l.spark,
		Lander: landing.New(landing.Config{Bronze: source, Path: l.path("bronze"), Folder: l.path("_landed"), Model: l.model.Name}),
		Lake: builder.Lake{
			Root: root, Silver: l.place("silver"), Quarantine: l.place("quarantine"), Gold: l.place("gold"), Scratch: l.path("_scratch"), Lock: root.Lock,
		},
	}
	report, err := b.Run(l.t.Context(), builder.Options{}, builder.Progress{})
	if err != nil {
		l.t.Fatal(err)
	}
	return report
}

// pandas compares every table of gold with what a script computes from the raw files that shares nothing with the SQL.
func (l *monthLake) pandas(what string) {
	l.t.Helper()
	script := filepath.Join(storetest.Root(l.t), "cmd", "goldserve", "testdata", "churn.py")
	// #nosec G204 -- the tests' own Python
	if out, err := exec.CommandContext(l.t.Context(), storetest.Python(l.t), script, l.path("bronze"), l.path("gold"), "2023-04-01").CombinedOutput(); err != nil || len(out) > 0 {
		l.t.Errorf("%s: %v: %s", what, err, out)
	}
}

// TestChurnOnSparkIsThatOfPandas: folders of months with their numbers, the labels of none of which are there at first, and a month that
// isn't as expected.
func TestChurnOnSparkIsThatOfPandas(t *testing.T) {
	storetest.Python(t)
	all, _, err := contract.LoadAll(contract.Overlays{}, models.FS)
	if err != nil {
		t.Fatal(err)
	}
	l := &monthLake{lake: newLake(t), model: all[slices.IndexFunc(all, func(m *contract.Model) bool { return m.Name == "churn" })]}
	l.spark = l.engine()
	if l.tables, err = builder.ReadSQL(l.model.Files, l.model.Dir, l.model.Build); err != nil {
		t.Fatal(err)
	}
	l.generate("made", "clients=150", "months=4", "dirt=3")
	l.take("month_000")
	labels := l.path("bronze", "month_000", "labels.csv")
	if err := os.Remove(labels); err != nil {
		t.Fatal(err)
	}
	l.build()
	l.pandas("a month without labels")

	if err := os.Link(l.path("made", "month_000", "labels.csv"), labels); err != nil {
		t.Fatal(err)
	}
	for _, month := range []string{"month_001", "month_002", "month_003"} {
		l.take(month)
	}
	users := l.path("bronze", "month_003", "users.csv")
	text, err := os.ReadFile(users) // #nosec G304 -- a file of the test
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(text), "\n")
	if err := os.WriteFile(users, []byte(string(text)+lines[1]), 0o600); err != nil {
		t.Fatal(err)
	}
	names, problems := l.build().LeftOut()
	if !slices.Equal(names, []string{"month_003"}) || len(problems) != 1 || !strings.Contains(problems[0].String(), "is repeated: it is in line 2 of month_003/users.csv already") {
		t.Errorf("left out %v: %v", names, problems)
	}
	if err := os.RemoveAll(l.path("bronze", "month_003")); err != nil {
		t.Fatal(err)
	}
	l.pandas("three months")
}
