package duckdb

import (
	"errors"
	"strings"
	"testing"

	"goldserve/builder"
	"goldserve/gold"
)

// TestNoiseAmongTheAnswersIsAnErrorOfTheTable: nothing of it is taken for rows.
func TestNoiseAmongTheAnswersIsAnErrorOfTheTable(t *testing.T) {
	if Linked {
		return // no shell
	}
	l := newLake(t)
	r := l.prepared()
	x := table(builder.Silver, "x", "SELECT 1 AS a")
	_, err := r.session.tell("SELECT 1 AS a;\n.print noise\nSELECT 2 AS a;")
	err = r.tableError(x, -1, err)
	var e *gold.Error
	if !errors.As(err, &e) || e.Code != gold.CodeBuildEngine || e.Message != `silver.x (sql/silver/x.sql): DuckDB wrote "noise" where its answer was expected: does a function of the SQL print?` {
		t.Error(err)
	}
	if err := r.remove(); err != nil {
		t.Error(err)
	}
	for _, call := range []string{"write_log('noise')", "write_log(a)"} {
		if _, errs := builder.ParseQuery("SELECT " + call + " FROM silver.x"); errs == nil {
			t.Errorf("%s is let through", call)
		}
	}
}

// TestSmallLakesAreBuiltByOneThread: unless the user says how many there are.
func TestSmallLakesAreBuiltByOneThread(t *testing.T) {
	l := newLake(t)
	small := &builder.Program{Sources: []builder.Source{l.purchases()}}
	for _, c := range []struct {
		program *builder.Program
		threads int
		alone   bool
	}{{small, 0, true}, {small, 1, true}, {small, 2, false}, {&builder.Program{}, 0, false}, {&builder.Program{}, 1, true}} {
		if got := strings.Contains(settings(c.program, Options{Threads: c.threads}, "spill"), "external_threads = 2"); got != c.alone {
			t.Errorf("%d sources, --threads %d: alone %v", len(c.program.Sources), c.threads, got)
		}
	}
}
