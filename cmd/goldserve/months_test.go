package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"goldserve/gold/storetest"
)

// monthLake is a lake of monthly files, and a model of it.
type monthLake struct {
	testing.TB
	folder string
	with   []string
}

func newMonthLake(t *testing.T, sources string) *monthLake {
	t.Helper()
	l := &monthLake{TB: t, folder: t.TempDir()}
	l.with = []string{"--lake", l.folder, "--models", filepath.Join(l.folder, "models"), "--model", "gym", "--duckdb", storetest.DuckDB(t), "--threads", "1", "--set", "first_month=2024-01-01"}
	l.write("models/gym/model.yaml", "name: gym\ntitle: {en: Gym}\nbuild:\n  parameters:\n    first_month: {kind: date, required: true, description: The month of month_000.}\n  sources:\n"+sources)
	l.write("models/gym/sql/gold/members.sql", "SELECT m.id, m.visits, m._number AS number, CAST(m._slice AS DATE) AS as_of FROM bronze.members m ORDER BY m._number, m.id")
	return l
}

func (l *monthLake) write(name, text string) {
	l.Helper()
	at := filepath.Join(l.folder, name)
	if err := os.MkdirAll(filepath.Dir(at), 0o750); err != nil {
		l.Fatal(err)
	}
	if err := os.WriteFile(at, []byte(text), 0o600); err != nil {
		l.Fatal(err)
	}
}

// month writes a file of a month.
func (l *monthLake) month(number int, name string, lines ...string) {
	l.Helper()
	l.write(fmt.Sprintf("bronze/month_%03d/%s.csv", number, name), strings.Join(lines, "\n")+"\n")
}

func (l *monthLake) build(more ...string) (code int, out, errs string) {
	l.Helper()
	return cli(l, append(append([]string{"build"}, l.with...), more...)...)
}

// members returns the rows of the gold.
func (l *monthLake) members() string {
	l.Helper()
	return duckdbCSV(l, "SELECT * FROM read_parquet('"+filepath.Join(l.folder, "gold", "members.parquet")+"')")
}

const plainMembers = `    members:
      files: ["month_*/members.csv"]
      slice: {name: "month_{n}", firstMonth: first_month}
      columns: {id: whole, visits: whole}
`

func TestMonthFolders(t *testing.T) {
	l := newMonthLake(t, plainMembers)
	l.month(0, "members", "id,visits", "1,7")
	l.month(13, "members", "id,visits", "1,8")
	if code, _, errs := l.build(); code != exitDone {
		t.Fatal(errs)
	}
	if got, want := l.members(), "id,visits,number,as_of\n1,7,0,2024-01-31\n1,8,13,2025-02-28\n"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if _, out, _ := l.build(); !strings.Contains(out, "up to date") {
		t.Errorf("again: %s", out)
	}
	l.with[len(l.with)-1] = "first_month=2023-01-31"
	if code, out, errs := l.build(); code != exitDone || !strings.Contains(out, "gold.members") {
		t.Errorf("another first month: %s%s", out, errs)
	}
	if got := l.members(); !strings.Contains(got, "1,8,13,2024-02-29\n") {
		t.Error(got)
	}
	l.with = l.with[:len(l.with)-2]
	if code, _, errs := l.build(); code != exitUsage || !strings.Contains(errs, "first_month: the model's build needs this parameter: expected a value of kind date: The month of month_000.") {
		t.Errorf("without the parameter: exit %d: %s", code, errs)
	}
}

// duckdbCSV returns the rows of a query as DuckDB writes them.
func duckdbCSV(t testing.TB, query string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), storetest.DuckDB(t), "-csv", "-c", query).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %s", query, out)
	}
	return strings.ReplaceAll(string(out), "\r\n", "\n")
}
